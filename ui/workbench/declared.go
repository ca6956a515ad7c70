package workbench

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// DefaultExerciseTimeout is how long an exercise may take.
const DefaultExerciseTimeout = 30 * time.Second

// RunDeclaredFlag is the flag that lets declared exercises run.
const RunDeclaredFlag = "run-declared"

// withDeclared adds to the options what the workload declares, and says what
// was done with it. A declared reload is only a signal to the copy. A declared
// exercise is somebody's command for this machine: it is shown, and runs only
// where the person said so.
func (o TrialOptions) withDeclared(w inspect.Workload) (TrialOptions, []string) {
	notes := refusedDeclarations(w)
	if signal, err := inspect.ParseSignal(w.Declared.Reload); err == nil && o.Reload == "" {
		o.Reload = signal
		notes = append(notes, fmt.Sprintf("Its copies are told to reload by %s, as the workload declares.", signal))
	}
	o.Exercises = slices.Clone(o.Exercises)
	for _, command := range w.Declared.Exercises {
		shown := inspect.Printable(strings.ReplaceAll(command, "\n", " ⏎ "))
		if !o.RunDeclared {
			notes = append(notes, fmt.Sprintf("The workload declares an exercise, a command for this machine. It is not run; if you trust it, --%s lets it run: %s",
				RunDeclaredFlag, shown))
			continue
		}
		notes = append(notes, "Runs the exercise that the workload declares: "+shown)
		timeout := o.ExerciseTimeout
		if timeout <= 0 {
			timeout = DefaultExerciseTimeout
		}
		o.Exercises = append(o.Exercises, health.Exercise{Command: command, Timeout: timeout})
	}
	return o, notes
}

// refusedDeclarations say which declarations could not be taken, and why.
func refusedDeclarations(w inspect.Workload) []string {
	var notes []string
	for setting, why := range w.Unresolved {
		if declares(setting) {
			notes = append(notes, inspect.Printable(fmt.Sprintf("What the workload declares as %s is left out: %s.", setting, why)))
		}
	}
	slices.Sort(notes)
	return notes
}

// declares says whether a setting, as Sources names it, is a declaration.
func declares(setting string) bool {
	return setting == "x-bulkhead" || strings.HasPrefix(setting, "x-bulkhead.") || strings.HasPrefix(setting, "labels.bulkhead.")
}

// adoptDeclared takes what the service's file declares: its containers only
// know the labels.
func adoptDeclared(running *inspect.Workload, defined inspect.Workload) {
	running.Declared = defined.Declared.Over(running.Declared)
	for setting, why := range defined.Unresolved {
		if !declares(setting) {
			continue
		}
		if running.Unresolved == nil {
			running.Unresolved = map[string]string{}
		}
		running.Unresolved[setting] = why
	}
}
