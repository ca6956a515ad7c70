package file

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// noon is when the tests write.
var noon = time.Date(2024, 5, 6, 12, 0, 7, 0, time.UTC)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "compose.yaml")
	put(t, path, "old\n", 0o640)
	backup, err := Replace(path, []byte("old\n"), []byte("new\n"), noon)
	if err != nil {
		t.Fatal(err)
	}
	if want := path + ".bulkhead-20240506-120007.bak"; backup != want {
		t.Errorf("backup %q, want %q", backup, want)
	}
	for file, want := range map[string]string{path: "new\n", backup: "old\n"} {
		if got := get(t, file); got != want {
			t.Errorf("%s holds %q, want %q", file, got, want)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: mode %v (%v), want 0640", file, info.Mode(), err)
		}
	}
	names(t, dir, "compose.yaml", "compose.yaml.bulkhead-20240506-120007.bak")
}

func TestReplaceFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	target, link := filepath.Join(dir, "real", "base.yaml"), filepath.Join(dir, "compose.yaml")
	put(t, target, "old\n", 0o600)
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	backup, err := Replace(link, []byte("old\n"), []byte("new\n"), noon)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced (%v)", err)
	}
	if got := get(t, target); got != "new\n" {
		t.Errorf("the target holds %q", got)
	}
	if filepath.Dir(backup) != filepath.Dir(target) {
		t.Errorf("the backup %q does not stand beside the target", backup)
	}
}

// A replacement that is refused leaves the file and its directory as they were.
func TestReplaceRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(t *testing.T, dir, path string)
		problem string
	}{
		"changed meanwhile": {func(t *testing.T, _, path string) { put(t, path, "other\n", 0o600) }, "changed since"},
		"gone":              {func(t *testing.T, _, path string) { must(t, os.Remove(path)) }, "no such file"},
		"read-only file":    {func(t *testing.T, _, path string) { must(t, os.Chmod(path, 0o400)) }, "read-only"},
		"a directory": {func(t *testing.T, _, path string) {
			must(t, os.Remove(path))
			must(t, os.Mkdir(path, 0o700))
		}, "not a regular file"},
		"backup there already": {func(t *testing.T, _, path string) { put(t, path+".bulkhead-20240506-120007.bak", "mine", 0o600) }, "already there"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "compose.yaml")
			put(t, path, "old\n", 0o600)
			test.prepare(t, dir, path)
			before := snapshot(t, dir)
			backup, err := Replace(path, []byte("old\n"), []byte("new\n"), noon)
			var typed *Error
			if !errors.As(err, &typed) || !strings.Contains(typed.Problem, test.problem) || typed.Next == "" || backup != "" {
				t.Fatalf("got %q, %v; want %q", backup, err, test.problem)
			}
			if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
				t.Errorf("the directory changed (-before +after):\n%s", diff)
			}
		})
	}
}

// A directory that may not be written gives a clear error; root may write to
// any, so the test needs another user.
func TestReplaceReadOnlyDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write to a read-only directory")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "compose.yaml")
	put(t, path, "old\n", 0o600)
	must(t, os.Chmod(dir, 0o500))
	t.Cleanup(func() { must(t, os.Chmod(dir, 0o700)) })
	_, err := Replace(path, []byte("old\n"), []byte("new\n"), noon)
	var typed *Error
	if !errors.As(err, &typed) || !strings.Contains(typed.Problem, "read-only") {
		t.Errorf("got %v", err)
	}
}

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new.yaml")
	must(t, Create(path, []byte("new\n"), 0))
	if got := get(t, path); got != "new\n" {
		t.Errorf("it holds %q", got)
	}
	var typed *Error
	if err := Create(path, []byte("other\n"), 0); !errors.As(err, &typed) || typed.Next == "" || get(t, path) != "new\n" {
		t.Errorf("a file that is there: %v", err)
	}
	if err := Create(filepath.Join(dir, "no", "such"), nil, 0); !errors.As(err, &typed) {
		t.Errorf("no such directory: %v", err)
	}
	names(t, dir, "new.yaml")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(content), mode))
	must(t, os.Chmod(path, mode))
}

func get(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	return string(content)
}

func names(t *testing.T, dir string, want ...string) {
	t.Helper()
	var got []string
	for name := range snapshot(t, dir) {
		got = append(got, name)
	}
	if len(got) != len(want) {
		t.Errorf("%s holds %v, want %v", dir, got, want)
	}
}

func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	held := map[string]string{}
	for _, e := range entries {
		held[e.Name()] = e.Type().String()
		if e.Type().IsRegular() {
			held[e.Name()] = get(t, filepath.Join(dir, e.Name()))
		}
	}
	return held
}
