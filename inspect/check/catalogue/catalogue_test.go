package catalogue

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
)

var update = flag.Bool("update", false, "write assets/checks.md anew")

// The catalogue in the repository is what the checks say of themselves.
func TestMarkdownIsUpToDate(t *testing.T) {
	const file = "../../../assets/checks.md"
	var b bytes.Buffer
	if err := Markdown(&b, check.All()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("run `go test ./inspect/check/catalogue -update` (-file +checks):\n%s", diff)
	}
}

func TestEveryCISRowIsAnswered(t *testing.T) {
	seen := map[string]bool{}
	answered := map[string][]string{}
	counts := map[string]int{}
	for _, r := range CIS() {
		if seen[r.Number] || r.Title == "" || r.SeenIn == "" || len(r.Checks) == 0 && r.Reason == "" {
			t.Errorf("row %+v", r)
		}
		seen[r.Number] = true
		counts[r.Number[:2]]++
		for _, id := range r.Checks {
			if _, ok := check.ByID(id); !ok {
				t.Errorf("%s names the check %q, which does not exist", r.Number, id)
			}
			answered[r.Number] = append(answered[r.Number], id)
		}
	}
	if diff := cmp.Diff(map[string]int{"2.": 18, "4.": 12, "5.": 32}, counts); diff != "" {
		t.Errorf("recommendations by section (-want +got):\n%s", diff)
	}
	// What a check refers to, the table must grant it, and the other way round.
	number := regexp.MustCompile(`\b\d+\.\d+(\.\d+)?\b`)
	for _, c := range check.All() {
		var refers []string
		for _, ref := range c.References {
			if text, ok := strings.CutPrefix(ref, "CIS Docker Benchmark 1.6.0: "); ok {
				refers = number.FindAllString(text, -1)
			}
		}
		for n, ids := range answered {
			if slices.Contains(ids, c.ID) != slices.Contains(refers, n) {
				t.Errorf("%s refers to CIS %v; the table answers %s with %v", c.ID, refers, n, ids)
			}
		}
	}
}

func TestExplainSaysEverything(t *testing.T) {
	for _, c := range check.All() {
		var b bytes.Buffer
		if err := Explain(&b, c); err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Fields(b.String()), " ")
		for _, text := range append([]string{c.ID, c.Question, c.Danger, c.MayBreak, c.Bad, c.Good}, c.References...) {
			if !strings.Contains(flat, strings.Join(strings.Fields(text), " ")) {
				t.Errorf("%s does not say %q", c.ID, text)
			}
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if line != inspect.Printable(line) {
				t.Errorf("%s: %q is not printable", c.ID, line)
			}
		}
	}
}

func TestListHasALineForEachCheck(t *testing.T) {
	var b bytes.Buffer
	if err := List(&b, check.All()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(check.All())+1 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, e := range Entries(check.All()) {
		if !strings.HasPrefix(lines[i+1], e.ID+" ") || !strings.HasSuffix(lines[i+1], e.Question) {
			t.Errorf("line %q for %s", lines[i+1], e.ID)
		}
	}
}
