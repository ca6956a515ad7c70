package inspect

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNear(t *testing.T) {
	names := []string{"shop/web", "shop/worker", "blog/db", "registry", "Registry-2"}
	for _, tt := range []struct {
		target string
		want   []string
	}{
		{"shop/wbe", []string{"shop/web"}},
		{"web", []string{"shop/web"}},
		{"wbe", []string{"shop/web"}},
		{"wroker", []string{"shop/worker"}},
		{"REGISTRY", []string{"registry", "Registry-2"}},
		{"shop", []string{"shop/web", "shop/worker"}},
		{"shop/", []string{"shop/web", "shop/worker"}},
		{"zzz", nil},
		{"", nil},
	} {
		if diff := cmp.Diff(tt.want, Near(tt.target, names)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.target, diff)
		}
	}
	if got := Near("a", []string{"a1", "a2", "a3", "a4", "a1"}); len(got) != 3 {
		t.Errorf("%d names are offered: %q", len(got), got)
	}
}

func TestEditDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"kitten", "sitting", 3}, {"web", "wbe", 1}, {"ca", "abc", 3}, {"", "abc", 3}, {"né", "ne", 1},
		{strings.Repeat("a", 10_000), strings.Repeat("b", 10_000), 128},
	} {
		if got := editDistance(tt.a, tt.b); got != tt.want {
			t.Errorf("from %.10q to %.10q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if back := editDistance(tt.b, tt.a); back != tt.want {
			t.Errorf("and back: %d", back)
		}
	}
}
