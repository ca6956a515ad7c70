package judgement

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/inspect"
	"bulkhead/ui/tui/theme"
)

func TestFindingSaysAllItHas(t *testing.T) {
	f := inspect.Finding{
		ID: "engine-socket", Severity: inspect.Critical, Title: "The socket is inside", Evidence: "volumes: docker.sock",
		Why: "It commands the engine.", Reason: "Everything is gained at once.", Fix: "remove the mount",
		Source: inspect.Source{File: "compose.yaml", Line: 7, Column: 3}, References: []string{"CIS 5.32"},
	}
	for _, w := range []int{24, 60, 100} {
		text := ansi.Strip(Finding(theme.New(true, false), f, w).String())
		all := strings.Join(strings.Fields(strings.ReplaceAll(text, "┃", "")), " ")
		for _, want := range []string{
			"critical", f.Title, f.Evidence, f.Why, f.Reason, f.Fix, "compose.yaml:7:3", "CIS 5.32", "evidence", "severity", "source",
		} {
			if w >= 60 && !strings.Contains(all, want) {
				t.Errorf("in %d cells it does not say %q:\n%s", w, want, text)
			}
		}
		for _, word := range []string{"severity", "Everything", "gained"} {
			if !strings.Contains(all, word) {
				t.Errorf("in %d cells %q is lost:\n%s", w, word, text)
			}
		}
	}
}

func TestWhere(t *testing.T) {
	for want, src := range map[string]inspect.Source{
		"a.yaml:3:5": {Origin: inspect.FromCompose, File: "a.yaml", Line: 3, Column: 5},
		"a.yaml:3":   {Origin: inspect.FromCompose, File: "a.yaml", Line: 3},
		"a.yaml":     {Origin: inspect.FromCompose, File: "a.yaml"},
		"image":      {Origin: inspect.FromImage},
		"":           {},
	} {
		if got := Where(src); got != want {
			t.Errorf("Where(%+v) = %q, want %q", src, got, want)
		}
	}
}
