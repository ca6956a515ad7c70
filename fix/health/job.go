package health

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// IsJob says that the runs, at least one, did what a job does: each ended by
// itself with exit code 0.
func IsJob(runs ...Reading) bool {
	return len(runs) > 0 && !slices.ContainsFunc(runs, func(r Reading) bool {
		return !r.Exited || r.Code != 0 || r.StartError != ""
	})
}

// Output is what a job said in every baseline.
type Output struct {
	// Lines are the lines that were the same to the letter, Keys those of which
	// some part changes, with # in its place.
	Lines, Keys []string
	// Known are the keys of every line of any baseline. Steady says that all
	// baselines had the same keys, so that a new one is news.
	Known  []string
	Steady bool
}

// mostOutput bounds how many different lines of an output are compared.
const mostOutput = 200

// learnOutput finds what the outputs have in common.
func learnOutput(baselines []Reading) Output {
	first := distinctLines(baselines[0].Log)
	out := Output{Steady: true, Known: keys(first)}
	for _, line := range first {
		said := func(same func(string) bool) bool {
			return !slices.ContainsFunc(baselines, func(b Reading) bool { return !slices.ContainsFunc(b.Log, same) })
		}
		switch {
		case said(func(o string) bool { return o == line }):
			out.Lines = append(out.Lines, line)
		case said(func(o string) bool { return key(o) == key(line) }):
			out.Keys = union(out.Keys, []string{key(line)})
		}
	}
	for _, b := range baselines {
		known := keys(distinctLines(b.Log))
		both := union(out.Known, known)
		out.Steady = out.Steady && len(both) == len(known) && len(both) == len(out.Known)
		out.Known = both
	}
	return out
}

// distinctLines are the lines with something in them, each once. Those that
// speak of a refused permission are complaints, and compared as such.
func distinctLines(log []string) []string {
	var out []string
	for _, line := range log {
		if strings.TrimSpace(line) != "" && !refuses(line) && !slices.Contains(out, line) && len(out) < mostOutput {
			out = append(out, line)
		}
	}
	return out
}

// keys are the keys of lines, each once.
func keys(lines []string) []string {
	var out []string
	for _, line := range lines {
		out = union(out, []string{key(line)})
	}
	return out
}

// jobDifferences holds a run against a job's baselines. Neither how long it took
// nor who its processes ran as is compared: a job may end between two samples.
func (e Expectation) jobDifferences(r Reading) []string {
	if !r.Exited {
		return append([]string{"It did not end by itself; in the baseline it did."}, e.newComplaints(r)...)
	}
	var diffs []string
	if r.Code != e.Code {
		diffs = append(diffs, fmt.Sprintf("It ended with exit code %d; in the baseline with %d.", r.Code, e.Code))
	}
	diffs = append(diffs, e.newComplaints(r)...)
	return append(diffs, e.Output.differences(r.Log)...)
}

// differences says which lines a log lacks and which no baseline had, a few of
// each.
func (o Output) differences(log []string) []string {
	const most = 2
	var lacking, strange []string
	for _, line := range o.Lines {
		if !slices.Contains(log, line) {
			lacking = append(lacking, fmt.Sprintf("Its output lacks %q.", line))
		}
	}
	said := keys(log)
	for _, k := range o.Keys {
		if !slices.Contains(said, k) {
			lacking = append(lacking, fmt.Sprintf("Its output lacks a line like %q.", k))
		}
	}
	for _, line := range distinctLines(log) {
		if o.Steady && !slices.Contains(o.Known, key(line)) {
			strange = append(strange, fmt.Sprintf("Its output says %q, which it did not say in the baseline.", line))
		}
	}
	return slices.Concat(lacking[:min(most, len(lacking))], strange[:min(most, len(strange))])
}

// jobPatience is how long a trial of a job may run.
func (e Expectation) jobPatience() time.Duration { return 4*time.Second + 3*e.EndedAfter }
