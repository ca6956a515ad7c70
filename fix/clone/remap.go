package clone

import (
	"archive/tar"

	"bulkhead/inspect"
)

// remap is whom root in a container is on the host, where the engine remaps
// users. What it gives out of a container's files then bears the owners that they
// have on the host, and what it takes the ones inside (seen on 20.10.24), as
// plans do.
type remap struct{ uid, gid int }

func remapOf(host inspect.Host) remap { return remap{host.RemapUID, host.RemapGID} }

const (
	// remapSize is how many IDs the engine maps: what useradd gives a user
	// (subuid(5), login.defs(5): SUB_UID_COUNT).
	remapSize = 65536
	// overflow is whom the kernel shows where an owner is not mapped
	// (user_namespaces(7)).
	overflow = 65534
)

// inside gives an entry of an archive the owner that it has in the container.
func (m remap) inside(h *tar.Header) {
	h.Uid, h.Gid = insideOf(m.uid, h.Uid), insideOf(m.gid, h.Gid)
}

func insideOf(root, id int) int {
	switch {
	case root == 0:
		return id
	case id < root || id >= root+remapSize:
		return overflow
	}
	return id - root
}
