package composefile

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"
)

func TestChoose(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"base.yaml":     "services:\n  web: {image: x}\n  db: {image: x}\n  job: {extends: {file: other.yaml, service: job}}\n",
		"override.yaml": "include: [more.yaml]\nservices:\n  web: {cap_add: [CHOWN]}\n  db: {user: '1'}\n",
		"other.yaml":    "services: {job: {image: x, cap_add: [CHOWN]}}\n",
		"more.yaml":     "services: {extra: {image: x}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := compose.Load(context.Background(), compose.Options{
		Files: []string{filepath.Join(dir, "base.yaml"), filepath.Join(dir, "override.yaml")},
	})
	if err != nil {
		t.Fatal(err)
	}
	plan := fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyRoot}, inspect.Change{Dial: inspect.DialCapabilities})
	for service, want := range map[string]string{
		"web": "override.yaml", "db": "base.yaml", "job": "base.yaml", "extra": "", "gone": "",
	} {
		if want != "" {
			want = filepath.Join(dir, want)
		}
		if got := Choose(p, service, plan); got != want {
			t.Errorf("%s: got %q, want %q", service, got, want)
		}
	}
}
