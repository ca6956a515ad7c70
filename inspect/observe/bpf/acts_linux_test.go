package bpf

import (
	"slices"
	"strings"
	"testing"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/act/expect"
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

// What does not need capability checks is expected of every observer.
func TestActsAreRecognised(t *testing.T) { expect.Acts(t, observed) }

// A path with more names than are followed is said to be cut.
func TestADeepPathIsCut(t *testing.T) {
	o, _ := observed(t, "deep")
	i := slices.IndexFunc(o.Files, func(f observe.File) bool { return strings.HasSuffix(f.Path, "/deep/deep/f") })
	if i < 0 || !o.Files[i].Cut {
		t.Errorf("file %d of %+v", i, o.Files)
	}
}
