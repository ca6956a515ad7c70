package inspect

// Remap is whom root in a container is on the host, where an engine remaps users
// (userns-remap); the zero value remaps nobody. What such an engine gives out of
// a container's files bears the owners that they have on the host, and what it
// takes is to have the ones inside (seen on 20.10.24), as images and plans do.
type Remap struct {
	UID int `json:"uid"`
	GID int `json:"gid"`
}

// None says that nobody is remapped, or that it is not known to whom.
func (m Remap) None() bool { return m == Remap{} }

const (
	// remapSize is how many IDs an engine maps: what useradd gives a user
	// (subuid(5), login.defs(5): SUB_UID_COUNT).
	remapSize = 65536
	// overflowID is whom the kernel shows where an owner is not mapped
	// (user_namespaces(7)).
	overflowID = 65534
)

// User is who a user of the host is in a container.
func (m Remap) User(id int) int { return inside(m.UID, id) }

// Group is what a group of the host is in a container.
func (m Remap) Group(id int) int { return inside(m.GID, id) }

func inside(root, id int) int {
	switch {
	case root == 0:
		return id
	case id < root || id >= root+remapSize:
		return overflowID
	}
	return id - root
}
