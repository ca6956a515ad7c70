package compose

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// A file over which Compose's own library panics is told to be one.
func TestAFileThatTheLibraryFailsOver(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"compose.yaml": "include: [more.yaml]\nservices:\n", "more.yaml": "services:\n  db: {image: redis}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var cannot *Error
	p, err := Load(t.Context(), Options{Files: []string{filepath.Join(dir, "compose.yaml")}})
	if err == nil && len(p.Workloads) == 1 {
		return // the library has learned to read it
	}
	if !errors.As(err, &cannot) || cannot.Next == "" {
		t.Errorf("%d workloads, error %v", len(p.Workloads), err)
	}
}
