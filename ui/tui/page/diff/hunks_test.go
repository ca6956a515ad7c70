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
		{kind: file, text: "/compose.yaml"},
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
		out := append(draw(theme.New(true, false), lines, w), drawBeside(theme.New(true, false), lines, w)...)
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

// Of several files each is named, and a line that looks like a header is still
// part of its hunk.
func TestSeveralFiles(t *testing.T) {
	const text = `--- a/srv/compose.yaml
+++ b/srv/compose.yaml
@@ -1,2 +1,2 @@
 services:
--- a/x
+++ b/x
--- a/srv/web.json
+++ b/srv/web.json
@@ -0,0 +1 @@
+{}
`
	want := []line{
		{kind: file, text: "/srv/compose.yaml"}, {kind: hunk, text: "@@ -1,2 +1,2 @@"},
		{same, 1, 1, "services:"}, {removed, 2, 0, "-- a/x"}, {added, 0, 2, "++ b/x"},
		{kind: file, text: "/srv/web.json"}, {kind: hunk, text: "@@ -0,0 +1 @@"}, {added, 0, 1, "{}"},
	}
	if diff := cmp.Diff(want, parse(text), cmp.AllowUnexported(line{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if plus, minus := tally(parse(text)); plus != 2 || minus != 1 {
		t.Errorf("+%d -%d", plus, minus)
	}
}

// Side by side, what goes stands beside what comes in its place, and nothing is
// lost.
func TestBeside(t *testing.T) {
	const text = `@@ -3,4 +3,5 @@
 services:
-  user: root
+  user: "101"
+  read_only: true
   last: 1
@@ -20,2 +21,1 @@
 x
-y
`
	want := []string{
		"  3   services:                │   3   services:",
		"  4 -   user: root             │   4 +   user: \"101\"",
		"                               │   5 +   read_only: true",
		"  5     last: 1                │   6     last: 1",
		"···                            │ ···",
		" 20   x                        │  21   x",
		" 21 - y                        │",
	}
	var got []string
	for _, l := range drawBeside(theme.New(true, false), parse(text), 64) {
		got = append(got, strings.TrimRight(ansi.Strip(l), " "))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
