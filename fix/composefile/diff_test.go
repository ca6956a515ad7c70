package composefile

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Secrets in the lines around an edit are masked, in every way that Compose
// files write them, and the lines of the edit itself stay readable.
func TestDiffMasks(t *testing.T) {
	secret := "hunter2"
	around := []string{
		"DB_PASSWORD: hunter2", "- DB_PASSWORD=hunter2", `- "DB_PASSWORD=hunter2"`, "'API_TOKEN': 'hunter2'",
		"URL: postgres://app:hunter2@db/app", "- URL=redis://:hunter2@cache", `{"AUTH_KEY": "hunter2", "a": 1}`,
		"environment: {A: b, MY_SECRET: hunter2}", `environment: ["A=b", "MY_SECRET=hunter2"]`,
		"PRIVATE_KEY: |\n  hunter2\n  hunter2", "PRIVATE_KEY: \"a\n  hunter2\"", "DB_PASSWORD:\n  hunter2",
		`command: ["redis-server", "--requirepass", "hunter2"]`, "command: app --password hunter2 --db-token=hunter2",
		"DB_PASSWORD : hunter2", "- DB_PASSWORD=hun\"ter hunter2", "DB_PASSWORD: ${X:-hunter2}",
	}
	for _, lines := range around {
		before := lines + "\n"
		after := before + "read_only: true\n"
		diff := Diff("compose.yaml", []byte(before), []byte(after))
		if strings.Contains(diff, secret) {
			t.Errorf("%q shows the secret:\n%s", lines, diff)
		}
		if !strings.Contains(diff, mask) || !strings.Contains(diff, "+read_only: true\n") {
			t.Errorf("%q lost the edit or the mask:\n%s", lines, diff)
		}
	}
}

func TestDiffShows(t *testing.T) {
	for _, line := range []string{
		"PASSWORD_FILE: /run/secrets/x", "image: nginx", "ports: [\"80:80\"]", "auth:", "secrets:", "- a:/b:ro", "PWD: /x",
	} {
		diff := Diff("x", []byte(line+"\n  image: y\n"), []byte(line+"\n  image: y\nread_only: true\n"))
		if !strings.Contains(diff, " "+line+"\n   image: y\n") {
			t.Errorf("%q was masked:\n%s", line, diff)
		}
	}
	got := Diff("/srv/compose.yaml", []byte("a: \x1b[31m\nb: 1\n"), []byte("a: \x1b[31m\nb: 2\n"))
	want := "--- a/srv/compose.yaml\n+++ b/srv/compose.yaml\n@@ -1,2 +1,2 @@\n a: ␛[31m\n-b: 1\n+b: 2\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("diff (-want +got):\n%s", diff)
	}
	if got := Diff("x", []byte("a\n"), []byte("a\n")); got != "" {
		t.Errorf("no change gives %q", got)
	}
	crlf := Diff("x", []byte("a\r\n"), []byte("a\r\nb\r\n"))
	if !strings.Contains(crlf, "+b\n") || bytes.ContainsRune([]byte(crlf), '\r') {
		t.Errorf("line ends show: %q", crlf)
	}
}
