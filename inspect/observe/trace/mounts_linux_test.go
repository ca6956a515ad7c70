package trace

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect/observe"
)

// mountinfo is of a container of Docker Engine 20.10.24 on Linux 6.18, shortened.
const mountinfo = `1262 1071 0:164 / / ro,relatime master:461 - overlay overlay rw,lowerdir=/x - y,upperdir=/z
1263 1262 0:167 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
1264 1262 0:168 / /a\040b rw shared:1 - tmpfs tmpfs rw,size=65536k
1265 1262 254:1 /x /data rw - ext4 /dev/vda rw
1266 1265 0:170 / /data rw,noexec - tmpfs tmpfs rw
no mount
1 2 3 4 relative rw - tmpfs
`

func TestParseMounts(t *testing.T) {
	got := parseMounts(mountinfo)
	slices.SortFunc(got, func(a, b observe.Mount) int { return strings.Compare(a.Point, b.Point) })
	want := []observe.Mount{
		{Point: "/", Type: "overlay", ReadOnly: true},
		{Point: "/a b", Type: "tmpfs"},
		{Point: "/data", Type: "tmpfs", NoExec: true},
		{Point: "/proc", Type: "proc", NoExec: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParseMounts(f *testing.F) {
	f.Add(mountinfo)
	f.Add("1 2 3 4 /\\777\\04 rw - x")
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range parseMounts(text) {
			if !strings.HasPrefix(m.Point, "/") {
				t.Errorf("%q", m.Point)
			}
		}
	})
}

func TestScopeOfTheKernelsTables(t *testing.T) {
	for text, want := range map[string]observe.Scope{
		"00000000": observe.Anywhere, "0100007F": observe.Loopback, "0100A8C0": observe.Beyond,
		"00000000000000000000000000000000": observe.Anywhere, "00000000000000000000000001000000": observe.Loopback,
		"0000000000000000FFFF00000100007F": observe.Loopback,
		"":                                 "", "xyz": "", "0100": "",
	} {
		if got := scope(text); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}
