// Package tui is the terminal UI: the list of workloads, the engine, one workload
// in full, what it was seen to do, its trials as they happen, and the diff that is written at the end.
//
// There is one Bubble Tea model. It holds a stack of pages and a stack of
// dialogs, which are plain structs; it hands messages down, carries out what
// the pages request, and composes the frame. Update does no I/O: every call to
// the rest of the program goes through the four small interfaces below, as a
// command counted by a work.Group, so that Run returns only when all of them
// have ended and cleaned up, or did not in a bounded time.
package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"bulkhead/ui/tui/page/diff"
	"bulkhead/ui/tui/page/engine"
	"bulkhead/ui/tui/page/list"
	"bulkhead/ui/tui/page/observe"
	"bulkhead/ui/tui/page/trials"
	"bulkhead/ui/tui/work"
)

// Auditor, Observer, Trier, Writer and Guide are all that the UI knows of the
// rest of the program. An error may have a method Hint() string that says the
// next step.
type (
	Auditor  = list.Auditor
	Observer = observe.Observer
	Trier    = trials.Trier
	Writer   = diff.Writer
	Guide    = engine.Guide
)

// Themes that Options.Theme can name.
const (
	ThemeAuto  = "auto"
	ThemeLight = "light"
	ThemeDark  = "dark"
)

// Options is what Run needs.
type Options struct {
	Auditor  Auditor
	Observer Observer
	Trier    Trier
	Writer   Writer
	// Guide may be nil: then the engine's page has no steps.
	Guide Guide
	// Engine says in a few words which engine is looked at, until the first
	// audit tells more.
	Engine string
	// Target is the workload to select at the start: its name, its container's
	// or its service's. "" selects the first.
	Target string
	// NoColor turns colour off: set it where NO_COLOR is in the environment,
	// whatever its value.
	NoColor bool
	// Theme is ThemeAuto, ThemeLight or ThemeDark; "" is ThemeAuto, which
	// starts dark and follows the terminal where it tells its background.
	Theme string
	// In and Out are the terminal; nil means the process's own.
	In  io.Reader
	Out io.Writer
	// Environment is the program's, for what the terminal can do; nil means the
	// process's own.
	Environment []string
}

// patience is how long the end of the program waits for what runs to clean up
// behind itself.
const patience = 30 * time.Second

// Run shows the UI until the person quits or ctx ends. When it returns, the
// calls it made have ended; an error says where that took too long.
func Run(ctx context.Context, o Options) error {
	switch o.Theme {
	case "", ThemeAuto, ThemeLight, ThemeDark:
	default:
		return fmt.Errorf("unknown theme %q; use %s, %s or %s", o.Theme, ThemeAuto, ThemeLight, ThemeDark)
	}
	group := work.New(ctx)
	options := []tea.ProgramOption{tea.WithContext(ctx)}
	if in := input(o.In); in != nil {
		options = append(options, tea.WithInput(in))
	}
	if o.Out != nil {
		options = append(options, tea.WithOutput(o.Out))
	}
	if o.Environment != nil {
		options = append(options, tea.WithEnvironment(o.Environment))
	}
	_, err := tea.NewProgram(newModel(o, group, clock{}), options...).Run()
	group.Close()
	if !group.Wait(patience) {
		late := fmt.Errorf("cleaning up took longer than %s; `bulkhead clean` removes what is left", patience)
		return errors.Join(late, err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
