package detail

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/inspect"
	"bulkhead/ui/tui/theme"
)

// The first chapter says what to do first, and how much there is besides.
func TestWhatFirst(t *testing.T) {
	var found []inspect.Finding
	for i := range 7 {
		found = append(found, inspect.Finding{ID: fmt.Sprintf("check-%d", i), Severity: inspect.Low + inspect.Severity(i%2), Fix: fmt.Sprintf("mend %d", i)})
	}
	a := inspect.Audited{Layers: []inspect.LayerState{{Layer: inspect.LayerUser, State: inspect.Open, Findings: found}}}
	text := ansi.Strip(first(theme.New(true, false), a.Summary(), 60).String())
	at := -1
	for _, want := range []string{"mend 1", "medium: check-1", "mend 3", "mend 5", "mend 0", "low: check-0", "mend 2", "hold 2 more"} {
		i := strings.Index(text, want)
		if i <= at {
			t.Errorf("%q is not in its place:\n%s", want, text)
		}
		at = i
	}
	if strings.Contains(text, "mend 6") {
		t.Errorf("it says more than it can hold:\n%s", text)
	}
}
