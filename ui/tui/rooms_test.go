package tui

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

// TestRooms reads the imports: only theme makes styles, parts know no page,
// pages know no other page, and nothing below knows the model.
func TestRooms(t *testing.T) {
	const root = "bulkhead/ui/tui"
	seen := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room := filepath.ToSlash(filepath.Dir(file))
		for _, i := range parsed.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			seen++
			to := strings.TrimPrefix(name, root+"/")
			isPage := strings.HasPrefix(to, "page/")
			switch {
			case strings.HasPrefix(name, "charm.land/lipgloss") && room != "theme":
				t.Errorf("%s imports Lip Gloss; only theme makes styles", file)
			case name == root:
				t.Errorf("%s imports the model", file)
			case isPage && strings.HasPrefix(room, "part/"), to == "page" && strings.HasPrefix(room, "part/"):
				t.Errorf("%s is a part and imports a page", file)
			case isPage && room != "." && path.Base(to) != path.Base(room):
				t.Errorf("%s imports another page, %s", file, name)
			case room != "tuitest" && strings.HasPrefix(name, "bulkhead/inspect/"), strings.Contains(name, "moby"):
				t.Errorf("%s imports %s; the engine is behind the interfaces", file, name)
			case to == "tuitest":
				t.Errorf("%s imports the fake backend", file)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 50 {
		t.Errorf("only %d imports were read", seen)
	}
}
