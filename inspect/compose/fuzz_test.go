package compose

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

// Any bytes either load or are refused with a hint; nothing panics, and every
// warning can be shown.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(everything))
	for _, s := range []string{
		"services: {web: {image: x, ports: ['${P}:80'], volumes: ['${V:?}:/x']}}",
		"services:\n  a: &a\n    image: x\n  b: {<<: [*a, *a]}\n  c: *a\n  d: {extends: b}\n",
		"include: [a, {path: [b, c]}]\nservices: {web: {image: x, extends: {file: d, service: e}}}",
		"services: {w: {image: x, cap_add: !reset [], security_opt: !override [a]}}\n---\nservices: {w: {privileged: true}}\n",
		"x: &x [*x]\nservices: {w: {image: *x}}",
		"services: {<<: {w: {image: x}}, ? [a] : b}",
	} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	path := filepath.Join(dir, "compose.yaml")
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := Load(context.Background(), Options{Files: []string{path}, Overlay: map[string][]byte{path: content}})
		var typed *Error
		if err != nil && (!errors.As(err, &typed) || typed.Next == "" || typed.Problem == "") {
			t.Errorf("an error without a hint: %#v", err)
		}
		if err == nil && !p.Strict && len(p.Warnings) == 0 {
			t.Error("a lenient load without a warning")
		}
		for _, w := range p.Workloads {
			if w.Sources[""].Line == 0 && len(w.Files) > 0 {
				t.Errorf("%s has no place", w.Name)
			}
		}
	})
}
