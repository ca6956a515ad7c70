package clone

import (
	"context"
	"testing"

	"github.com/containerd/errdefs"

	"bulkhead/inspect/agent"
	"bulkhead/inspect/engine/enginetest"
)

// Uses of the helper share one image: each has a name of its own, and with the
// last name the image goes.
func TestUsesOfTheHelperShareOneImage(t *testing.T) {
	e := enginetest.Connect(t)
	binary, err := agent.Own()
	if err != nil {
		t.Fatal(err)
	}
	idOf := func(name string) string {
		t.Helper()
		found, err := e.API.ImageInspect(context.Background(), name)
		if err != nil && !errdefs.IsNotFound(err) {
			t.Fatal(err)
		}
		return found.ID
	}
	first, forgetFirst, err := HelperImage(t.Context(), e.API, binary)
	if err != nil {
		t.Fatal(err)
	}
	id := idOf(first)
	second, forgetSecond, err := HelperImage(t.Context(), e.API, binary)
	if err != nil {
		t.Fatal(err)
	}
	if id == "" || first == second || idOf(second) != id {
		t.Errorf("%s is %s, %s is %s", first, id, second, idOf(second))
	}
	if err := forgetFirst(context.Background()); err != nil || idOf(first) != "" || idOf(second) != id {
		t.Errorf("the first is forgotten: %v; the second is %q", err, idOf(second))
	}
	if err := forgetSecond(context.Background()); err != nil || idOf(id) != "" {
		t.Errorf("the last is forgotten: %v; there is %q", err, idOf(id))
	}
}

// BenchmarkHelperImage is what a use of the helper costs, from reading the binary
// to its name in the engine: where none uses it yet, and where one does.
func BenchmarkHelperImage(b *testing.B) {
	e := enginetest.Connect(b)
	use := func(b *testing.B) func() {
		b.Helper()
		binary, err := agent.Own()
		if err != nil {
			b.Fatal(err)
		}
		_, forget, err := HelperImage(b.Context(), e.API, binary)
		if err != nil {
			b.Fatal(err)
		}
		return func() {
			if err := forget(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	}
	measure := func(b *testing.B) {
		for b.Loop() {
			forget := use(b)
			b.StopTimer()
			forget()
			b.StartTimer()
		}
	}
	b.Run("first", measure)
	b.Run("further", func(b *testing.B) {
		defer use(b)()
		measure(b)
	})
}
