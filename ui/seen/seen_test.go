package seen

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect/observe"
	"bulkhead/ui/workbench"
)

func section(t *testing.T, a Account, title string) Section {
	t.Helper()
	for _, s := range a.Sections {
		if s.Title == title {
			return s
		}
	}
	t.Fatalf("there is no section %q", title)
	return Section{}
}

// What differs only in its phase is said once, and what it was, in words.
func TestAnAccountSaysEachThingOnce(t *testing.T) {
	o := observe.Observation{
		Runs: 1, Began: true, Kernel: "6.12",
		Checks: []observe.Check{
			{Capability: "SETGID", Outcome: observe.Granted, Syscall: "setgid", Arguments: []uint64{33}, Executable: "/usr/sbin/gosu", Phase: observe.Start},
			{Capability: "SETGID", Outcome: observe.Granted, Syscall: "setgid", Arguments: []uint64{33}, Executable: "/usr/sbin/gosu", Phase: observe.Restart},
			{Capability: "SETGID", Outcome: observe.Granted, Syscall: "setgroups", Executable: "/usr/sbin/gosu", Phase: observe.Start},
			{Capability: "FSETID", Outcome: observe.Silent, Syscall: "chmod", Executable: "/bin/chmod", Phase: observe.Start},
		},
		Executions: []observe.Execution{
			{Named: "/bin/su", UID: 0, From: 33, Phase: observe.Start, Count: 1}, {Named: "/bin/su", UID: 0, From: 33, Phase: observe.Restart, Count: 1},
		},
		Files:   []observe.File{{Path: "/etc/passwd", Access: []observe.Access{observe.Read}}, {Path: "/run/\x1b[2Jx", Access: []observe.Access{observe.Created, observe.Read}}},
		Sockets: []observe.Socket{{Operation: "listen", Family: "inet", Type: "stream", Port: 80, Executable: "/a/x"}, {Operation: "listen", Family: "inet", Type: "stream", Port: 80, Executable: "/a/y"}},
	}
	a := Of(workbench.Observed{Observation: o, Length: 3 * time.Second, Saturation: &observe.Saturation{}})
	for title, want := range map[string][]string{
		"capabilities": {"SETGID: gosu called setgid(33), setgroups"},
		"programs":     {"/bin/su as user 0, 2 times, executed by user 33: its file changes the user"},
		"sockets":      {"listen inet stream port 80 by x, y"},
		"refused":      nil,
	} {
		if diff := cmp.Diff(want, section(t, a, title).Lines); diff != "" {
			t.Errorf("%s: %s", title, diff)
		}
	}
	if got := section(t, a, "writes").Lines; len(got) != 1 || strings.ContainsRune(got[0], '\x1b') {
		t.Errorf("writes: %q", got)
	}
	if got := section(t, a, "refused"); got.Word != "none seen" || got.Grave {
		t.Errorf("nothing was refused: %+v", got)
	}
	if !strings.Contains(a.Source, "one run of a copy") || !strings.Contains(strings.Join(a.Enough, " "), "One run does not tell") {
		t.Errorf("%q %q", a.Source, a.Enough)
	}
}

// What could not be seen is never passed over.
func TestAnAccountSaysWhatMayBeMissing(t *testing.T) {
	for name, o := range map[string]observe.Observation{
		"lost":        {Began: true, Lost: observe.Lost{Events: 3}},
		"32-bit":      {Began: true, Compat: true},
		"io_uring":    {Began: true, IOURing: true},
		"cut":         {Began: true, Files: []observe.File{{Path: "x", Cut: true}}},
		"never began": {},
		"a gap":       {Began: true, Unseen: []observe.Gap{{Aspect: observe.Capabilities, Reason: "no tracepoint"}}},
	} {
		if s := section(t, Of(workbench.Observed{Observation: o}), "may be missing"); len(s.Lines) != 1 || !s.Grave {
			t.Errorf("%s: %+v", name, s)
		}
	}
	for _, s := range Of(workbench.Observed{Observation: observe.Observation{Began: true}}).Sections {
		if s.Title == "may be missing" {
			t.Errorf("nothing is missing: %q", s.Lines)
		}
	}
}

