package cli

import (
	"fmt"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// mostLines bounds each list; the JSON has the whole.
const mostLines = 20

// printObserved writes an observation for a person.
func (a *app) printObserved(seen observed) error {
	p, t := a.styled(), a.outTheme()
	o := seen.Observation
	for _, section := range []struct {
		title string
		lines []string
	}{
		{"Capabilities that were used", needLines(seen.Prediction.Needed)},
		{"Capabilities whose lack would show in no error", needLines(seen.Prediction.Soft)},
		{"What was denied", seen.Denied},
		{"Programs that were executed", executionLines(o.Executions)},
		{"Users that processes became", identityLines(o.Identities)},
		{"Files that were written, created, changed or removed", writtenLines(o.Files)},
		{"Sockets", socketLines(o.Sockets)},
		{"System calls", []string{strings.Join(callNames(o.Syscalls), " ")}},
	} {
		fmt.Fprintln(p, t.Title.Render(section.title))
		for _, line := range bounded(section.lines) {
			fmt.Fprintln(p, "  "+inspect.Printable(line))
		}
	}
	for _, doubt := range seen.Prediction.Doubts {
		fmt.Fprintln(p, t.Fair.Render("  note  ")+inspect.Printable(doubt))
	}
	if o.Lost.Any() {
		fmt.Fprintln(p, t.Fair.Render("  lost  ")+o.Lost.String())
	}
	if s := seen.Saturation; s != nil {
		fmt.Fprintf(p, "* observed in %d runs of copies; %s\n", o.Runs, saturationLine(*s))
	}
	_, err := fmt.Fprintf(p, "* observed in %.0f s on Linux %s; what did not happen meanwhile is not in it\n", seen.Seconds, inspect.Printable(o.Kernel))
	return err
}

// bounded cuts a list that nobody reads to its end, and says so.
func bounded(lines []string) []string {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return l == "" })
	if len(lines) == 0 {
		return []string{"none seen"}
	}
	if extra := len(lines) - mostLines; extra > 0 {
		return append(lines[:mostLines], fmt.Sprintf("… and %d more; --format json has them all", extra))
	}
	return lines
}

func needLines(needs []observe.Need) []string {
	var lines []string
	for _, n := range needs {
		var why []string
		for _, c := range n.Checks {
			why = append(why, fmt.Sprintf("%s %s", c.Executable, c.Syscall))
		}
		for _, f := range n.Files {
			why = append(why, f+" demands it")
		}
		slices.Sort(why)
		lines = append(lines, fmt.Sprintf("%-18s %s", n.Capability, strings.Join(slices.Compact(why), ", ")))
	}
	return lines
}

func executionLines(executions []observe.Execution) []string {
	var lines []string
	for _, x := range executions {
		line := fmt.Sprintf("%s as user %d, %d×", x.Named, x.UID, x.Count)
		if x.From != x.UID {
			line += fmt.Sprintf(", executed by user %d", x.From)
		}
		lines = append(lines, line)
	}
	return lines
}

func identityLines(identities []observe.Identity) []string {
	var lines []string
	for _, i := range identities {
		lines = append(lines, fmt.Sprintf("%s became %d:%d, %d×", i.Executable, i.UID, i.GID, i.Count))
	}
	return lines
}

// writtenLines leave out what was only read.
func writtenLines(files []observe.File) []string {
	var lines []string
	for _, f := range files {
		did := slices.DeleteFunc(slices.Clone(f.Access), func(a observe.Access) bool { return a == observe.Read })
		var words []string
		for _, d := range did {
			words = append(words, string(d))
		}
		if len(words) > 0 {
			lines = append(lines, f.Path+": "+strings.Join(words, ", "))
		}
	}
	return lines
}

func socketLines(sockets []observe.Socket) []string {
	var lines []string
	for _, s := range sockets {
		words := []string{s.Operation, s.Family}
		if s.Type != "" {
			words = append(words, s.Type)
		}
		if s.Port != 0 {
			words = append(words, fmt.Sprintf("port %d", s.Port))
		}
		lines = append(lines, fmt.Sprintf("%s by %s, %d×", strings.Join(words, " "), s.Executable, s.Count))
	}
	return lines
}

// callNames are the system calls of the application, each once.
func callNames(syscalls []observe.Syscall) []string {
	var names []string
	for _, s := range syscalls {
		if s.Phase != observe.Runtime && s.Phase != observe.Confined {
			names = append(names, s.Name)
		}
	}
	return slices.Compact(names)
}

// saturationLine says what a further run is expected to show, as far as the
// runs so far tell.
func saturationLine(s observe.Saturation) string {
	if !s.Syscalls.Known {
		return "one run does not tell what another would show"
	}
	last := len(s.Syscalls.New) - 1
	return fmt.Sprintf("the last showed %d new system calls, %d capability uses and %d paths; the next is expected to show %.1f, %.1f and %.1f",
		s.Syscalls.New[last], s.Capabilities.New[last], s.Paths.New[last], s.Syscalls.Next, s.Capabilities.Next, s.Paths.Next)
}
