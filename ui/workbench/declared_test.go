package workbench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/engine/enginetest"
)

func TestWhatIsDeclaredRunsOnlyWhereThePersonSaysSo(t *testing.T) {
	given := health.Exercise{Command: "mine", Timeout: time.Minute}
	w := inspect.Workload{
		Declared:   inspect.Declared{Exercises: []string{"curl web\nrm -r ~"}, Reload: "USR1"},
		Unresolved: map[string]string{"labels.bulkhead.exercise": "it holds a secret", "user": "WHO is not set"},
	}
	refused := "What the workload declares as labels.bulkhead.exercise is left out: it holds a secret."
	told := "Its copies are told to reload by USR1, as the workload declares."
	for name, test := range map[string]struct {
		options   TrialOptions
		exercises []health.Exercise
		reload    string
		notes     []string
	}{
		"nothing was said": {
			options: TrialOptions{Exercises: []health.Exercise{given}}, exercises: []health.Exercise{given}, reload: "USR1",
			notes: []string{refused, told, "The workload declares an exercise, a command for this machine. It is not run; if you trust it, --run-declared lets it run: curl web ⏎ rm -r ~"},
		},
		"it may run": {
			options:   TrialOptions{Exercises: []health.Exercise{given}, RunDeclared: true, ExerciseTimeout: time.Second},
			exercises: []health.Exercise{given, {Command: "curl web\nrm -r ~", Timeout: time.Second}}, reload: "USR1",
			notes: []string{refused, told, "Runs the exercise that the workload declares: curl web ⏎ rm -r ~"},
		},
		"the person names a signal": {
			options: TrialOptions{Reload: "HUP", RunDeclared: true}, reload: "HUP",
			exercises: []health.Exercise{{Command: "curl web\nrm -r ~", Timeout: DefaultExerciseTimeout}},
			notes:     []string{refused, "Runs the exercise that the workload declares: curl web ⏎ rm -r ~"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, notes := test.options.withDeclared(w)
			if diff := cmp.Diff(test.exercises, got.Exercises); diff != "" {
				t.Errorf("exercises (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.notes, notes); diff != "" || got.Reload != test.reload {
				t.Errorf("reload %q, notes (-want +got):\n%s", got.Reload, diff)
			}
		})
	}
}

// A declaration that did not come through a reader, from a snapshot that
// somebody changed, cannot name just any signal either.
func TestADeclaredReloadIsASignal(t *testing.T) {
	got, notes := TrialOptions{}.withDeclared(inspect.Workload{Declared: inspect.Declared{Reload: "KILL"}})
	if got.Reload != "" || len(notes) > 0 {
		t.Errorf("reload %q, notes %q", got.Reload, notes)
	}
}

// declaring is a file whose labels and extension the real Compose reads, too.
const declaring = `services:
  labelled:
    image: debian:bookworm-slim
    command: sleep 60
    labels:
      bulkhead.test: declared
      bulkhead.exercise: curl -fsS http://$$BULKHEAD_ADDRESS/
      bulkhead.reload: SIGHUP
  extended:
    image: debian:bookworm-slim
    command: sleep 60
    labels: [bulkhead.test=declared, bulkhead.exercise=not this one]
    x-bulkhead: {exercise: [first, second], reload: USR1}
`

// A service declares the same whether its file is read or the container that
// the real Compose made from it; what only the file can say is taken from it.
func TestAFileAndItsContainersDeclareTheSame(t *testing.T) {
	e := enginetest.Connect(t)
	compose := composeProgram(t)
	if !enginetest.HasImage(t, e, enginetest.BaseImage) {
		t.Skipf("the engine does not have %s", enginetest.BaseImage)
	}
	written := filepath.Join(t.TempDir(), "declared.yaml")
	if err := os.WriteFile(written, []byte(declaring), 0o600); err != nil {
		t.Fatal(err)
	}
	file := created(t, compose, written)
	fromFile := &Bench{Files: []string{file}}
	for service, want := range map[string]inspect.Declared{
		"labelled": {Exercises: []string{"curl -fsS http://$BULKHEAD_ADDRESS/"}, Reload: "HUP"},
		"extended": {Exercises: []string{"first", "second"}, Reload: "USR1"},
	} {
		target := filepath.Base(filepath.Dir(file)) + "/" + service
		for from, b := range map[string]*Bench{"the file": fromFile, "the engine": {Engine: e}, "both": {Engine: e, Files: fromFile.Files}} {
			w, err := b.Find(t.Context(), target)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, w.Declared); diff != "" {
				t.Errorf("%s from %s (-want +got):\n%s", service, from, diff)
			}
		}
	}
	// The container's labels alone.
	w, err := e.Find(t.Context(), filepath.Base(filepath.Dir(file))+"/labelled")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"curl -fsS http://$BULKHEAD_ADDRESS/"}; !cmp.Equal(w.Declared.Exercises, want) {
		t.Errorf("the labels declare %q, want %q", w.Declared.Exercises, want)
	}
}

// A declared exercise leaves no trace where nobody said that it may run, and
// is run in both phases where somebody did.
func TestADeclaredExerciseIsTrusted(t *testing.T) {
	b := bench(t)
	if !enginetest.HasImage(t, b.Engine, enginetest.BaseImage) {
		t.Skipf("the engine does not have %s", enginetest.BaseImage)
	}
	said := filepath.Join(t.TempDir(), "said")
	config := container.Config{
		Image: enginetest.BaseImage, Cmd: []string{"sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"},
		Labels: map[string]string{inspect.LabelExercise: `echo "$BULKHEAD_PHASE" >>` + said},
	}
	id := enginetest.Create(t, b.Engine, client.ContainerCreateOptions{Config: &config, HostConfig: &container.HostConfig{}}, true)
	w, err := b.Engine.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	b.Trials.Keep = inspect.DefaultCaps // the exercise is what is tested here
	var notes []string
	tell := func(e trial.Event) {
		if e.Kind == trial.Note {
			notes = append(notes, e.Line)
		}
	}
	r, err := b.Trial(t.Context(), w, tell)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(said); !os.IsNotExist(err) {
		t.Errorf("the exercise ran although nobody said that it may: %v", err)
	}
	for _, told := range [][]string{notes, r.Notes} {
		if all := strings.Join(told, "\n"); !strings.Contains(all, config.Labels[inspect.LabelExercise]) || !strings.Contains(all, "--"+RunDeclaredFlag) {
			t.Errorf("notes %q", told)
		}
	}
	b.Trials.RunDeclared = true
	if _, err := b.Trial(t.Context(), w, tell); err != nil {
		t.Fatal(err)
	}
	phases, err := os.ReadFile(said)
	if err != nil || !strings.Contains(string(phases), "exercise\n") || !strings.Contains(string(phases), "restart\n") {
		t.Errorf("the exercise was run in the phases %q, %v", phases, err)
	}
}
