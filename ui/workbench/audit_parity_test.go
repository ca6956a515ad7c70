package workbench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
)

// oneSided are the checks that may answer differently for a file and for the
// containers that were made from it, and what only one of the two knows. What a
// check finds in the settings themselves is not among it.
var oneSided = map[string]string{
	"user-root":                "the image says who the main process is where the file does not",
	"image-user":               "the image says it",
	"healthcheck":              "the image may bring one",
	"image-digest":             "the image says whether it has a digest in a registry",
	"mandatory-access-control": "the host says whether it has AppArmor or SELinux",
	"detection":                "the host says what runs on it",
	"isolation-runtime":        "the engine says which runtime is its default",
	"actual-user":              "the kernel says it of running processes",
	"actual-capabilities":      "the kernel says it of running processes",
	"actual-seccomp":           "the kernel says it of running processes",
	"actual-no-new-privileges": "the kernel says it of running processes",
}

// onlyCreated are the files that hold services which not every engine can start.
var onlyCreated = map[string]bool{"flawed.yaml": true}

// An audit of a Compose file and one of the containers that the real Compose
// makes from it say the same, check by check, and name the same lines.
func TestAFileAndItsContainersAreJudgedAlike(t *testing.T) {
	e := enginetest.Connect(t)
	compose := composeProgram(t)
	if e.Host.Rootless || e.Host.UsernsRemap || e.Host.NoNewPrivileges {
		t.Skip("the engine hardens by itself, which changes what its containers lack")
	}
	if !enginetest.HasImage(t, e, enginetest.BaseImage) {
		t.Skipf("the engine does not have %s", enginetest.BaseImage)
	}
	files, err := filepath.Glob("../../testdata/compose/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no Compose files: %v", err)
	}
	differed := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			compareAudits(t, e, created(t, compose, file), differed)
		})
	}
	for id, why := range oneSided {
		if !differed[id] && !t.Failed() {
			t.Errorf("%s never differs, so it is no exception (%s)", id, why)
		}
	}
}

// composeProgram is the Compose that CI installs.
func composeProgram(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("docker-compose")
	if err != nil {
		if os.Getenv("BULKHEAD_REQUIRE_ENGINE") == "1" {
			t.Fatal("BULKHEAD_REQUIRE_ENGINE=1, but there is no docker-compose")
		}
		t.Skip("there is no docker-compose to make containers from a file")
	}
	return path
}

// created copies the file into a project of its own and lets Compose make its
// containers; they are removed when the test ends.
func created(t *testing.T, compose, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSuffix(filepath.Base(file), ".yaml")
	copied := filepath.Join(t.TempDir(), "bulkheadparity"+name, "compose.yaml")
	if err := os.Mkdir(filepath.Dir(copied), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) {
		if out, err := exec.Command(compose, append([]string{"-f", copied}, args...)...).CombinedOutput(); err != nil {
			t.Errorf("docker-compose %v: %v\n%s", args, err, out)
		}
	}
	t.Cleanup(func() { run("down", "--volumes", "--timeout", "0") })
	if onlyCreated[filepath.Base(file)] {
		run("up", "--no-start")
	} else {
		run("up", "--detach")
	}
	if t.Failed() {
		t.FailNow()
	}
	return copied
}

// compareAudits holds the file's audit against its containers', and notes which
// of the one-sided checks do differ.
func compareAudits(t *testing.T, e *engine.Engine, file string, differed map[string]bool) {
	ctx := context.Background()
	fromFile, err := (&Bench{Files: []string{file}}).Audit(ctx)
	if err != nil || len(fromFile.Problems) > 0 {
		t.Fatalf("%v, problems %q", err, fromFile.Problems)
	}
	onEngine := &Bench{Engine: e}
	for _, want := range fromFile.Workloads {
		t.Run(want.Workload.Service, func(t *testing.T) {
			w, err := onEngine.Find(ctx, want.Workload.Name)
			if err != nil {
				t.Fatal(err)
			}
			if drift := inspect.Drift(want.Workload.Settings, w.Settings); len(drift) > 0 {
				t.Errorf("the container is told to differ from its file in %q", drift)
			}
			file, container := answers(want), answers(check.Audit(w, e.Host))
			for id := range oneSided {
				differed[id] = differed[id] || !cmp.Equal(file[id], container[id])
				delete(file, id)
				delete(container, id)
			}
			if diff := cmp.Diff(file, container); diff != "" {
				t.Errorf("(-file +container):\n%s", diff)
			}
		})
	}
}

// answer is what a check says, without its words.
type answer struct {
	State    inspect.State
	Findings []string
}

// answers are what each check says of a workload.
func answers(a inspect.Audited) map[string]answer {
	out := map[string]answer{}
	for _, l := range a.Layers {
		for _, c := range l.Checks {
			out[c.Check] = answer{State: c.State}
		}
		for _, f := range l.Findings {
			one := out[f.ID]
			one.Findings = append(one.Findings, f.Severity.String()+": "+f.Title+": "+f.Evidence+fmt.Sprintf(" (%s:%d:%d)", f.Source.File, f.Source.Line, f.Source.Column))
			out[f.ID] = one
		}
	}
	return out
}
