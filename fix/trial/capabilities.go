package trial

import (
	"cmp"
	"fmt"
	"slices"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/check"
)

// rungs are the sets that services need together most often, each added to the
// ones before (what twelve common images were found to need). They are only an
// order to try in: whatever passes is reduced afterwards.
var rungs = [][]string{
	{"SETGID", "SETUID"},
	{"CHOWN"},
	{"DAC_OVERRIDE"},
	{"NET_BIND_SERVICE", "NET_RAW", "SYS_CHROOT", "KILL", "FOWNER", "AUDIT_WRITE"},
	{"FSETID", "SETPCAP", "SETFCAP", "MKNOD"},
}

func with(base fix.Plan, keep inspect.CapSet) fix.Plan {
	return base.With(inspect.Change{Dial: inspect.DialCapabilities, Keep: keep})
}

// capStep is a trial of a set of capabilities.
func (k Known) capStep(base fix.Plan, set, granted inspect.CapSet, because string) Step {
	return k.step(with(base, set), purpose(set, granted), because)
}

// purpose says what a trial of the set does, in the fewer words.
func purpose(set, granted inspect.CapSet) string {
	switch gone := granted.Without(set); {
	case gone == 0:
		return "keep all capabilities it has today"
	case set == 0:
		return "drop all capabilities"
	case gone.Len() < set.Len():
		return "drop " + gone.String()
	default:
		return "drop all but " + set.String()
	}
}

// candidate is a set to try on the way up.
type candidate struct {
	set     inspect.CapSet
	because string
	// evident says that the service itself pointed at the set.
	evident bool
}

// climb looks for a set that passes: those that the evidence points at, then a
// ladder from what must be kept to all that is granted. It returns the smallest
// that passes, and does not wait for larger ones.
func (k Known) climb(base fix.Plan, granted inspect.CapSet) (inspect.CapSet, bool, Decision) {
	var d Decision
	for _, c := range k.candidates(base, granted) {
		step := k.capStep(base, c.set, granted, c.because)
		switch k.standing(step) {
		case unknown:
			if len(d.Steps) == 0 && c.evident {
				step = step.likely(Passed)
			}
			d.Steps = append(d.Steps, step)
		case passes:
			d.Steps = slices.DeleteFunc(d.Steps, func(s Step) bool {
				smaller, _ := s.Plan.Capabilities()
				return !c.set.Has(smaller)
			})
			return c.set, true, d
		}
	}
	return 0, false, d
}

// candidates are the sets to try on the way up, in order. What the logs of
// failed ones complained of goes before the next rung.
func (k Known) candidates(base fix.Plan, granted inspect.CapSet) []candidate {
	first, because := k.evident()
	ladder := ladder(granted, first)
	ladder[0].because, ladder[0].evident = because, because != ""
	out := ladder[:1]
	guess := ladder[0].set
	for _, t := range k.tried(false) {
		set, ok := t.Plan.Capabilities()
		if !ok || t.Verdict != Failed || !t.Plan.Equal(with(base, set)) || !onTheWay(ladder, out, set) {
			continue
		}
		suspected, because := suspects(t)
		if next := guess.Union(suspected.Intersect(granted)); next != guess {
			guess = next
			out = append(out, candidate{guess, because, true})
		}
	}
	for _, rung := range ladder[1:] {
		if !slices.ContainsFunc(out, func(c candidate) bool { return c.set == rung.set }) {
			out = append(out, rung)
		}
	}
	return out
}

// onTheWay says that a set is one of the ladder or of the guesses so far.
func onTheWay(ladder, guesses []candidate, set inspect.CapSet) bool {
	is := func(c candidate) bool { return c.set == set }
	return slices.ContainsFunc(ladder, is) || slices.ContainsFunc(guesses, is)
}

// evident are the capabilities that the baselines themselves speak for: those
// of files that were executed, and those that root needs to become somebody
// else, where it did.
func (k Known) evident() (inspect.CapSet, string) {
	set, because := k.Keep, ""
	if files := k.fileCapabilities(); files != 0 {
		set, because = set|files, "Files that it executes carry "+files.String()+"."
	}
	if w := k.watched(); w != nil && !w.Unwatched {
		return set | k.milder(w.Caps()), used(w)
	}
	if user := k.becomes(); user != "" {
		set, because = set|inspect.ParseCaps(rungs[0]), "It starts as root, and "+user+"."
	}
	return set, because
}

