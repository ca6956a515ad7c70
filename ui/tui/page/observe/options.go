package observe

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"bulkhead/fix/health"
	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/workbench"
)

// chosen is the answer of the dialog that Start opens, left that there is none.
type (
	chosen struct {
		page    *Page
		options workbench.ObserveOptions
	}
	left struct{ page *Page }
)

// lengths are how long may be watched, with the words for it.
var lengths = []time.Duration{10 * time.Second, workbench.DefaultObserveLength, 2 * time.Minute, 10 * time.Minute}

var lengthWords = []string{"10 s", "30 s", "2 min", "10 min"}

// The fields of the dialog, in their order.
const (
	whatField = iota
	lengthField
	exerciseField
)

// Start opens the dialog that asks what is to be watched; its answer starts the
// watch.
func (p *Page) Start() page.Request {
	whats := []string{"a copy"}
	if p.workload.State == inspect.Running {
		whats = append(whats, "the running container")
	}
	exercise := ""
	if len(p.options.Exercises) > 0 {
		exercise = p.options.Exercises[0].Command
	}
	at := 1
	for i, d := range lengths {
		if d == p.options.Length {
			at = i
		}
	}
	live := 0
	if p.options.Live && len(whats) > 1 {
		live = 1
	}
	f := dialog.NewForm("Watch what it does", "watch",
		dialog.Field{Label: "What", Values: whats, At: live, Help: "A copy is watched from its first start through a restart; the running container from now on, and it is not touched. Both are kept in the journal."},
		dialog.Field{Label: "For", Values: lengthWords, At: at, Help: "How long it is watched; a copy for so long after its exercise."},
		dialog.Field{Label: "Exercise", Text: exercise, Help: "A command on this machine that makes a copy do its work. It finds the copy in $BULKHEAD_ADDRESS and $BULKHEAD_PORT_80. Not run for the running container."},
	)
	f.Leave = left{p}
	f.Answer = func(fields []dialog.Field) tea.Msg { return chosen{p, optionsOf(fields)} }
	return page.Ask{Dialog: f}
}

func optionsOf(fields []dialog.Field) workbench.ObserveOptions {
	o := workbench.ObserveOptions{Live: fields[whatField].At == 1, Length: lengths[fields[lengthField].At]}
	if command := strings.TrimSpace(fields[exerciseField].Text); command != "" && !o.Live {
		o.Exercises = []health.Exercise{{Command: command, Timeout: workbench.DefaultExerciseTimeout}}
	}
	return o
}
