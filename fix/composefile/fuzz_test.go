package composefile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"bulkhead/fix"
	"bulkhead/inspect"
)

// Whatever the file, Edit refuses it or returns what has passed its checks; then
// a second edit with the same plan changes nothing, and no comment is lost.
func FuzzEdit(f *testing.F) {
	const shared = 128 // of turn: others may change with the service
	for _, dir := range []string{"ok", "refused", "shared"} {
		for _, fx := range fixtures(f, dir) {
			for turn := range uint8(6) {
				f.Add(fx.before, turn)
				f.Add(fx.before, turn|shared)
			}
		}
	}
	dir := f.TempDir()
	path := filepath.Join(dir, "compose.yaml")
	whole := wholePlan(f)
	f.Fuzz(func(t *testing.T, content []byte, turn uint8) {
		plan := whole
		switch turn % shared % 6 {
		case 1:
			plan = whole.With(inspect.Change{Dial: inspect.DialCapabilities})
		case 2:
			plan = fix.NewPlan(inspect.Change{Dial: inspect.DialCapabilities, Keep: inspect.ParseCaps([]string{"CHOWN"})},
				inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/run", Options: "size=1m"}})
		case 3:
			plan = fix.NewPlan(inspect.Change{Dial: inspect.DialNoNewPrivileges}, inspect.Change{Dial: inspect.DialReadOnlyRoot})
		}
		service := richest(content)
		if len(content) > 0 && content[0]%2 == 0 {
			service = "web"
		}
		r := Request{Path: path, Content: content, Service: service, Plan: plan, Shared: turn&shared != 0}
		if turn%shared%6 >= 4 {
			r.Plan = everyDial(t, settingsOf(t, r))
		}
		if turn%shared%6 == 5 {
			over(t, r)
			return
		}
		after, err := edited(r)
		var refused *RefusedError
		if err != nil {
			if !errors.As(err, &refused) || refused.Reason == "" || refused.Next == "" {
				t.Fatalf("not a refusal with a hint: %#v", err)
			}
			return
		}
		r.Content = after
		again, err := edited(r)
		if err != nil || !bytes.Equal(again, after) {
			t.Fatalf("a second edit changed something (%v)\nbefore:\n%q\nafter:\n%q\nagain:\n%q", err, content, after, again)
		}
		Diff(path, content, after)
	})
}

// over writes an override of the request's file; a second one changes nothing.
func over(t *testing.T, r Request) {
	t.Helper()
	if err := os.WriteFile(r.Path, r.Content, 0o600); err != nil {
		t.Fatal(err)
	}
	r.Files = []string{r.Path}
	r.Path, r.Content, r.Override, r.Tags = r.Path+".override.yaml", nil, true, true
	after, err := edited(r)
	var refused *RefusedError
	if err != nil {
		if !errors.As(err, &refused) || refused.Reason == "" || refused.Next == "" {
			t.Fatalf("not a refusal with a hint: %#v", err)
		}
		return
	}
	if r.Content = after; after == nil {
		return
	}
	again, err := edited(r)
	if err != nil || !bytes.Equal(again, after) {
		t.Fatalf("a second override changed something (%v)\nfirst:\n%q\nagain:\n%q", err, after, again)
	}
}
