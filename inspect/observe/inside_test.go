package observe

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
)

func TestInside(t *testing.T) {
	of := func(uid, gid uint32) Observation {
		return Observation{
			Checks:     []Check{{Capability: "CHOWN", UID: uid}},
			Executions: []Execution{{Path: "/bin/sh", UID: uid, From: uid}},
			Identities: []Identity{{Executable: "/bin/sh", UID: uid, GID: gid}},
			Files:      []File{{Path: "/data", Owner: &Owner{UID: uid, GID: gid}, Directory: &Owner{UID: uid, GID: gid}, Writers: []uint32{uid}}},
		}.Sorted()
	}
	seen := of(100033, 200034)
	if diff := cmp.Diff(of(33, 34), seen.Inside(inspect.Remap{UID: 100000, GID: 200000})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(of(100033, 200034), seen); diff != "" {
		t.Errorf("what was seen is changed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(seen, seen.Inside(inspect.Remap{})); diff != "" {
		t.Errorf("nobody is remapped (-want +got):\n%s", diff)
	}
}
