package writes

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix/file"
)

// noon is when the tests write.
var noon = time.Date(2024, 5, 6, 12, 0, 7, 0, time.UTC)

// world is a directory with one file in it, and a store.
func world(t *testing.T) (dir string, s Store) {
	t.Helper()
	dir = t.TempDir()
	put(t, filepath.Join(dir, "compose.yaml"), "old\n")
	return dir, At(filepath.Join(t.TempDir(), "state"))
}

// two writes a new profile and changes the file.
func two(dir string) []File {
	return []File{
		{Path: filepath.Join(dir, "new.json"), Content: []byte("{}\n"), Mode: 0o644},
		{Path: filepath.Join(dir, "compose.yaml"), Before: []byte("old\n"), Content: []byte("new\n")},
	}
}

func TestWriteAndUndo(t *testing.T) {
	dir, s := world(t)
	before := held(t, dir)
	r, err := s.Write(two(dir), noon)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"compose.yaml": "new\n", "new.json": "{}\n", "compose.yaml.bulkhead-20240506-120007.bak": "old\n"}
	if diff := cmp.Diff(want, held(t, dir)); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{filepath.Join(dir, "compose.yaml.bulkhead-20240506-120007.bak")}, r.Backups()); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"", filepath.Join(dir, "new.json"), filepath.Join(dir, "compose.yaml")} {
		if last, err := s.Last(name); err != nil || !last.Written.Equal(noon) {
			t.Errorf("the last record of %q: %v, %v", name, last, err)
		}
	}
	if err := s.Undo(r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, held(t, dir)); diff != "" {
		t.Errorf("taken back (-want +got):\n%s", diff)
	}
	var nothing *NothingError
	if _, err := s.Last(""); !errors.As(err, &nothing) || nothing.Hint() == "" {
		t.Errorf("a second undo: %v", err)
	}
}

// Writes are taken back one after the other, the newest first.
func TestUndoTwice(t *testing.T) {
	dir, s := world(t)
	path := filepath.Join(dir, "compose.yaml")
	for i, content := range []string{"new\n", "newer\n"} {
		before := get(t, path)
		if _, err := s.Write([]File{{Path: path, Before: []byte(before), Content: []byte(content)}}, noon.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"new\n", "old\n"} {
		r, err := s.Last(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Undo(r); err != nil {
			t.Fatal(err)
		}
		if got := get(t, path); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// What a person changed since is never taken back over.
func TestUndoRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(t *testing.T, dir string)
		problem string
	}{
		"the file changed":     {func(t *testing.T, dir string) { put(t, filepath.Join(dir, "compose.yaml"), "mine\n") }, "no longer as bulkhead wrote it"},
		"the new file changed": {func(t *testing.T, dir string) { put(t, filepath.Join(dir, "new.json"), "mine\n") }, "no longer as bulkhead wrote it"},
		"the file is gone":     {func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "compose.yaml")) }, "no longer as bulkhead wrote it"},
		"the backup was changed": {func(t *testing.T, dir string) {
			put(t, filepath.Join(dir, "compose.yaml.bulkhead-20240506-120007.bak"), "x")
		}, "is not what it held"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, s := world(t)
			r, err := s.Write(two(dir), noon)
			if err != nil {
				t.Fatal(err)
			}
			test.change(t, dir)
			before := held(t, dir)
			var refused *file.Error
			if err := s.Undo(r); !errors.As(err, &refused) || !strings.Contains(refused.Problem, test.problem) || refused.Next == "" {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(before, held(t, dir)); diff != "" {
				t.Errorf("files changed (-before +after):\n%s", diff)
			}
		})
	}
}

// Where one file cannot be written, the ones before it are taken back.
func TestWriteAllOrNone(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, dir, state string){
		"the last file changed meanwhile": func(t *testing.T, dir, _ string) { put(t, filepath.Join(dir, "compose.yaml"), "mine\n") },
		"the last file is read-only":      func(t *testing.T, dir, _ string) { must(t, os.Chmod(filepath.Join(dir, "compose.yaml"), 0o400)) },
		"the new file is there":           func(t *testing.T, dir, _ string) { put(t, filepath.Join(dir, "new.json"), "mine\n") },
		"no record can be kept":           func(t *testing.T, _, state string) { put(t, state, "a file in the way") },
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := world(t)
			state := filepath.Join(t.TempDir(), "state")
			spoil(t, dir, state)
			before := held(t, dir)
			if _, err := At(state).Write(two(dir), noon); err == nil {
				t.Fatal("it was written")
			}
			if diff := cmp.Diff(before, held(t, dir)); diff != "" {
				t.Errorf("files changed (-before +after):\n%s", diff)
			}
		})
	}
}

// A link is written through, and taken back through.
func TestWriteThroughLink(t *testing.T) {
	dir, s := world(t)
	link := filepath.Join(t.TempDir(), "link.yaml")
	must(t, os.Symlink(filepath.Join(dir, "compose.yaml"), link))
	if _, err := s.Write([]File{{Path: link, Before: []byte("old\n"), Content: []byte("new\n")}}, noon); err != nil {
		t.Fatal(err)
	}
	r, err := s.Last(link)
	if err != nil {
		t.Fatal(err)
	}
	must(t, s.Undo(r))
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 || get(t, link) != "old\n" {
		t.Errorf("the link is %v, %v, and holds %q", info.Mode(), err, get(t, link))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) { t.Helper(); must(t, os.Remove(path)) }

func put(t *testing.T, path, content string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(content), 0o600))
}

func get(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	return string(content)
}

// held is what the files of a directory hold.
func held(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	out := map[string]string{}
	for _, e := range entries {
		out[e.Name()] = get(t, filepath.Join(dir, e.Name()))
	}
	return out
}

// A secret's file is its owner's alone, the record says that it is one, and the
// directory that was made for it goes with it, unless something else is in it.
func TestSecretFile(t *testing.T) {
	for _, other := range []bool{false, true} {
		dir, s := world(t)
		path := filepath.Join(dir, "secrets", "db.txt")
		files := append([]File{{Path: path, Content: []byte("value"), Mode: 0o600, Secret: true}}, two(dir)...)
		if _, err := s.Write(files, noon); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		r, err := s.Last(path)
		if err != nil {
			t.Fatal(err)
		}
		reverse, err := r.Reverse()
		if err != nil || !reverse[0].Secret || reverse[1].Secret {
			t.Errorf("%v, %v", reverse, err)
		}
		if other {
			put(t, filepath.Join(dir, "secrets", "mine"), "mine")
		}
		if err := s.Undo(r); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, os.ErrNotExist) == other {
			t.Errorf("the directory, with something else in it %t: %v", other, err)
		}
	}
}

// Where a later file cannot be written, the directory goes again as well.
func TestSecretFileTakenBack(t *testing.T) {
	dir, s := world(t)
	_, err := s.Write([]File{
		{Path: filepath.Join(dir, "secrets", "a.txt"), Content: []byte("value"), Secret: true},
		{Path: filepath.Join(dir, "secrets", "b.txt"), Content: []byte("value"), Secret: true},
		{Path: filepath.Join(dir, "compose.yaml"), Before: []byte("other\n"), Content: []byte("new\n")},
	}, noon)
	if err == nil || strings.Contains(err.Error(), "value") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "secrets")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory: %v", err)
	}
}
