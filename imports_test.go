package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// rule forbids packages below From to import what Bad says is bad.
type rule struct {
	from string
	bad  func(imported string) bool
	why  string
}

func under(tree string) func(string) bool {
	return func(p string) bool { return p == tree || strings.HasPrefix(p, tree+"/") }
}

func any(conditions ...func(string) bool) func(string) bool {
	return func(p string) bool {
		for _, c := range conditions {
			if c(p) {
				return true
			}
		}
		return false
	}
}

func but(condition, exception func(string) bool) func(string) bool {
	return func(p string) bool { return condition(p) && !exception(p) }
}

var (
	charm  = any(under("charm.land"), under("github.com/charmbracelet"))
	engine = any(under("bulkhead/inspect/engine"), under("github.com/moby/moby"), under("bulkhead/fix/clone"))
)

// rules are the direction of imports: inspect ← fix ← ui ← main.
var rules = []rule{
	{"inspect", but(under("bulkhead"), under("bulkhead/inspect")), "inspect knows nothing above it"},
	{"inspect", charm, "nothing below ui draws"},
	{"fix", but(under("bulkhead"), any(under("bulkhead/inspect"), under("bulkhead/fix"))), "fix knows nothing above it"},
	{"fix", charm, "nothing below ui draws"},
	{"assets", under("bulkhead"), "assets are data"},
	{"ui/tui", engine, "the terminal UI sees the engine only through small interfaces"},
	{"ui/tui/part", under("bulkhead/ui/tui/page"), "parts never import pages"},
	{"ui/tui/page", under("charm.land/lipgloss"), "only theme makes styles"},
	{"ui/tui/part", under("charm.land/lipgloss"), "only theme makes styles"},
}

// alone are packages that import nothing of bulkhead but what is listed.
var alone = map[string]func(string) bool{
	"inspect": func(string) bool { return false },
	"fix":     under("bulkhead/inspect"),
}

func TestImportsRunOneWay(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && file != "."):
			return fs.SkipDir
		case !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		files++
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := path.Dir(filepath.ToSlash(file))
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			check(t, file, dir, imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d files were read", files)
	}
}

func check(t *testing.T, file, dir, imported string) {
	t.Helper()
	for _, r := range rules {
		if under(r.from)(dir) && r.bad(imported) {
			t.Errorf("%s imports %s: %s", file, imported, r.why)
		}
	}
	allowed, restricted := alone[dir]
	if restricted && under("bulkhead")(imported) && !allowed(imported) {
		t.Errorf("%s imports %s: package %s stands alone", file, imported, dir)
	}
}

// The rules themselves: each forbids what it is there to forbid.
func TestImportRulesCatchABackEdge(t *testing.T) {
	for _, tt := range []struct{ dir, imported string }{
		{"inspect/check", "bulkhead/fix"},
		{"inspect/engine", "bulkhead/ui/report"},
		{"fix/trial", "charm.land/bubbletea/v2"},
		{"fix", "bulkhead/ui/cli"},
		{"ui/tui/page/list", "github.com/moby/moby/client"},
		{"ui/tui/part/dialog", "bulkhead/ui/tui/page/list"},
		{"ui/tui/part/dialog", "charm.land/lipgloss/v2"},
	} {
		caught := false
		for _, r := range rules {
			caught = caught || under(r.from)(tt.dir) && r.bad(tt.imported)
		}
		if !caught {
			t.Errorf("%s may import %s", tt.dir, tt.imported)
		}
	}
}
