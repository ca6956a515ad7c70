package health

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// What a search learns of a watched run: what it wrote in its root filesystem,
// and nothing of what it read, executed or wrote elsewhere.
func TestReduceKnowsWritesFromTheRest(t *testing.T) {
	o := observe.Observation{Runs: 1, Began: true, Files: []observe.File{
		{Path: "/etc/passwd", Kind: "file", Access: []observe.Access{observe.Read}},
		{Path: "/usr/bin/web", Kind: "file", Access: []observe.Access{observe.Executed, observe.Read}},
		{Path: "/usr/lib/libc.so", Kind: "file", Access: []observe.Access{observe.Mapped, observe.Read}},
		{Path: "/etc/lock", Kind: "file", Access: []observe.Access{observe.Locked, observe.Read}},
		{Path: "/run/web.pid", Kind: "file", Access: []observe.Access{observe.Created, observe.Written}},
		{Path: "/tmp/scratch", Kind: "file", Access: []observe.Access{observe.Created, observe.Removed}},
		{Path: "/data/table", Kind: "file", Access: []observe.Access{observe.Written}},
		{Path: "/datasheet", Kind: "file", Access: []observe.Access{observe.Changed}},
		{Path: "/dev/null", Kind: "character device", Access: []observe.Access{observe.Written}},
		{Path: "/proc/self/oom_score_adj", Access: []observe.Access{observe.Written}},
		{Path: "/pipe:[1]", Kind: "pipe", Access: []observe.Access{observe.Written}},
		{Path: "/var/refused", Refused: []string{"EROFS"}},
	}}
	got := Reduce(o, []string{"/data"})
	if diff := cmp.Diff([]string{"/datasheet", "/run/web.pid", "/tmp/scratch"}, got.Writes); diff != "" {
		t.Error(diff)
	}
	if !got.Whole {
		t.Error("nothing was lost")
	}
	if len(got.Denied) != 1 || got.Denied[0].Capability != 0 {
		t.Errorf("refused: %+v", got.Denied)
	}
}

// A run of which something was not seen is never taken for the whole.
func TestReduceKnowsWhenItIsNotWhole(t *testing.T) {
	for name, o := range map[string]observe.Observation{
		"events":    {Began: true, Lost: observe.Lost{Events: 1}},
		"paths":     {Began: true, Lost: observe.Lost{Paths: 1}},
		"a gap":     {Began: true, Unseen: []observe.Gap{{Aspect: observe.Beginning}}},
		"io_uring":  {Began: true, IOURing: true},
		"32-bit":    {Began: true, Compat: true},
		"a cut one": {Began: true, Files: []observe.File{{Path: "x", Cut: true, Access: []observe.Access{observe.Written}}}},
	} {
		if got := Reduce(o, nil); got == nil || got.Whole {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := Reduce(observe.Observation{}, nil); got != nil {
		t.Errorf("nothing is known of what never began: %+v", got)
	}
}

func TestReduceNamesWhatUsedACapability(t *testing.T) {
	set := inspect.ParseCaps([]string{"SETGID"})
	got := Reduce(observe.Observation{Began: true, Checks: []observe.Check{
		{Capability: "SETGID", Outcome: observe.Granted, Syscall: "setgroups", Executable: "/usr/sbin/gosu", Phase: observe.Restart},
		{Capability: "SETGID", Outcome: observe.Granted, Syscall: "setgid", Arguments: []uint64{33}, Executable: "/usr/sbin/gosu", Phase: observe.Start},
		{Capability: "KILL", Outcome: observe.Denied, Syscall: "kill", Arguments: []uint64{7, 15}, Executable: "/web", Phase: observe.Stop, Count: 5},
	}}, nil)
	if got.Caps() != set || got.Example(set) != "setgid(33) by gosu" || got.Example(inspect.AllCaps) != "" {
		t.Errorf("%+v", got)
	}
	want := []Denial{{inspect.ParseCaps([]string{"KILL"}), "KILL denied: web called kill(7, 15) as user 0."}}
	if diff := cmp.Diff(want, got.Denied); diff != "" {
		t.Error(diff)
	}
}
