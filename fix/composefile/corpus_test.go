package composefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bulkhead/fix"
	"bulkhead/inspect"

	"go.yaml.in/yaml/v4"
)

// wholePlan turns every dial.
func wholePlan(t testing.TB) fix.Plan {
	t.Helper()
	keep := inspect.ParseCaps([]string{"CHOWN", "SETGID", "SETUID"})
	return fix.NewPlan(
		inspect.Change{Dial: inspect.DialReadOnlyRoot},
		inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/bulkhead-run", Options: "rw,noexec,size=64m,mode=755,uid=101"}},
		inspect.Change{Dial: inspect.DialNoNewPrivileges},
		inspect.Change{Dial: inspect.DialCapabilities, Keep: keep},
	)
}

// richest is the service with the most settings: the hardest to edit.
func richest(content []byte) string {
	var doc struct {
		Services map[string]yaml.Node `yaml:"services"`
	}
	if err := yaml.Unmarshal(content, &doc); err != nil {
		return ""
	}
	best, most := "", -1
	for _, name := range slices.Sorted(maps.Keys(doc.Services)) {
		if n := len(doc.Services[name].Content); n > most {
			best, most = name, n
		}
	}
	return best
}

// Real files are edited in their own line ends, and what comes back has passed
// every check of Edit; a second edit changes nothing.
func TestEditCorpus(t *testing.T) {
	dir := os.Getenv("BULKHEAD_CORPUS")
	if dir == "" {
		t.Skip("BULKHEAD_CORPUS names no directory of Compose files")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.y*ml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Compose files in %s (%v)", dir, err)
	}
	variants := map[string]func([]byte) []byte{
		"LF":   func(b []byte) []byte { return b },
		"CRLF": func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) },
		"BOM":  func(b []byte) []byte { return append([]byte("\ufeff"), b...) },
	}
	edited, reasons := 0, map[string]int{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.ReplaceAll(bytes.TrimPrefix(content, utf8BOM), []byte("\r\n"), []byte("\n"))
		service := richest(content)
		if service == "" {
			t.Logf("%s defines no service", filepath.Base(file))
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(variants)) {
			variant := variants[name](content)
			r := Request{Path: file, Content: variant, Service: service, Plan: wholePlan(t)}
			after, err := Edit(context.Background(), r)
			var refused *RefusedError
			if errors.As(err, &refused) {
				reasons[fmt.Sprintf("%s: %s (line %d)", filepath.Base(file), refused.Reason, refused.Line)]++
				continue
			}
			if err != nil {
				t.Errorf("%s (%s): %v", file, name, err)
				continue
			}
			edited++
			if name == "CRLF" && bytes.Count(after, []byte("\n")) != bytes.Count(after, []byte("\r\n")) {
				t.Errorf("%s: the edit mixed line ends", file)
			}
			r.Content = after
			if again, err := Edit(context.Background(), r); err != nil || !bytes.Equal(again, after) {
				t.Errorf("%s (%s): a second edit changed something (%v)", file, name, err)
			}
		}
	}
	t.Logf("edited %d", edited)
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		t.Logf("refused %d× %s", reasons[reason], reason)
	}
	if edited == 0 {
		t.Error("no file could be edited")
	}
}
