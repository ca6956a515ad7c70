package observe

import (
	"slices"

	"bulkhead/inspect"
)

// Inside makes the user and group IDs, which are the host's, those of a container
// whose users are remapped.
func (o Observation) Inside(m inspect.Remap) Observation {
	if m.None() {
		return o
	}
	user := func(id *uint32) { *id = uint32(m.User(int(*id))) }
	group := func(id *uint32) { *id = uint32(m.Group(int(*id))) }
	owner := func(at *Owner) *Owner {
		if at == nil {
			return nil
		}
		in := *at
		user(&in.UID)
		group(&in.GID)
		return &in
	}
	o.Checks, o.Executions, o.Identities, o.Files = slices.Clone(o.Checks), slices.Clone(o.Executions), slices.Clone(o.Identities), slices.Clone(o.Files)
	for i := range o.Checks {
		user(&o.Checks[i].UID)
	}
	for i := range o.Executions {
		user(&o.Executions[i].UID)
		user(&o.Executions[i].From)
	}
	for i := range o.Identities {
		user(&o.Identities[i].UID)
		group(&o.Identities[i].GID)
	}
	for i := range o.Files {
		f := &o.Files[i]
		f.Owner, f.Directory, f.Writers = owner(f.Owner), owner(f.Directory), slices.Clone(f.Writers)
		for j := range f.Writers {
			user(&f.Writers[j])
		}
	}
	return o.Sorted()
}
