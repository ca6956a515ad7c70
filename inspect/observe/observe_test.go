package observe

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bulkhead/inspect"
)

func granted(capability, syscall string) Check {
	return Check{Capability: capability, Outcome: Granted, Syscall: syscall, Executable: "/bin/app", Phase: Start, Count: 1}
}

func denied(capability, syscall string) Check {
	c := granted(capability, syscall)
	c.Outcome = Denied
	return c
}

func TestPredict(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		o                    Observation
		needed, soft, denied string
	}{
		{"granted", Observation{Checks: []Check{granted("SETUID", "setuid"), granted("CHOWN", "chown"), granted("CHOWN", "fchown")}}, "CHOWN SETUID", "none", "none"},
		{"denied", Observation{Checks: []Check{denied("SETGID", "setgid")}}, "none", "none", "SETGID"},
		{"SETPCAP in capset alone", Observation{Checks: []Check{granted("SETPCAP", "capset")}}, "none", "none", "none"},
		{"SETPCAP elsewhere", Observation{Checks: []Check{granted("SETPCAP", "capset"), granted("SETPCAP", "prctl")}}, "SETPCAP", "none", "none"},
		{"FSETID", Observation{Checks: []Check{granted("FSETID", "chmod")}}, "none", "FSETID", "none"},
		{"FSETID that was missed", Observation{Checks: []Check{{Capability: "FSETID", Outcome: Silent, Syscall: "chmod"}}}, "none", "FSETID", "none"},
		{"SYS_ADMIN for memory", Observation{Checks: []Check{granted("SYS_ADMIN", "mmap"), granted("SYS_ADMIN", "")}}, "none", "none", "none"},
		{"SYS_ADMIN for more", Observation{Checks: []Check{granted("SYS_ADMIN", "mount")}}, "SYS_ADMIN", "none", "none"},
		{"a file that demands it", Observation{FileCaps: []FileCap{{Path: "/bin/ping", Caps: inspect.ParseCaps([]string{"NET_RAW"}), Effective: true}}}, "NET_RAW", "none", "none"},
		{"a file that would take it", Observation{FileCaps: []FileCap{{Path: "/bin/x", Caps: inspect.ParseCaps([]string{"NET_RAW"})}}}, "none", "none", "none"},
		{"a capability without a name", Observation{Checks: []Check{granted("CAP_60", "open")}}, "CAP_60", "none", "none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := Predict(tt.o)
			got := []string{p.Caps().String(), union(p.Soft).String(), union(p.Denied).String()}
			if diff := cmp.Diff([]string{tt.needed, tt.soft, tt.denied}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What was not watched is a doubt; an empty observation is not a clean one.
func TestDoubts(t *testing.T) {
	complete := Observation{Began: true}
	if got := Predict(complete).Doubts; len(got) > 0 {
		t.Errorf("doubts: %v", got)
	}
	for name, change := range map[string]func(*Observation){
		"never began":     func(o *Observation) { o.Began = false },
		"no capabilities": func(o *Observation) { o.Unseen = []Gap{{Capabilities, "no tracepoint"}} },
		"lost checks":     func(o *Observation) { o.Lost.Checks = 1 },
		"lost tasks":      func(o *Observation) { o.Lost.Tasks = 1 },
		"io_uring":        func(o *Observation) { o.IOURing = true },
	} {
		o := complete
		change(&o)
		if got := Predict(o).Doubts; len(got) != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestExplain(t *testing.T) {
	o := Observation{
		Checks: []Check{
			{Capability: "KILL", Outcome: Denied, Syscall: "kill", Executable: "/usr/sbin/nginx", Phase: Stop, Count: 2, Arguments: []uint64{1<<64 - 7, 15, 0}},
			{Capability: "SETGID", Outcome: Denied, Syscall: "setgid", Executable: "/usr/sbin/nginx", Phase: Start, Count: 1, Arguments: []uint64{33, 0, 0}},
			{Capability: "CHOWN", Outcome: Denied, Syscall: "fchownat", Phase: Exercise, UID: 5, Count: 1},
			{Capability: "NET_RAW", Outcome: Denied, Syscall: "socket", Executable: "/bin/\x1b[2J", Phase: Exercise, Count: 1},
			granted("SETUID", "setuid"), denied("SETPCAP", "capset"),
		},
		Files: []File{{Path: "/run/nginx.pid", Refused: []string{"EROFS"}}, {Path: "/etc/passwd", Access: []Access{Read}}},
	}
	want := []string{
		"SETGID denied: nginx called setgid(33) as user 0.",
		"CHOWN denied: A process called fchownat as user 5.",
		"NET_RAW denied: ␛[2J called socket as user 0.",
		"KILL denied: nginx called kill(-7, 15) as user 0, 2 times.",
		"/run/nginx.pid: the filesystem is read-only (EROFS).",
	}
	if diff := cmp.Diff(want, Explain(o)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMerge(t *testing.T) {
	one := Observation{
		Runs: 1, Arch: "amd64", Kernel: "6.1", Began: true, Checks: []Check{granted("CHOWN", "chown")},
		Syscalls: []Syscall{{Name: "read", Phase: Start, Count: 2}},
		Files:    []File{{Path: "/f", Access: []Access{Read}, Phases: []Phase{Stop}, Named: true}},
		Lost:     Lost{Events: 1}, Unseen: []Gap{{Beginning, "late"}},
	}
	two := Observation{
		Runs: 1, Arch: "amd64", Kernel: "6.12", IOURing: true, Live: true, Checks: []Check{granted("CHOWN", "chown"), granted("KILL", "kill")},
		Syscalls: []Syscall{{Name: "read", Phase: Start, Count: 3, Denied: 1}, {Name: "read", Phase: Stop, Count: 1}},
		Files:    []File{{Path: "/f", Kind: "file", Access: []Access{Created, Read}, Phases: []Phase{Start}}},
		Lost:     Lost{Events: 2}, Unseen: []Gap{{Beginning, "late"}},
	}
	chown := granted("CHOWN", "chown")
	chown.Count = 2
	want := Observation{
		Runs: 2, Arch: "amd64", Kernel: "6.1, 6.12", Began: true, IOURing: true, Checks: []Check{chown, granted("KILL", "kill")},
		Syscalls: []Syscall{{Name: "read", Phase: Start, Count: 5, Denied: 1}, {Name: "read", Phase: Stop, Count: 1}},
		Files:    []File{{Path: "/f", Kind: "file", Access: []Access{Created, Read}, Phases: []Phase{Start, Stop}}},
		Lost:     Lost{Events: 3}, Unseen: []Gap{{Beginning, "late"}},
	}
	if diff := cmp.Diff(want.Sorted(), Merge(one, two)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Access{Read}, one.Files[0].Access); diff != "" {
		t.Errorf("merging changed what was merged:\n%s", diff)
	}
	if diff := cmp.Diff(Merge(one, two), Merge(Merge(one), two)); diff != "" {
		t.Errorf("merging in steps differs:\n%s", diff)
	}
}

func TestARunFromItsBeginningMakesUpForALaterOne(t *testing.T) {
	live := Observation{Runs: 1, Began: true, Live: true, Unseen: []Gap{{Beginning, "it ran already"}, {Capabilities, "no tracepoint"}}}
	whole := Observation{Runs: 1, Began: true}
	for _, tt := range []struct {
		name string
		list []Observation
		want []Gap
	}{
		{"two late ones", []Observation{live, live}, live.Unseen},
		{"one late", []Observation{live, whole}, live.Unseen[1:]},
		{"in steps", []Observation{Merge(whole, live), live}, live.Unseen[1:]},
		{"nothing of a run", []Observation{live, {Began: true}}, live.Unseen},
		{"never begun", []Observation{live, {Runs: 1}}, live.Unseen},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Merge(tt.list...).Unseen, cmpopts.SortSlices(func(a, b Gap) bool { return a.Aspect < b.Aspect })); diff != "" {
				t.Errorf("not seen (-want +got):\n%s", diff)
			}
		})
	}
}

func calling(names ...string) Observation {
	var o Observation
	for _, n := range names {
		o.Syscalls = append(o.Syscalls, Syscall{Name: n, Phase: Start, Count: 1})
	}
	return o
}

func TestSaturation(t *testing.T) {
	for _, tt := range []struct {
		name string
		runs []Observation
		want Estimate
	}{
		{"no run", nil, Estimate{New: []int{}}},
		{"one run says nothing of the next", []Observation{calling("read", "open")}, Estimate{Runs: 1, New: []int{2}, Seen: 2, Once: 2}},
		{"all the same", []Observation{calling("read"), calling("read"), calling("read")},
			Estimate{Runs: 3, New: []int{1, 0, 0}, Seen: 1, Known: true}},
		// Once b, c and d, twice read, of two runs: ½ · 3·2 / (2·2).
		{"levelling off", []Observation{calling("read", "b"), calling("read", "c", "d", "d")},
			Estimate{Runs: 2, New: []int{2, 2}, Seen: 4, Once: 3, Next: 1.5, Unseen: 0.75, Known: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Saturate(tt.runs).Syscalls); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSortedWritesListsAndNeverNull(t *testing.T) {
	data, err := json.Marshal(Observation{}.Sorted())
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	for name, value := range fields {
		if value == nil {
			t.Errorf("%s is null", name)
		}
	}
}

func TestCallsWith(t *testing.T) {
	socket := func(phase Phase, family uint64, count uint64) Arguments {
		return Arguments{Syscall: "socket", Phase: phase, Values: []Argument{{Index: 0, Value: family}}, Count: count}
	}
	o := Observation{Arguments: []Arguments{
		socket(Runtime, 16, 1), socket(Start, 1, 2), socket(Stop, 1, 3), socket(Start, 2, 1),
		{Syscall: "ioctl", Phase: Runtime, Count: 1, Any: true}, {Syscall: "prctl", Phase: Start, Count: 1, Any: true},
	}}
	list, whole := o.CallsWith("socket")
	if diff := cmp.Diff([]Arguments{socket("", 1, 5), socket("", 2, 1)}, list); diff != "" || !whole {
		t.Errorf("whole: %v (-want +got):\n%s", whole, diff)
	}
	if list, whole := o.CallsWith("prctl"); whole || len(list) > 0 {
		t.Errorf("of unknown values: %v, whole: %v", list, whole)
	}
	// What the runtime does before the profile holds is no matter of it.
	if _, whole := o.CallsWith("ioctl"); !whole {
		t.Error("the runtime's own calls count")
	}
	merged := Merge(o, o)
	if list, _ := merged.CallsWith("socket"); len(list) != 2 || list[0].Count != 10 {
		t.Errorf("merged: %+v", list)
	}
}

func TestWithMounts(t *testing.T) {
	o := Observation{
		Mounts: []Mount{{Point: "/", Type: "overlay"}, {Point: "/proc", Type: "proc"}, {Point: "/data", Type: "ext4"}, {Point: "/mnt", Type: "tmpfs"}},
		Files: []File{
			{Path: "/data/x", Mount: "/data"}, {Path: "/data/sub/y", Named: true, Mount: "/"}, {Path: "/database", Named: true},
			{Path: "/etc/hosts", Mount: "/etc/hosts"}, {Path: "/tail", Cut: true},
		},
	}.WithMounts(Mount{Point: "/data", Kind: VolumeMount, Volume: "db"}, Mount{Point: "/etc/hosts"})
	want := map[string]string{"/data/x": "/data", "/data/sub/y": "/data", "/database": "/", "/etc/hosts": "/etc/hosts", "/tail": ""}
	got := map[string]string{}
	for _, f := range o.Files {
		got[f.Path] = f.Mount
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	mounts := []Mount{
		{Point: "/", Type: "overlay", Kind: RootMount}, {Point: "/data", Type: "ext4", Kind: VolumeMount, Volume: "db"},
		{Point: "/etc/hosts", Kind: EngineMount}, {Point: "/mnt", Type: "tmpfs", Kind: OtherMount}, {Point: "/proc", Type: "proc", Kind: EngineMount},
	}
	if diff := cmp.Diff(mounts, o.Mounts); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(o, o.WithMounts()); diff != "" {
		t.Errorf("a second time something changes:\n%s", diff)
	}
}

// What two runs knew of the same things comes together, and neither is changed.
func TestMergeOfFilesMountsAndPeaks(t *testing.T) {
	root := &Owner{Mode: 0o755}
	one := Observation{
		Files:  []File{{Path: "/f", Access: []Access{Created}, Writers: []uint32{33}, Named: true}},
		Mounts: []Mount{{Point: "/data", Kind: VolumeMount, Volume: "db"}, {Point: "/x", Type: "tmpfs", Kind: OtherMount}},
		Peaks:  Peaks{Memory: 5, Processes: 1, CPUs: 0.5}, Lost: Lost{Addresses: 1},
	}
	two := Observation{
		Files:  []File{{Path: "/f", Access: []Access{Locked}, Writers: []uint32{0, 33}, Mount: "/", Directory: root}},
		Mounts: []Mount{{Point: "/data", Type: "ext4", NoExec: true, Kind: OtherMount}, {Point: "/x", Type: "tmpfs", Kind: TmpfsMount}},
		Peaks:  Peaks{Memory: 4, Processes: 3, OpenFiles: 9}, Lost: Lost{Addresses: 2},
	}
	got := Merge(one, two)
	if diff := cmp.Diff([]File{{Path: "/f", Access: []Access{Created, Locked}, Writers: []uint32{0, 33}, Mount: "/", Directory: root}}, got.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Mount{{Point: "/data", Type: "ext4", NoExec: true, Kind: VolumeMount, Volume: "db"}, {Point: "/x", Type: "tmpfs", Kind: TmpfsMount}}, got.Mounts); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Peaks{Memory: 5, Processes: 3, OpenFiles: 9, CPUs: 0.5}, got.Peaks); diff != "" || got.Lost.Addresses != 3 {
		t.Errorf("lost %+v, peaks (-want +got):\n%s", got.Lost, diff)
	}
	if diff := cmp.Diff([]uint32{33}, one.Files[0].Writers); diff != "" {
		t.Errorf("merging changed what was merged:\n%s", diff)
	}
}
