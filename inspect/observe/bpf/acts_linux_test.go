package bpf

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect/observe"
)

// checked are the checks of a capability in an observation: outcome and call.
func checked(o observe.Observation, capability string) []string {
	var list []string
	for _, c := range o.Checks {
		if c.Capability == capability {
			list = append(list, string(c.Outcome)+" "+c.Syscall)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestCapabilitiesAreRecognised(t *testing.T) {
	for _, tt := range []struct{ act, capability, granted, denied string }{
		{"chown", "CHOWN", "granted fchownat", "denied fchownat"},
		{"setuid", "SETUID", "granted setuid", "denied setuid"},
		{"setgid", "SETGID", "granted setgid", "denied setgid"},
		{"setgroups", "SETGID", "granted setgroups", "denied setgroups"},
		{"sys_chroot", "SYS_CHROOT", "granted chroot", "denied chroot"},
		{"mknod", "MKNOD", "granted mknodat", "denied mknodat"},
		{"net_bind_service", "NET_BIND_SERVICE", "granted bind", "denied bind"},
		{"net_raw", "NET_RAW", "granted socket", "denied socket"},
		{"kill", "KILL", "granted kill", "denied kill"},
		{"fowner", "FOWNER", "granted fchmodat", "denied fchmodat"},
		{"fsetid", "FSETID", "granted fchmodat", "silent fchmodat"},
		{"dac_override", "DAC_OVERRIDE", "granted openat", "denied openat"},
		{"setpcap", "SETPCAP", "granted prctl", "denied prctl"},
		{"setfcap", "SETFCAP", "granted setxattr", "denied setxattr"},
	} {
		t.Run(tt.act, func(t *testing.T) {
			o, _ := observed(t, tt.act)
			if !slices.Contains(checked(o, tt.capability), tt.granted) {
				t.Errorf("holding it: %v", checked(o, tt.capability))
			}
			o, _ = observed(t, "-"+tt.capability, tt.act)
			got := checked(o, tt.capability)
			if !slices.Contains(got, tt.denied) || slices.Contains(got, tt.granted) {
				t.Errorf("without it: %v", got)
			}
		})
	}
}

// A capability that nothing asks for is not there.
func TestNothingNeedsNothing(t *testing.T) {
	o, _ := observed(t, "nothing")
	var got []string
	for _, c := range o.Checks {
		if c.Capability != "SYS_ADMIN" { // asked for by every mmap, see observe.Predict
			got = append(got, c.Capability+" "+c.Syscall)
		}
	}
	if len(got) > 0 || !o.Began {
		t.Errorf("checks %v, began %v", got, o.Began)
	}
}

// What a process may do in a user namespace of its own says nothing of the
// container's capabilities.
func TestANamespaceOfItsOwnDoesNotCount(t *testing.T) {
	o, _ := observed(t, "userns")
	for _, i := range o.Identities {
		if i.GID == 1033 {
			// Writing the namespace's maps needs it outside.
			if got := checked(o, "SETGID"); slices.Contains(got, "granted setgid") {
				t.Errorf("SETGID: %v", got)
			}
			return
		}
	}
	t.Errorf("the group was not set: %+v", o.Identities)
}

// accesses are the files below dir: path, access and what refused it.
func accesses(o observe.Observation, dir string) map[string]string {
	got := map[string]string{}
	for _, f := range o.Files {
		if rest, ok := strings.CutPrefix(f.Path, dir); ok {
			var words []string
			for _, a := range f.Access {
				words = append(words, string(a))
			}
			got[strings.TrimPrefix(rest, "/")] = strings.Join(append(words, f.Refused...), " ")
		}
	}
	return got
}

func TestFilesAreRecognised(t *testing.T) {
	for _, tt := range []struct {
		acts []string
		want map[string]string
	}{
		{[]string{"read"}, map[string]string{"f": "created read written"}},
		{[]string{"write"}, map[string]string{"f": "created written"}},
		{[]string{"write", "write"}, map[string]string{"f": "created written"}},
		{[]string{"create"}, map[string]string{"new": "created written"}},
		{[]string{"mkdir"}, map[string]string{"d": "created", "d/e": "created"}},
		{[]string{"rename"}, map[string]string{"old": "created removed written", "renamed": "created"}},
		{[]string{"unlink"}, map[string]string{"gone": "created removed written"}},
		{[]string{"symlink"}, map[string]string{"link": "created"}},
		{[]string{"through"}, map[string]string{"f": "created read written", "link": "created"}},
		{[]string{"truncate"}, map[string]string{"f": "created written"}},
		{[]string{"chown"}, map[string]string{"f": "changed created written"}},
		{[]string{"missing"}, map[string]string{}},
		{[]string{"pipe"}, map[string]string{}},
		{[]string{"beneath"}, map[string]string{"dir": "changed created read", "dir/inner": "created"}},
		{[]string{"chrooted"}, map[string]string{"jail": "created", "jail/cell": "created", "jail/f": "created written"}},
		{[]string{"-DAC_OVERRIDE", "dac_override"}, map[string]string{"f": "changed created written EACCES"}},
		{[]string{"-SYS_CHROOT", "sys_chroot"}, map[string]string{}},
		{[]string{"listen_unix"}, map[string]string{"sock": "created"}},
	} {
		t.Run(strings.Join(tt.acts, " "), func(t *testing.T) {
			o, dir := observed(t, tt.acts...)
			if diff := cmp.Diff(tt.want, accesses(o, dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A path with more names than are followed is said to be cut.
func TestADeepPathIsCut(t *testing.T) {
	o, _ := observed(t, "deep")
	i := slices.IndexFunc(o.Files, func(f observe.File) bool { return strings.HasSuffix(f.Path, "/deep/deep/f") })
	if i < 0 || !o.Files[i].Cut {
		t.Errorf("file %d of %+v", i, o.Files)
	}
}

func TestSocketsAreRecognised(t *testing.T) {
	for _, tt := range []struct {
		act  string
		want []string
	}{
		{"listen_tcp", []string{"bind inet  40404", "listen inet stream 40404", "socket inet stream 0"}},
		{"listen_unix", []string{"bind unix  0", "listen unix stream 0", "socket unix stream 0"}},
		{"connect", []string{"connect inet  5353", "socket inet dgram 0"}},
		{"netlink", []string{"socket netlink raw 0"}},
		{"net_raw", []string{"socket inet raw 0"}},
	} {
		t.Run(tt.act, func(t *testing.T) {
			o, _ := observed(t, tt.act)
			var got []string
			for _, s := range o.Sockets {
				got = append(got, strings.Join([]string{s.Operation, s.Family, s.Type, strconv.Itoa(int(s.Port))}, " "))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestARefusedSocketIsMarked(t *testing.T) {
	o, _ := observed(t, "-NET_BIND_SERVICE", "net_bind_service")
	i := slices.IndexFunc(o.Sockets, func(s observe.Socket) bool { return s.Operation == "bind" })
	if i < 0 || !o.Sockets[i].Refused || o.Sockets[i].Port != 81 {
		t.Errorf("%+v", o.Sockets)
	}
}

func TestExecutions(t *testing.T) {
	t.Run("a script", func(t *testing.T) {
		o, dir := observed(t, "script")
		i := slices.IndexFunc(o.Executions, func(x observe.Execution) bool { return x.Named == filepath.Join(dir, "script.sh") })
		if i < 0 || !strings.HasSuffix(o.Executions[i].Path, ".test") {
			t.Errorf("%+v", o.Executions)
		}
	})
	t.Run("a setuid program", func(t *testing.T) {
		o, dir := observed(t, "setuid_x")
		i := slices.IndexFunc(o.Executions, func(x observe.Execution) bool { return x.Path == filepath.Join(dir, "setuid") })
		if i < 0 || o.Executions[i].UID != 0 || o.Executions[i].From != 33 {
			t.Errorf("%+v", o.Executions)
		}
	})
	t.Run("from a further thread", func(t *testing.T) {
		o, dir := observed(t, "thread_x")
		if got := accesses(o, dir); got["d/e"] != "created" {
			t.Errorf("what the new program did was not seen: %v", got)
		}
	})
}

func TestIdentitiesAndSignals(t *testing.T) {
	o, _ := observed(t, "signal", "setgid", "setuid")
	want := observe.Identity{UID: 33, GID: 33, Phase: observe.Start, Count: 1}
	if !slices.ContainsFunc(o.Identities, func(i observe.Identity) bool { i.Executable = ""; return i == want }) {
		t.Errorf("identities: %+v", o.Identities)
	}
	if !slices.ContainsFunc(o.Signals, func(s observe.Signal) bool { return s.Number == 23 }) {
		t.Errorf("signals: %+v", o.Signals)
	}
}

func TestThirtyTwoBitCallsAreToldApart(t *testing.T) {
	o, _ := observed(t, "compat")
	if !o.Compat {
		t.Error("they were not seen")
	}
	want := observe.Syscall{Name: "exit", Phase: observe.Start, Compat: true, Count: 1}
	if !slices.Contains(o.Syscalls, want) {
		t.Errorf("exit(0) is not among %+v", o.Syscalls)
	}
}

func TestIOUringIsSaid(t *testing.T) {
	o, _ := observed(t, "io_uring")
	if !o.IOURing {
		t.Error("its set-up was not noticed")
	}
	if o, _ = observed(t, "nothing"); o.IOURing || o.Compat {
		t.Error("it was noticed where there was none")
	}
}
