package observe

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"bulkhead/fix/health"
	"bulkhead/fix/socketproxy"
	"bulkhead/inspect"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/workbench"
)

// chosen is the answer of the dialog that Start opens, left that there is none.
type (
	chosen struct {
		page    *Page
		options options
	}
	left struct{ page *Page }
)

// options are what the person chose.
type options struct {
	workbench.ObserveOptions
	what what
	// policy says which calls a copy may make that change something.
	policy socketproxy.Policy
}

// what is watched.
type what int

const (
	theCopy what = iota
	theContainer
	theCalls
)

var whatWords = map[what]string{theCopy: "a copy", theContainer: "the running container", theCalls: "a copy's calls of the engine"}

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
	offered, help := []what{theCopy}, "A copy is watched from its first start through a restart."
	if p.workload.State == inspect.Running {
		offered = append(offered, theContainer)
		help += " The running container is watched from now on, untouched. Both are kept in the journal."
	}
	if p.workload.Settings.AsksEngine() {
		offered = append(offered, theCalls)
		help += " Calls go to a proxy, which records them and passes on what only reads."
	}
	var words []string
	for _, one := range offered {
		words = append(words, whatWords[one])
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
	f := dialog.NewForm("Watch what it does", "watch",
		dialog.Field{Label: "What", Values: words, At: max(0, slices.Index(offered, p.options.what)), Help: help},
		dialog.Field{Label: "For", Values: lengthWords, At: at, Help: "How long it is watched; a copy for so long after its exercise."},
		dialog.Field{Label: "Exercise", Text: exercise, Help: "A command on this machine that makes a copy do its work. It finds the copy in $BULKHEAD_ADDRESS and $BULKHEAD_PORT_80. Not run for the running container."},
	)
	f.Leave = left{p}
	f.Answer = func(fields []dialog.Field) tea.Msg { return chosen{p, optionsOf(fields, offered)} }
	return page.Ask{Dialog: f}
}

func optionsOf(fields []dialog.Field, offered []what) options {
	o := options{what: offered[fields[whatField].At]}
	o.Length, o.Live = lengths[fields[lengthField].At], o.what == theContainer
	if command := strings.TrimSpace(fields[exerciseField].Text); command != "" && !o.Live {
		o.Exercises = []health.Exercise{{Command: command, Timeout: workbench.DefaultExerciseTimeout}}
	}
	return o
}