func TestWhatWasWatchedIsSaid(t *testing.T) {
	for want, w := range map[string]workbench.Observed{
		"Observed in one run of a copy, in 3 s":                                                                         {Observation: observe.Observation{Runs: 1}},
		"Observed in 2 runs of copies, the last in 3 s":                                                                 {Observation: observe.Observation{Runs: 2}},
		"Observed in the running container itself, for 3 s":                                                             {Observation: observe.Observation{Runs: 1}, Live: true, LiveRuns: 1},
		"Observed in 2 runs of the running container, the last for 3 s":                                                 {Observation: observe.Observation{Runs: 2}, Live: true, LiveRuns: 2},
		"Observed in 3 runs, 2 of copies and 1 of the running container, the last of a copy in 3 s":                     {Observation: observe.Observation{Runs: 3}, LiveRuns: 1},
		"Observed in 3 runs, 1 of copies and 2 of the running container, the last of the latter for 3 s, on Linux 6.1.": {Observation: observe.Observation{Runs: 3, Kernel: "6.1"}, Live: true, LiveRuns: 2},
	} {
		w.Length = 3 * time.Second
		if got := Of(w).Source; !strings.HasPrefix(got, want) {
			t.Errorf("it says %q, not %q", got, want)
		}
	}
}

func TestWhetherItWasLongEnough(t *testing.T) {
	o := observe.Observation{Began: true, Runs: 2, Curve: []observe.Moment{{Syscalls: 10}, {Syscalls: 20, Paths: 1}, {Syscalls: 20, Paths: 1}, {Syscalls: 21, Paths: 2}}}
	s := observe.Saturation{
		Syscalls: observe.Estimate{New: []int{20, 1}, Next: 0.5, Known: true}, Capabilities: observe.Estimate{New: []int{2, 0}, Known: true},
		Paths: observe.Estimate{New: []int{4, 1}, Next: 2, Unseen: 3.6, Known: true},
	}
	a := Of(workbench.Observed{Observation: o, Saturation: &s})
	if diff := cmp.Diff([]int{10, 11, 0, 2}, a.Curve); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{26, 2}, a.Runs); diff != "" {
		t.Error(diff)
	}
	said := strings.Join(a.Enough, "\n")
	for _, want := range []string{"showed 2 things that the first had not", "1 system call, 0 uses of capabilities and 1 path", "0.5 more system calls, 0.0 uses of capabilities and 2.0 paths", "At least 4"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q: %s", want, said)
		}
	}
}

// What is foretold, what ran and what profiles filter by have sections of their
// own, and no control sequence comes through.
func TestWhatIsForetold(t *testing.T) {
	o := observe.Observation{
		Runs: 1, Began: true,
		Files: []observe.File{
			{Path: "/lib/\x1b[2Jx.so", Access: []observe.Access{observe.Mapped, observe.Read}},
			{Path: "/run/x.pid", Access: []observe.Access{observe.Created}, Directory: &observe.Owner{Mode: 0o755}},
		},
		Arguments: []observe.Arguments{
			{Syscall: "socket", Phase: observe.Start, Count: 1, Values: []observe.Argument{{Value: 1}, {Index: 1, Value: 1}, {Index: 2}}},
			{Syscall: "ioctl", Phase: observe.Start, Count: 1, Any: true}, {Syscall: "prctl", Phase: observe.Runtime, Count: 1},
		},
		Sockets: []observe.Socket{
			{Operation: "connect", Family: "unix", Address: "/run/\x1b.sock", Executable: "/x"},
			{Operation: "listen", Family: "inet", Type: "stream", Port: 80, Scope: observe.Loopback, Executable: "/x"},
		},
		Peaks: observe.Peaks{Processes: 3},
	}
	a := Of(workbench.Observed{Observation: o})
	for title, want := range map[string][]string{
		"foretold": {
			"writes to /run: a tmpfs would do (mode=755)", "user: none was seen",
			"no-new-privileges: nobody was seen to gain privileges by executing a program", "limits, from the peaks with headroom: 32 processes",
		},
		"code":            {"/lib/␛[2Jx.so: mapped"},
		"values of calls": {"ioctl: values that are not known", "socket: unix stream 0"},
		"sockets":         {"connect unix /run/␛.sock by x", "listen inet stream port 80 on loopback by x"},
		"writes":          {"/run/x.pid: created"},
	} {
		if diff := cmp.Diff(want, section(t, a, title).Lines); diff != "" {
			t.Errorf("%s: %s", title, diff)
		}
	}
}

// What could not be watched is never said to be absent.
func TestWhatWasNotWatchedIsNotNone(t *testing.T) {
	for aspect, want := range map[observe.Aspect][]string{
		observe.Capabilities: {"not watched", "none seen"}, observe.Details: {"none seen", "not watched"}, observe.Others: {"none seen", "none seen"},
	} {
		a := Of(workbench.Observed{Observation: observe.Observation{Unseen: []observe.Gap{{Aspect: aspect, Reason: "x"}}}})
		if got := []string{section(t, a, "capabilities").Word, section(t, a, "sockets").Word}; got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%s: %v", aspect, got)
		}
	}
}
