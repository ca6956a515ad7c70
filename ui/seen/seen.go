// Package seen puts what watching a container showed into words: sections with
// their lines, and numbers to draw. It neither watches nor draws; the command
// line and the terminal UI are two skins over it. All of its text is printable.
package seen

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
	"bulkhead/ui/workbench"
)

// Account is what was seen.
type Account struct {
	Sections []Section
	// Curve is how many new things each part of the last run showed, Runs how
	// many each run did.
	Curve, Runs []int
	// Enough says in sentences whether it was watched for long enough.
	Enough []string
	// Word is what it is from in a word or two: "live", "3 runs".
	Word string
	// Source says where it is from.
	Source string
}

// Section is one part of an account.
type Section struct {
	Title string
	// Word is the section in a word or two: a count, "none seen", or "not watched".
	Word  string
	Lines []string
	// Grave marks what was refused or lost.
	Grave bool
}

// Of is the account of what was observed.
func Of(w workbench.Observed) Account {
	o := w.Observation
	p := observe.Predict(o)
	a := Account{Curve: rises(o.Curve), Source: source(w)}
	add := func(title string, grave bool, lines []string) {
		word := "none seen"
		switch {
		case len(lines) > 0:
			word = fmt.Sprint(len(lines))
		case title == "capabilities" && o.Misses(observe.Capabilities), title != "capabilities" && o.Misses(observe.Details):
			word = "not watched"
		}
		a.Sections = append(a.Sections, Section{Title: title, Word: word, Lines: lines, Grave: grave && len(lines) > 0})
	}
	add("capabilities", false, needs(p.Needed))
	if soft := needs(p.Soft); len(soft) > 0 {
		add("capabilities whose lack shows in no error", false, soft)
	}
	add("refused", true, printable(observe.Explain(o)))
	add("writes", false, writes(o.Files))
	add("becomes", false, identities(o.Identities))
	add("programs", false, programs(o.Executions))
	add("sockets", false, sockets(o.Sockets))
	calls := observe.Names(o)
	a.Sections = append(a.Sections, Section{Title: "system calls", Word: fmt.Sprint(len(calls)), Lines: []string{strings.Join(calls, " ")}})
	a.Sections = append(a.Sections, foretold(o, p)...)
	if doubts := missing(o, p); len(doubts) > 0 {
		add("may be missing", true, doubts)
	}
	a.Enough, a.Word = enough(w), "live"
	if s := w.Saturation; s != nil {
		for i := range s.Syscalls.New {
			a.Runs = append(a.Runs, s.Syscalls.New[i]+s.Capabilities.New[i]+s.Paths.New[i])
		}
		a.Word = count(len(a.Runs), "run", "runs")
	}
	return a
}

// source says what was watched and where; it never says more than was seen.
func source(w workbench.Observed) string {
	what := "one run of a copy, in"
	switch runs := w.Observation.Runs; {
	case w.Live && runs == 1:
		what = "the running container itself, for"
	case runs > 1 && w.LiveRuns == 0:
		what = fmt.Sprintf("%d runs of copies, the last in", runs)
	case runs > 1 && w.LiveRuns == runs:
		what = fmt.Sprintf("%d runs of the running container, the last for", runs)
	case runs > 1:
		last := "of a copy in"
		if w.Live {
			last = "of the latter for"
		}
		what = fmt.Sprintf("%d runs, %d of copies and %d of the running container, the last %s", runs, runs-w.LiveRuns, w.LiveRuns, last)
	}
	return fmt.Sprintf("Observed in %s %.0f s, on Linux %s. What did not happen meanwhile is not in it.",
		what, w.Length.Seconds(), inspect.Printable(w.Observation.Kernel))
}

// enough says what a further run may show.
func enough(w workbench.Observed) []string {
	curve := w.Observation.Curve
	var out []string
	if n := len(curve); n > 2 {
		fresh := total(curve[n-1]) - total(curve[n/2])
		out = append(out, fmt.Sprintf("The second half of the last run showed %s that the first had not.", count(fresh, "thing", "things")))
	}
	if w.Live {
		out = append(out, "A longer watch may show more: let the service do all of its work meanwhile.")
	}
	s := w.Saturation
	switch {
	case s == nil:
		return out
	case !s.Syscalls.Known:
		return append(out, "One run does not tell what another would show; observe it again.")
	}
	i := len(s.Syscalls.New) - 1
	out = append(out, fmt.Sprintf("The last of %d runs showed %s, %s and %s that none before it had.", len(s.Syscalls.New),
		count(s.Syscalls.New[i], "system call", "system calls"), count(s.Capabilities.New[i], "use of a capability", "uses of capabilities"),
		count(s.Paths.New[i], "path", "paths")))
	out = append(out, fmt.Sprintf("Another run is expected to show %.1f more system calls, %.1f uses of capabilities and %.1f paths (estimate of Good and Turing).",
		s.Syscalls.Next, s.Capabilities.Next, s.Paths.Next))
	if unseen := s.Syscalls.Unseen + s.Capabilities.Unseen + s.Paths.Unseen; unseen >= 1 {
		out = append(out, fmt.Sprintf("At least %.0f of them are still unseen, however many runs that takes (Chao's lower bound).", unseen))
	}
	return out
}

