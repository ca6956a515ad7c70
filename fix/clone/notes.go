package clone

import (
	"fmt"
	"slices"
)

// Notes say what the copies do not share with the original, and how they are
// isolated.
func (s *Session) Notes() []string {
	notes := slices.Clone(s.spec.Notes)
	if bounded := s.bounds.note(s.spec.HostConfig); bounded != "" {
		notes = append(notes, bounded)
	}
	if late := s.graceNote(); late != "" {
		notes = append(notes, late)
	}
	for _, p := range s.companions {
		notes = append(notes, fmt.Sprintf("%s is cloned with it, anew for every copy, under its settings of today.", p.called))
		for _, n := range p.spec.Notes {
			notes = append(notes, p.called+": "+n)
		}
	}
	notes = append(notes, s.found...)
	switch s.opt.Isolation {
	case Sealed:
		notes = append(notes, "The copy runs in a network of its own without a way out.")
	case Published:
		notes = append(notes, "The copy runs in a network of its own; its ports are published on loopback for the exercises, so it can reach the outside.")
	case Egress:
		notes = append(notes, "The copy runs in a network of its own and can reach the outside, as you asked.")
	}
	for _, p := range s.patterns() {
		for _, st := range p.spec.Storage {
			notes = append(notes, s.within(p, st.Target)+" "+s.standsIn(st))
		}
	}
	return append(notes, s.loosened...)
}

// standsIn says what a copy has in place of a mount.
func (s *Session) standsIn(st Storage) string {
	switch _, layered := s.layers[st.Source]; {
	case layered:
		return "is a copy on write of the volume; yours is not written."
	case st.Bind:
		return "is a bounded copy of the bind mount; yours is not written."
	case s.data[st.Source] != nil:
		return "is a bounded copy of the volume; yours is not written."
	default:
		return "is a fresh volume; yours is not touched."
	}
}
