package page

import (
	"errors"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/theme"
)

// Spinner frames, as bubbles' spinner.MiniDot has them. Ticks drive them, so
// that one clock moves the whole screen.
var spin = [...]string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// Spin is the spinner at a frame.
func Spin(frame int) string { return spin[uint(frame)%uint(len(spin))] }

// Hint returns the next step an error knows of, or "".
func Hint(err error) string {
	var hinter interface{ Hint() string }
	if errors.As(err, &hinter) {
		return hinter.Hint()
	}
	return ""
}

// Failure draws an error: what was attempted, its message, its hint.
func Failure(t *theme.Theme, attempt string, err error, w int) block.Block {
	return append(block.Block{t.Alarm.Render("✗ " + attempt), ""}, Explain(t, err, w)...)
}

// Explain draws an error's message and its hint.
func Explain(t *theme.Theme, err error, w int) block.Block {
	out := block.Wrap(block.Clean(err.Error()), w)
	if hint := Hint(err); hint != "" {
		out = append(out, "")
		for _, line := range block.Wrap(block.Clean(hint), w) {
			out = append(out, t.Accent.Render(line))
		}
	}
	return out
}

// Name is what a workload is called inside its project's group.
func Name(w inspect.Workload) string {
	if w.IsService() {
		return block.Clean(w.Service)
	}
	return block.Clean(w.Name)
}
