package inspect

import "cmp"

// Settings compare equal only where their lists stand in one order. Compare is
// that order, for whoever reads Settings from somewhere.

// Compare orders by path.
func (t Tmpfs) Compare(o Tmpfs) int {
	return cmp.Or(cmp.Compare(t.Path, o.Path), cmp.Compare(t.Options, o.Options))
}

// Compare orders by target.
func (m Mount) Compare(o Mount) int {
	return cmp.Or(cmp.Compare(m.Target, o.Target), cmp.Compare(m.Source, o.Source))
}

// Compare orders by the path in the container.
func (d Device) Compare(o Device) int {
	return cmp.Or(cmp.Compare(d.Container, o.Container), cmp.Compare(d.Host, o.Host))
}

// Compare orders by the container's side, then by the host's.
func (p Port) Compare(o Port) int {
	return cmp.Or(cmp.Compare(p.Container, o.Container), cmp.Compare(p.Protocol, o.Protocol),
		cmp.Compare(p.HostIP, o.HostIP), cmp.Compare(p.HostPort, o.HostPort))
}
