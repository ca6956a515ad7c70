package trial

import (
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// explain says for every setting why it is as it is, and how well that is
// known.
func (k Known) explain(o Outcome) []fix.Evidence {
	out := k.explainObstacles()
	for _, c := range o.Plan.Changes {
		if c.Dial != inspect.DialCapabilities {
			out = append(out, k.explainChange(c, o))
		}
	}
	for _, r := range o.Refused {
		for _, c := range r.Plan.Changes[:1] {
			out = append(out, fix.Evidence{Setting: string(c.Dial), Strength: fix.Proved, Text: "It breaks with it: " + r.Why})
		}
	}
	return append(out, k.explainCapabilities(o)...)
}

func (k Known) explainObstacles() []fix.Evidence {
	obstacles := k.written().Obstacles
	if k.Workload.Settings.ReadOnlyRoot || len(obstacles) == 0 {
		return nil
	}
	return []fix.Evidence{{Setting: string(inspect.DialReadOnlyRoot), Strength: fix.Observed,
		Text: "The root filesystem stays writable: " + sentences(obstacles)}}
}

func (k Known) explainChange(c inspect.Change, o Outcome) fix.Evidence {
	e := fix.Evidence{Setting: string(c.Dial), Strength: fix.Observed}
	if c.Place() != "" {
		e.Setting = c.Place()
	}
	switch c.Dial {
	case inspect.DialTmpfs:
		e.Text = "It writes there; a tmpfs takes it, with the owner and mode that the image has." + k.hides(c.Place())
	case inspect.DialVolume:
		e.Text = "It writes there, where the image has files that a tmpfs would hide or programs that it runs; a volume starts with what the image has."
	case inspect.DialMemory, inspect.DialPIDs, inspect.DialCPUs:
		e.Text = "It works within it; the limit is four times the peak of the baselines. Production may need more."
	case inspect.DialLoopback:
		e.Strength, e.Text = fix.Assumed, "You asked for it. Copies publish nothing, so no trial can say who needs the port from elsewhere."
	default:
		e.Text = "It worked with it."
		if o.Proved {
			e.Strength, e.Text = fix.Proved, "It works with it."
		}
	}
	return e
}

// hides says what of the image a tmpfs on the path covers.
func (k Known) hides(path string) string {
	for _, p := range k.places() {
		if p.Path == path && len(p.Hides) > 0 {
			return " It covers files of the image, such as " + inspect.Printable(p.Hides[0]) + ": look whether they matter."
		}
	}
	return ""
}

// places are all that is known of the image's directories.
func (k Known) places() []health.Place {
	places := k.written().Places
	for _, s := range k.Surveys {
		places = append(places, s.Place)
	}
	return places
}

// explainCapabilities says of every granted capability why it stays or goes.
func (k Known) explainCapabilities(o Outcome) []fix.Evidence {
	keep, ok := o.Plan.Capabilities()
	if !ok {
		return nil
	}
	var out []fix.Evidence
	for _, c := range keep.Each() {
		e := fix.Evidence{Setting: c.String(), Strength: fix.Observed, Text: "It was in every set that passed."}
		if use := k.watched().Example(c); use != "" {
			e.Text = "It was in every set that passed, and was seen to be used: " + use + "."
		}
		switch why, found := k.failureWithout(c, keep); {
		case k.Keep.Has(c):
			e.Strength, e.Text = fix.Assumed, "Kept because you said so."
		case found:
			e.Strength, e.Text = fix.Proved, "It breaks without it: "+why
		}
		out = append(out, e)
	}
	if dropped := k.Workload.Settings.Capabilities().Without(keep); dropped != 0 && o.Proved {
		out = append(out, fix.Evidence{Setting: string(inspect.DialCapabilities), Strength: fix.Proved, Text: "It works without " + dropped.String() + "."})
	}
	return out
}

// failureWithout finds the failed trial that says most about a capability: the
// largest set that lacked it and held all others that are kept.
func (k Known) failureWithout(c, keep inspect.CapSet) (string, bool) {
	best, why, found := -1, "", false
	for _, t := range k.tried(false) {
		set, ok := t.Plan.Capabilities()
		if !ok || t.Verdict != Failed || set.Has(c) || !set.Has(keep.Without(c)) {
			continue
		}
		if set.Len() > best {
			best, why, found = set.Len(), brief(t.Evidence), true
			if denied := t.deniedTo(c); denied != "" { // a line of a log need not end as a sentence does
				why = strings.TrimSuffix(why, ".") + ". Observed: " + denied
			}
		}
	}
	return why, found
}

// deniedTo says which check of the capability the trial was seen to be denied, ""
// for none.
func (t Trial) deniedTo(c inspect.CapSet) string {
	for _, d := range t.Denied {
		if d.Capability.Has(c) && d.Capability != 0 {
			return d.Text
		}
	}
	return ""
}

// summary is the baselines in short.
func (k Known) summary() Baseline {
	done := readings(k.baselines(false))
	if len(done) == 0 {
		return Baseline{}
	}
	e := health.Expect(done...)
	return Baseline{
		Runs: len(done), ReadySeconds: seconds(e.ReadyAfter), Healthcheck: e.Healthcheck,
		Answers: e.Answers, Identities: e.Required, ExitCode: e.Code,
		Restarted: e.Restart, Written: k.wrote(),
	}
}

// Stale says, a sentence each, what has changed since the result was found, so
// that it may no longer be true. A fact that one side does not know is not
// compared.
func (f Facts) Stale(now Facts) []string {
	var out []string
	differs := func(before, after, said string) {
		if before != "" && after != "" && before != after {
			out = append(out, said)
		}
	}
	differs(f.ImageID, now.ImageID, "The trials ran another image than the one in use now.")
	differs(f.Command, now.Command, "The command has changed since the trials.")
	differs(f.User, now.User, "The user has changed since the trials.")
	differs(strings.Join(f.Mounts, "\n"), strings.Join(now.Mounts, "\n"), "The mounts have changed since the trials.")
	differs(f.Engine, now.Engine, "The trials ran on Engine "+inspect.Printable(f.Engine)+", this is "+inspect.Printable(now.Engine)+".")
	differs(f.Kernel, now.Kernel, "The trials ran on kernel "+inspect.Printable(f.Kernel)+", this is "+inspect.Printable(now.Kernel)+".")
	return slices.Clip(out)
}
