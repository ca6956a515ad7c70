package workbench

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

func TestBeforePlan(t *testing.T) {
	socket := inspect.Mount{Type: inspect.BindMount, Source: "/run/docker.sock", Target: "/run/docker.sock"}
	data := inspect.Mount{Type: inspect.VolumeMount, Source: "data", Target: "/data"}
	then := inspect.Settings{User: "root", Mounts: []inspect.Mount{socket, data}}
	plan := fix.NewPlan(
		inspect.Change{Dial: inspect.DialUser, User: "101"},
		inspect.Change{Dial: inspect.DialReadOnlyMount, Path: "/data"},
		inspect.Change{Dial: inspect.DialRemoveMount, Path: "/run/docker.sock"},
		inspect.Change{Dial: inspect.DialVolume, Path: "/cache"},
	)
	planned := fix.Apply(then, plan)
	with := func(change func(*inspect.Settings)) inspect.Settings {
		s := planned.Clone()
		change(&s)
		return s
	}
	user, mounts := "The user has changed since the trials.", "The mounts have changed since the trials."
	for name, tt := range map[string]struct {
		now    inspect.Settings
		proved bool
		want   []string
	}{
		"not written yet":     {then, true, nil},
		"written":             {planned, true, nil},
		"written, not proved": {planned, false, []string{user, mounts}},
		"another user":        {with(func(s *inspect.Settings) { s.User = "102" }), true, []string{user}},
		"another volume":      {with(func(s *inspect.Settings) { s.Mounts[0].Source = "other" }), true, []string{mounts}},
		"the volume went":     {with(func(s *inspect.Settings) { s.Mounts = s.Mounts[1:] }), true, []string{mounts}},
		"a further mount": {with(func(s *inspect.Settings) {
			s.Mounts = append(s.Mounts, inspect.Mount{Type: inspect.BindMount, Source: "/etc", Target: "/host"})
		}), true, []string{mounts}},
		"only the user so far": {with(func(s *inspect.Settings) { s.Mounts = then.Mounts }), true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := trial.Result{Facts: trial.Facts{User: then.User, Mounts: mountLines(then.Mounts)}, Proved: tt.proved, Plan: plan}
			now := trial.Facts{User: tt.now.User, Mounts: mountLines(tt.now.Mounts)}
			if diff := cmp.Diff(tt.want, r.Stale(beforePlan(now, tt.now, r))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
