package diff

import (
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"bulkhead/ui/tui/theme"
)

func TestParse(t *testing.T) {
	const text = `--- a/compose.yaml
+++ b/compose.yaml
@@ -3,4 +3,4 @@
 services:
-  --- no: header
+  +++ yes: 1

   last
@@ -20 +20,2 @@
 x
+y
\ No newline at end of file
`
	want := []line{
		{hunk, 0, 0, "@@ -3,4 +3,4 @@"},
		{same, 3, 3, "services:"},
		{removed, 4, 0, "  --- no: header"},
		{added, 0, 4, "  +++ yes: 1"},
		{same, 5, 5, ""},
		{same, 6, 6, "  last"},
		{hunk, 0, 0, "@@ -20 +20,2 @@"},
		{same, 20, 20, "x"},
		{added, 0, 21, "y"},
		{remark, 0, 0, `\ No newline at end of file`},
	}
	if diff := cmp.Diff(want, parse(text), cmp.AllowUnexported(line{})); diff != "" {
		t.Errorf("parse (-want +got):\n%s", diff)
	}
	if plus, minus := tally(parse(text)); plus != 2 || minus != 1 {
		t.Errorf("tally is +%d -%d", plus, minus)
	}
}

// FuzzDraw draws any diff: no line may be lost, and nothing but text and styles
// may come out.
func FuzzDraw(f *testing.F) {
	f.Add("@@ -1 +1 @@\n-a\n+b\n", 40)
	f.Add("@@ -999999999,3 +1,2 @@\n 漢字\n", 10)
	f.Add("@@ x y @@\n\x1b[2J", 3)
	f.Fuzz(func(t *testing.T, diff string, w int) {
		w = 20 + (w%100+100)%100
		lines := parse(diff)
		if strings.Count(diff, "\n") > 200 {
			return
		}
		out := draw(theme.New(true, false), lines, w)
		if len(out) < len(lines)-1 {
			t.Errorf("%d lines drawn of %d", len(out), len(lines))
		}
		for _, drawn := range out {
			for _, r := range ansi.Strip(drawn) {
				if !unicode.IsPrint(r) {
					t.Fatalf("%U in %q", r, drawn)
				}
			}
		}
	})
}

func TestShellWord(t *testing.T) {
	for name, want := range map[string]string{
		"web": "web", "my-app_2.x": "my-app_2.x", "": "''", "a b": "'a b'", "x;rm -rf ~": "'x;rm -rf ~'", "it's": `'it'\''s'`,
	} {
		if got := shellWord(name); got != want {
			t.Errorf("shellWord(%q) = %s, want %s", name, got, want)
		}
	}
}
