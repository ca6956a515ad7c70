package compose

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpusFiles are real Compose files from outside the repository, named by an
// environment variable; without it the tests over them are skipped.
func corpusFiles(t *testing.T) []string {
	t.Helper()
	dir := os.Getenv("BULKHEAD_CORPUS")
	if dir == "" {
		t.Skip("BULKHEAD_CORPUS names no directory of Compose files")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.y*ml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Compose files in %s (%v)", dir, err)
	}
	return files
}

// A real file either loads, with every service in a place, or is refused with
// the reason.
func TestLoadCorpus(t *testing.T) {
	var strict, lenient, refused int
	for _, file := range corpusFiles(t) {
		p, err := Load(context.Background(), Options{Files: []string{file}})
		var typed *Error
		switch {
		case errors.As(err, &typed):
			refused++
			t.Logf("refused %s: %v (%s)", filepath.Base(file), typed, typed.Next)
			if typed.Next == "" {
				t.Errorf("%s: a refusal without a hint: %v", file, err)
			}
			continue
		case err != nil:
			t.Errorf("%s: %v", file, err)
			continue
		case p.Strict:
			strict++
		default:
			lenient++
			t.Logf("lenient %s:\n\t%s", filepath.Base(file), strings.Join(p.Warnings, "\n\t"))
			if len(p.Warnings) == 0 {
				t.Errorf("%s: a lenient load without a warning", file)
			}
		}
		for _, w := range p.Workloads {
			if w.Sources[""].Line == 0 {
				t.Errorf("%s: %s has no place", file, w.Name)
			}
			for _, m := range w.Settings.Mounts {
				if w.Sources[m.Setting].Line == 0 {
					t.Errorf("%s: %s: mount %s (%s) has no place", file, w.Name, m.Target, m.Setting)
				}
			}
			for _, port := range w.Settings.Ports {
				if w.Sources[port.Setting].Line == 0 {
					t.Errorf("%s: %s: port %d (%s) has no place", file, w.Name, port.Container, port.Setting)
				}
			}
		}
	}
	t.Logf("strict %d, lenient %d, refused %d", strict, lenient, refused)
}