// milder puts DAC_OVERRIDE in the place of DAC_READ_SEARCH where both are
// granted. The kernel asks for the latter first (Linux fs/namei.c,
// generic_permission), so that of a service that holds both only that is seen;
// either is enough to read files, but with DAC_READ_SEARCH alone every file of
// the host can be opened (open_by_handle_at(2)). What needs just that fails in a
// trial, and gets it back.
func (k Known) milder(set inspect.CapSet) inspect.CapSet {
	override, readSearch := inspect.ParseCaps([]string{"DAC_OVERRIDE"}), inspect.ParseCaps([]string{"DAC_READ_SEARCH"})
	if !set.Has(readSearch) || !k.Workload.Settings.Capabilities().Has(override) {
		return set
	}
	return set.Without(readSearch) | override
}

// becomes says which process of the baselines ran as somebody else than root,
// where the container starts as root.
func (k Known) becomes() string {
	if !k.Workload.Settings.Root() {
		return ""
	}
	for _, i := range k.expectation(false).Required {
		if i.UID != "0" && i.UID != "root" {
			return fmt.Sprintf("%s runs as %s:%s", i.Command, i.UID, i.GID)
		}
	}
	return ""
}

// fileCapabilities are those of the files that the baselines executed: without
// them the kernel refuses to execute such a file at all (capabilities(7)).
func (k Known) fileCapabilities() inspect.CapSet {
	var set inspect.CapSet
	for _, r := range readings(k.baselines(false)) {
		set |= r.FileCapabilities
	}
	return set
}

// ladder is the growing sets to try, from what must be kept to all that is
// granted.
func ladder(granted, keep inspect.CapSet) []candidate {
	set := keep.Intersect(granted)
	sets := []candidate{{set: set}}
	grow := func(more inspect.CapSet) {
		if next := set.Union(more.Intersect(granted)); next != set {
			set = next
			sets = append(sets, candidate{set: set, because: "Services often need these together."})
		}
	}
	for _, names := range rungs {
		grow(inspect.ParseCaps(names))
	}
	grow(granted)
	return sets
}

// minimal reduces a set that passes until none of its members can be left out.
// The members are left out one by one, several at a time; then all without
// which it passed together; where that fails, because some stand in for each
// other, the most dangerous one goes. Then the smaller set is looked at anew:
// what a larger set did not need, a smaller one may, and the other way round.
func (k Known) minimal(base fix.Plan, set inspect.CapSet) (inspect.CapSet, Decision) {
	for {
		spare, d := k.spare(base, set)
		if d.wants() || spare == 0 {
			return set, d
		}
		if spare.Len() > 1 {
			together := k.step(with(base, set.Without(spare)), "leave out "+spare.String()+" together", "It worked without each of them.")
			switch k.standing(together) {
			case unknown:
				return set, Decision{Steps: []Step{together}}
			case passes:
				set = set.Without(spare)
				continue
			}
		}
		set = set.Without(gravest(spare))
	}
}

// few members are likely to be needed all, because more is tried only where
// less failed.
const few = 4

// asked are capabilities that programs often use where they have them and do
// without where they do not: they set modes, priorities and limits, and go on
// when that is refused.
var asked = inspect.ParseCaps([]string{"FOWNER", "FSETID", "IPC_LOCK", "SETPCAP", "SYS_NICE", "SYS_PTRACE", "SYS_RESOURCE"})

// spare are the members of a set that can be left out alone. Those that often
// can are tried first, and where one of them can, the others are not asked about
// this set: a smaller one is looked at next.
func (k Known) spare(base fix.Plan, set inspect.CapSet) (inspect.CapSet, Decision) {
	used := k.watched().Caps()
	often := set & asked & used
	if spare, d := k.spareOf(often, base, set, Passed); d.wants() || spare != 0 {
		return spare, d
	}
	likely := Verdict("")
	if set.Len() <= few {
		likely = Failed
	}
	spare, d := k.spareOf(set.Without(often|used), base, set, likely)
	more, e := k.spareOf(set.Without(often)&used, base, set, Failed)
	return spare | more, Decision{Steps: append(e.Steps, d.Steps...)}
}

// spareOf are those of some members of a set that can be left out alone; likely
// says how each trial will end.
func (k Known) spareOf(some inspect.CapSet, base fix.Plan, set inspect.CapSet, likely Verdict) (spare inspect.CapSet, d Decision) {
	for _, c := range some.Without(k.Keep).Each() {
		step := k.step(with(base, set.Without(c)), "leave out "+c.String(), "The set passed; perhaps not all of it is needed.").likely(likely)
		switch k.standing(step) {
		case unknown:
			d.Steps = append(d.Steps, step)
		case passes:
			spare |= c
		}
	}
	return spare, d
}

// gravest is the member of a set that opens the most to an attacker.
func gravest(set inspect.CapSet) inspect.CapSet {
	return slices.MaxFunc(set.Each(), func(a, b inspect.CapSet) int { return cmp.Compare(check.Danger(a), check.Danger(b)) })
}
