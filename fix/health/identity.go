package health

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// Identity is who a process runs as. Where Powers are known it was read inside
// the clone's own process namespace, and UID and GID are numbers as they are
// in there; otherwise the engine listed it, and they are names or numbers as
// the engine's host sees them. The two are never held against each other: a
// clone is read in one way through a whole search.
type Identity struct {
	Command string `json:"command"`
	UID     string `json:"uid"`
	GID     string `json:"gid"`
	Powers  Powers `json:"powers,omitzero"`
}

// Powers are what a process may do beyond what its user and group say.
type Powers struct {
	// Known says that the rest was read.
	Known bool `json:"known"`
	// Groups are the supplementary groups, ascending, separated by spaces.
	Groups string `json:"groups"`
	// Effective are the effective capabilities.
	Effective inspect.CapSet `json:"capEff"`
	// Root is the process's root directory: a path; Elsewhere where only that it
	// is not the container's is known; "" where nothing is.
	Root string `json:"root,omitempty"`
}

// Elsewhere is a root directory that is not the container's.
const Elsewhere = "a directory of its own"

// Distinct sorts identities and drops doubles.
func Distinct(all []Identity) []Identity {
	slices.SortFunc(all, func(a, b Identity) int {
		return cmp.Or(
			cmp.Compare(a.Command, b.Command), cmp.Compare(a.UID, b.UID), cmp.Compare(a.GID, b.GID),
			cmp.Compare(a.Powers.Groups, b.Powers.Groups), cmp.Compare(a.Powers.Effective, b.Powers.Effective),
			cmp.Compare(a.Powers.Root, b.Powers.Root))
	})
	return slices.Compact(all)
}

// String is command (uid:gid).
func (i Identity) String() string { return fmt.Sprintf("%s (%s:%s)", i.Command, i.UID, i.GID) }

// sameUser says that both are the same command, run by the same user and group.
func (i Identity) sameUser(o Identity) bool {
	return i.Command == o.Command && i.UID == o.UID && i.GID == o.GID
}

// runsIn says that one of the identities is the same command run by the same
// user and group.
func (i Identity) runsIn(all []Identity) bool { return slices.ContainsFunc(all, i.sameUser) }

// inversion ends a sentence about a process that is more powerful than in the
// baseline.
const inversion = "This is a privilege inversion: with fewer capabilities the process ended up more powerful."

// worse says what each process may do that no baseline saw it do, a sentence
// each. A service that could not drop its privileges goes on with them.
func (e Expectation) worse(r Reading) []string {
	var out []string
	for _, got := range r.Identities {
		text := e.worseThanAllowed(got)
		if text != "" && slices.ContainsFunc(out, func(o string) bool { return strings.HasSuffix(o, inversion) }) {
			text = strings.TrimSuffix(text, " "+inversion) // it is explained once
		}
		if text != "" {
			out = append(out, text)
		}
	}
	return out
}

func (e Expectation) worseThanAllowed(got Identity) string {
	var namesakes, same []Identity
	for _, a := range e.Allowed {
		if a.Command == got.Command {
			namesakes = append(namesakes, a)
		}
		if a.sameUser(got) {
			same = append(same, a)
		}
	}
	switch {
	case len(namesakes) == 0:
		return "" // a command that no baseline ran, and of which nothing is expected
	case len(same) == 0:
		return asSomebodyElse(got, namesakes[0])
	case !got.Powers.Known:
		return ""
	}
	return morePowerful(got, same)
}

func asSomebodyElse(got, before Identity) string {
	text := fmt.Sprintf("%s runs as %s:%s; in the baseline as %s:%s.", got.Command, got.UID, got.GID, before.UID, before.GID)
	if got.UID == "0" || got.UID == "root" {
		text += " " + inversion
	}
	return text
}

// morePowerful compares a process with what the same command of the same user
// was in the samples of the baselines. Having less is what a trial is for.
func morePowerful(got Identity, before []Identity) string {
	var groups []string
	var effective inspect.CapSet
	chroot, free := "", false
	for _, b := range before {
		groups = union(groups, strings.Fields(b.Powers.Groups))
		effective = effective.Union(b.Powers.Effective)
		if b.Powers.Root == "/" || b.Powers.Root == "" {
			free = true
		} else {
			chroot = b.Powers.Root
		}
	}
	// A group that is the process's own anyway gives it nothing.
	extra := slices.DeleteFunc(strings.Fields(got.Powers.Groups), func(g string) bool { return g == got.GID || slices.Contains(groups, g) })
	switch more := got.Powers.Effective.Without(effective); {
	case len(extra) > 0:
		return fmt.Sprintf("%s is still in group %s, which it left in the baseline. %s", got, strings.Join(extra, ", "), inversion)
	case more != 0:
		return fmt.Sprintf("%s still holds %s, which it gave up in the baseline. %s", got, more, inversion)
	case got.Powers.Root == "/" && !free:
		return fmt.Sprintf("%s sees the whole file system; in the baseline it was locked into %s. %s", got, inspect.Printable(chroot), inversion)
	}
	return ""
}