func total(m observe.Moment) int { return m.Syscalls + m.Capabilities + m.Paths }

// rises are the differences from moment to moment.
func rises(curve []observe.Moment) []int {
	var out []int
	before := 0
	for _, m := range curve {
		out = append(out, max(0, total(m)-before))
		before = total(m)
	}
	return out
}

// needs are the capabilities, each with what used it.
func needs(all []observe.Need) []string {
	var lines []string
	for _, n := range all {
		by := grouped[string]{}
		for _, c := range n.Checks {
			by.add(cmp.Or(path.Base(c.Executable), "a process"), c.Call())
		}
		why := by.lines(func(who string, calls []string) string { return who + " called " + strings.Join(calls, ", ") })
		for _, f := range n.Files {
			why = append(why, f+" demands it to be executed")
		}
		lines = append(lines, inspect.Printable(fmt.Sprintf("%s: %s", n.Capability, strings.Join(why, "; "))))
	}
	return lines
}

// grouped collects texts by what they are about, in the order of both.
type grouped[K cmp.Ordered] map[K][]string

func (g grouped[K]) add(k K, text string) {
	if !slices.Contains(g[k], text) {
		g[k] = append(g[k], text)
	}
}

func (g grouped[K]) lines(say func(k K, texts []string) string) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(g)) {
		out = append(out, say(k, slices.Sorted(slices.Values(g[k]))))
	}
	return out
}

// writes leaves out what was only read or run.
func writes(files []observe.File) []string {
	var lines []string
	for _, f := range files {
		var did []string
		for _, a := range f.Access {
			if a.Writes() {
				did = append(did, string(a))
			}
		}
		if len(did) > 0 {
			lines = append(lines, inspect.Printable(f.Path+": "+strings.Join(did, ", ")))
		}
	}
	return lines
}

func identities(all []observe.Identity) []string {
	by := grouped[string]{}
	for _, i := range all {
		by.add(i.Executable, fmt.Sprintf("%d:%d", i.UID, i.GID))
	}
	return by.lines(func(who string, whom []string) string {
		return inspect.Printable(cmp.Or(who, "a process") + " became " + strings.Join(whom, ", "))
	})
}

func programs(all []observe.Execution) []string {
	type key struct {
		path      string
		uid, from uint32
	}
	counts := map[key]uint64{}
	for _, x := range all {
		counts[key{x.Named, x.UID, x.From}] += x.Count
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.uid, b.uid), cmp.Compare(a.from, b.from))
	})
	var lines []string
	for _, k := range keys {
		line := fmt.Sprintf("%s as user %d%s", k.path, k.uid, times(counts[k]))
		if k.from != k.uid {
			line += fmt.Sprintf(", executed by user %d: its file changes the user", k.from)
		}
		lines = append(lines, inspect.Printable(line))
	}
	return lines
}

// scopes say where a socket listens.
var scopes = map[observe.Scope]string{observe.Anywhere: "any address", observe.Loopback: "loopback", observe.Beyond: "one address"}

func sockets(all []observe.Socket) []string {
	by := grouped[string]{}
	for _, s := range all {
		words := []string{s.Operation, s.Family}
		if s.Type != "" {
			words = append(words, s.Type)
		}
		if s.Port != 0 {
			words = append(words, fmt.Sprintf("port %d", s.Port))
		}
		if s.Address != "" {
			words = append(words, s.Address)
		} else if s.Scope != "" {
			words = append(words, "on "+scopes[s.Scope])
		}
		if s.Refused {
			words = append(words, "(refused)")
		}
		by.add(strings.Join(words, " "), path.Base(s.Executable))
	}
	return by.lines(func(what string, who []string) string {
		return inspect.Printable(what + " by " + strings.Join(who, ", "))
	})
}

// missing says what may not have been seen.
func missing(o observe.Observation, p observe.Prediction) []string {
	lines := printable(p.Doubts)
	if o.Compat {
		lines = append(lines, "32-bit system calls were made: they are counted, but what they open and connect to is not followed.")
	}
	cut := 0
	for _, f := range o.Files {
		if f.Cut {
			cut++
		}
	}
	if cut > 0 {
		lines = append(lines, count(cut, "path is", "paths are")+" not whole: the beginning is missing.")
	}
	if o.Lost.Any() && o.Lost.Checks == 0 && o.Lost.Tasks == 0 {
		lines = append(lines, "Not everything could be recorded: "+o.Lost.String()+".")
	}
	return lines
}

func printable(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, inspect.Printable(l))
	}
	return out
}

func times(n uint64) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(", %d times", n)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
