package observe

import (
	"cmp"
	"slices"
)

// ComparePhases orders phases as a life does.
func ComparePhases(a, b Phase) int {
	return cmp.Compare(slices.Index(Phases, a), slices.Index(Phases, b))
}

// Sorted returns the observation with its lists in their order, by what they
// are about first; none of them is nil.
func (o Observation) Sorted() Observation {
	o.Checks = sorted(o.Checks, func(a, b Check) int {
		return cmp.Or(cmp.Compare(a.Capability, b.Capability), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Executable, b.Executable),
			cmp.Compare(a.Syscall, b.Syscall), ComparePhases(a.Phase, b.Phase), cmp.Compare(a.UID, b.UID), slices.Compare(a.Arguments, b.Arguments))
	})
	o.Syscalls = sorted(o.Syscalls, func(a, b Syscall) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), ComparePhases(a.Phase, b.Phase), compareBool(a.Compat, b.Compat))
	})
	o.Arguments = sorted(o.Arguments, func(a, b Arguments) int {
		return cmp.Or(cmp.Compare(a.Syscall, b.Syscall), ComparePhases(a.Phase, b.Phase), compareBool(a.Compat, b.Compat), compareBool(a.Any, b.Any),
			slices.CompareFunc(a.Values, b.Values, func(a, b Argument) int { return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.Value, b.Value)) }))
	})
	o.Executions = sorted(o.Executions, func(a, b Execution) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Named, b.Named), ComparePhases(a.Phase, b.Phase),
			cmp.Compare(a.UID, b.UID), cmp.Compare(a.From, b.From), compareBool(a.Cut, b.Cut))
	})
	o.Identities = sorted(o.Identities, func(a, b Identity) int {
		return cmp.Or(cmp.Compare(a.Executable, b.Executable), cmp.Compare(a.UID, b.UID), cmp.Compare(a.GID, b.GID), ComparePhases(a.Phase, b.Phase))
	})
	o.Files = sorted(o.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	o.Mounts = sorted(o.Mounts, func(a, b Mount) int { return cmp.Compare(a.Point, b.Point) })
	o.Sockets = sorted(o.Sockets, func(a, b Socket) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Family, b.Family), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Port, b.Port),
			cmp.Compare(a.Address, b.Address), cmp.Compare(a.Scope, b.Scope),
			cmp.Compare(a.Executable, b.Executable), ComparePhases(a.Phase, b.Phase), compareBool(a.Refused, b.Refused))
	})
	o.Signals = sorted(o.Signals, func(a, b Signal) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Executable, b.Executable), ComparePhases(a.Phase, b.Phase))
	})
	o.FileCaps = sorted(o.FileCaps, func(a, b FileCap) int { return cmp.Compare(a.Path, b.Path) })
	o.Unseen = sorted(o.Unseen, func(a, b Gap) int { return cmp.Or(cmp.Compare(a.Aspect, b.Aspect), cmp.Compare(a.Reason, b.Reason)) })
	return o
}

// sorted returns a sorted copy, never nil.
func sorted[T any](list []T, compare func(a, b T) int) []T {
	list = append([]T{}, list...)
	slices.SortFunc(list, compare)
	return list
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
