package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix/trial"
	"bulkhead/inspect/observe"
)

// run is an observation that is told by its kernel.
func run(name string) observe.Observation { return observe.Observation{Runs: 1, Kernel: name} }

func kernels(t *testing.T, j Journal, workload string, now trial.Facts) (names []string) {
	t.Helper()
	runs, err := j.Runs(workload, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range runs {
		names = append(names, o.Kernel)
	}
	return names
}

// Runs of the same image and command belong together; others do not, and the
// results of trials lie beside them untouched.
func TestRunsOfTheSameImageBelongTogether(t *testing.T) {
	j := At(t.TempDir())
	now := trial.Facts{ImageID: "sha256:1", Command: "c"}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, w := range []Watched{
		{Workload: "shop/web", Facts: now, Observation: run("first")},
		{Workload: "shop/web", Facts: trial.Facts{ImageID: "sha256:2", Command: "c"}, Observation: run("another image")},
		{Workload: "shop/web", Facts: trial.Facts{ImageID: "sha256:1", Command: "d"}, Observation: run("another command")},
		{Workload: "shop/db", Facts: now, Observation: run("another workload")},
		{Workload: "shop/web", Facts: now, Observation: run("second"), Live: true},
	} {
		w.At = at.Add(time.Duration(i) * time.Minute)
		if err := j.Watched(w); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"first", "second"}, kernels(t, j, "shop/web", now)); diff != "" {
		t.Error(diff)
	}
	if all, err := j.Watches("shop/web", now); err != nil || len(all) != 2 || all[0].Live || !all[1].Live {
		t.Errorf("which of them was live: %+v, %v", all, err)
	}
	if got := kernels(t, j, "nobody", now); got != nil {
		t.Errorf("runs of a workload that was never observed: %q", got)
	}
	if r, err := j.Latest("shop/web"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an observation was taken for the result of a trial: %+v, %v", r, err)
	}
	err := filepath.WalkDir(j.dir, func(path string, d fs.DirEntry, err error) error {
		if info, infoErr := d.Info(); infoErr == nil && path != j.dir && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// The journal does not grow without end.
func TestOldRunsAreForgotten(t *testing.T) {
	j := At(t.TempDir())
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var want []string
	for i := range mostRuns + 5 {
		name := fmt.Sprint(i)
		if err := j.Watched(Watched{Workload: "web", At: at.Add(time.Duration(i) * time.Second), Observation: run(name)}); err != nil {
			t.Fatal(err)
		}
		if want = append(want, name); len(want) > mostRuns {
			want = want[1:]
		}
	}
	if diff := cmp.Diff(want, kernels(t, j, "web", trial.Facts{})); diff != "" {
		t.Error(diff)
	}
}

func TestABrokenRunIsNamed(t *testing.T) {
	j := At(t.TempDir())
	if err := j.Watched(Watched{Workload: "web", At: time.Unix(0, 0)}); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(j.watched("web"), "20260102T030405.000Z.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Runs("web", trial.Facts{}); err == nil {
		t.Error("a record that cannot be read was passed over")
	}
}
