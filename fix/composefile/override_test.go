package composefile

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkhead/fix"
	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
)

// override is the request to write an override file: the one that the fixture
// names, over its other files.
func (f fixture) override(t testing.TB) Request {
	t.Helper()
	r := f.request(t, nil)
	dir := filepath.Dir(r.Path)
	r.Path, r.Content, r.Override = filepath.Join(dir, f.settings["path"]), nil, true
	r.Tags = f.settings["tags"] == "known"
	for _, file := range f.archive.Files {
		if file.Name == f.settings["path"] {
			r.Content = file.Data
		}
	}
	return r
}

// A file of testdata/override gives the override file that stands in it, or the
// reason why there is none; a second edit changes nothing.
func TestOverride(t *testing.T) {
	for _, f := range fixtures(t, "override") {
		t.Run(f.name(), func(t *testing.T) {
			r := f.override(t)
			after, err := edited(r)
			var refused *RefusedError
			if reason := f.settings["reason"]; reason != "" {
				if !errors.As(err, &refused) || !strings.Contains(refused.Reason, reason) || refused.Next == "" {
					t.Fatalf("got %v and\n%s\nwant a refusal: %s", err, after, reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				f.keep(t, after)
			}
			if diff := cmp.Diff(string(f.after), string(after)); diff != "" {
				t.Errorf("override (-want +got):\n%s", diff)
			}
			r.Content = after
			if err := os.WriteFile(r.Path, after, 0o600); err != nil {
				t.Fatal(err)
			}
			again, err := edited(r)
			if err != nil || !bytes.Equal(again, after) {
				t.Errorf("a second edit changed something (%v):\n%s", err, cmp.Diff(string(after), string(again)))
			}
		})
	}
}

func TestOverrideFile(t *testing.T) {
	there := map[string]bool{"/a/docker-compose.override.yml": true}
	exists := func(path string) bool { return there[path] }
	for _, test := range []struct {
		files []string
		want  string
		bare  bool
	}{
		{[]string{"/p/compose.yaml"}, "/p/compose.override.yaml", true},
		{[]string{"/p/docker-compose.yml"}, "/p/docker-compose.override.yml", true},
		{[]string{"/p/compose.yaml", "/p/compose.override.yaml"}, "/p/compose.override.yaml", true},
		{[]string{"/p/shop.yaml"}, "/p/compose.hardened.yaml", false},
		{[]string{"/p/shop.yaml", "/p/more.yaml"}, "/p/compose.hardened.yaml", false},
		{[]string{"/p/shop.yaml", "/p/compose.hardened.yaml"}, "/p/compose.hardened.yaml", false},
		{[]string{"/a/compose.yaml"}, "/a/compose.hardened.yaml", false},
	} {
		if path, bare := OverrideFile(test.files, exists); path != test.want || bare != test.bare {
			t.Errorf("%v: got %s, %v", test.files, path, bare)
		}
	}
}

// An override that is not the last of the files would not count.
func TestOverrideStandsLast(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "compose.yaml"), filepath.Join(dir, "more.yaml")
	for _, path := range []string{first, second} {
		if err := os.WriteFile(path, []byte("services: {web: {image: nginx}}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := Request{Path: first, Content: []byte("services: {web: {image: nginx}}\n"), Files: []string{first, second}, Service: "web", Plan: wholePlan(t), Override: true}
	var refused *RefusedError
	if _, err := Edit(context.Background(), r); !errors.As(err, &refused) || !strings.Contains(refused.Reason, "not the last") {
		t.Errorf("got %v", err)
	}
}

// A new override takes over the line ends and the indentation of the file that
// it is for.
func TestOverrideTakesOverStyle(t *testing.T) {
	dir := t.TempDir()
	base := filepath.Join(dir, "compose.yaml")
	content := "services:\r\n    web:\r\n        image: nginx\r\n        dns:\r\n        - 192.0.2.1\r\n"
	if err := os.WriteFile(base, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	after, err := edited(Request{
		Path: filepath.Join(dir, "compose.override.yaml"), Files: []string{base}, Service: "web", Override: true,
		Plan: fix.NewPlan(inspect.Change{Dial: inspect.DialCapabilities}),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "# Hardened by bulkhead. Compose joins this to compose.yaml.\r\nservices:\r\n    web:\r\n        cap_drop:\r\n        - ALL\r\n"
	if diff := cmp.Diff(want, string(after)); diff != "" {
		t.Errorf("override (-want +got):\n%s", diff)
	}
}
