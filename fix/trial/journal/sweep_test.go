package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkhead/fix/owner"
)

// What a killed process did not finish writing goes; what is whole, and what a
// living one is writing, stays.
func TestSweep(t *testing.T) {
	j := At(t.TempDir())
	if err := j.Sweep(); err != nil {
		t.Fatalf("without a journal: %v", err)
	}
	dir := j.watched("web")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	host, _, _ := strings.Cut(owner.InName(), "+")
	stays := map[string]bool{
		filepath.Join(dir, unfinished+host+"+4194305+17-123"):        false, // above the kernel's largest process ID
		filepath.Join(j.of("web"), unfinished+host+"+4194305+17-12"): false,
		filepath.Join(dir, unfinished+owner.InName()+"-123"):         true,
		filepath.Join(dir, unfinished+"nobody"):                      true,
		filepath.Join(dir, "20240506T120007.000Z.json"):              true,
	}
	for path := range stays {
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Sweep(); err != nil {
		t.Fatal(err)
	}
	for path, want := range stays {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v, want it to stay: %v", path, err, want)
		}
	}
}
