package clone

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"bulkhead/fix/trial"
	"bulkhead/inspect/observe"
)

// seer watches whatever has an ID; it counts what is under watch.
type seer struct {
	under int
	fail  error
}

func (s *seer) Prepare(c *container.Config, h *container.HostConfig) (*container.Config, *container.HostConfig, error) {
	return c, h, nil
}

func (s *seer) Watch(context.Context, string) (Watching, error) {
	if s.fail == nil {
		s.under++
	}
	return sight{s}, s.fail
}

func (s *seer) Own(string) bool { return false }

type sight struct{ *seer }

func (s sight) Phase(context.Context, observe.Phase) error { return s.fail }

func (s sight) Stop(context.Context) (observe.Observation, error) {
	s.under--
	return observe.Observation{Runs: 1}, s.fail
}

// begin has the copy of a step watched, where the watchman wants to.
func begin(t *testing.T, w *Watchman) *underWatch {
	t.Helper()
	u := w.reserve(t.Context(), trial.Step{Watch: true}, nil)
	u.watch(t.Context(), "copy")
	return u
}

func TestSeveralCopiesAreUnderWatchAndNotMore(t *testing.T) {
	s := &seer{}
	w := &Watchman{Observer: s, Most: 2, Note: func(line string) { t.Error(line) }}
	first, second := begin(t, w), begin(t, w)
	if more := begin(t, w); first == nil || second == nil || more != nil || s.under != 2 {
		t.Fatalf("%d are under watch; the third: %v", s.under, more)
	}
	if w.reserve(t.Context(), trial.Step{}, nil) != nil {
		t.Error("a copy is watched that did not ask for it")
	}
	if first.end(t.Context(), true) == nil {
		t.Error("nothing was seen")
	}
	third := begin(t, w)
	if third.end(t.Context(), true) == nil || second.end(t.Context(), true) == nil {
		t.Error("nothing was seen")
	}
	if s.under != 0 || w.watched != 0 {
		t.Errorf("%d are under watch still, %d are reserved", s.under, w.watched)
	}
}

// A watch that fails is said once; no copy is watched any more, and those that
// were are let go.
func TestAFailedWatchIsSaidOnce(t *testing.T) {
	s := &seer{}
	var said []string
	w := &Watchman{Observer: s, Most: 3, Note: func(line string) { said = append(said, line) }}
	first, second := begin(t, w), begin(t, w)
	s.fail = errors.New("the helper\x1b[2J is gone")
	third := begin(t, w)
	for _, u := range []*underWatch{first, second, third} {
		u.phase(t.Context(), observe.Ready)
		if u.end(t.Context(), true) != nil {
			t.Error("a watch that failed saw something")
		}
	}
	if diff := cmp.Diff([]string{"Copies are watched no more: the helper␛[2J is gone."}, said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	if s.under != 0 || w.watched != 0 || w.Failed() == nil || begin(t, w) != nil {
		t.Errorf("%d are under watch, %d are reserved, failed: %v", s.under, w.watched, w.Failed())
	}
}

// What was seen of a copy bears the names of the person's own volumes.
func TestMountsAreNamedAsThePersonsWorkloadNamesThem(t *testing.T) {
	anonymous := strings.Repeat("0f", 32)
	u := &underWatch{mounts: []string{"/.observer"}, original: []container.MountPoint{
		{Type: mount.TypeVolume, Name: "shop_data", Destination: "/data"}, {Type: mount.TypeVolume, Name: anonymous, Destination: "/cache"},
		{Type: mount.TypeBind, Source: "/srv/up", Destination: "/up"},
	}}
	got := u.theirs([]observe.Mount{
		{Point: "/", Kind: observe.RootMount}, {Point: "/data", Type: "ext4", Kind: observe.VolumeMount, Volume: "bulkhead-1-vol1"},
		{Point: "/cache", Kind: observe.VolumeMount, Volume: "bulkhead-1-vol2"}, {Point: "/up", Kind: observe.VolumeMount, Volume: "bulkhead-1-vol3"},
		{Point: "/added", Kind: observe.VolumeMount, Volume: "bulkhead-1-vol4"}, {Point: "/.observer", Kind: observe.VolumeMount, Volume: "bulkhead-trace-x"},
	})
	want := []observe.Mount{
		{Point: "/", Kind: observe.RootMount}, {Point: "/data", Type: "ext4", Kind: observe.VolumeMount, Volume: "shop_data"},
		{Point: "/cache", Kind: observe.VolumeMount}, {Point: "/up", Kind: observe.BindMount}, {Point: "/added", Kind: observe.VolumeMount},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
