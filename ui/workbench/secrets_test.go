package workbench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bulkhead/inspect"
)

// In a git work tree the secrets' directory is kept out of git, in the same
// write; where it is ignored already, .gitignore stays as it is.
func TestSecretsStayOutOfGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	const value = "hunter2Marker"
	for name, test := range map[string]struct{ ignore, want string }{
		"nothing ignored": {"", "/secrets/\n"},
		"no line break":   {"*.log", "*.log\n/secrets/\n"},
		"CRLF":            {"*.log\r\n", "*.log\r\n/secrets/\r\n"},
		"ignored":         {"secrets/\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if out, err := exec.Command("git", "init", "--quiet", dir).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			file := filepath.Join(dir, "compose.yaml")
			for path, content := range map[string]string{
				file:                             "services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: " + value + "\n",
				filepath.Join(dir, ".gitignore"): test.ignore,
			} {
				if content == "" {
					continue
				}
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			b := &Bench{Files: []string{file}, Getenv: func(string) string { return "" }}
			d, err := b.DraftSecrets(t.Context(), inspect.Workload{Name: "shop/db", Project: "shop", Service: "db"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, f := range d.Beside {
				if filepath.Base(f.Path) == ".gitignore" {
					got = string(f.Content)
				}
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if strings.Contains(d.Diff+strings.Join(d.Notes, ""), value) {
				t.Error("the value is shown")
			}
		})
	}
}
