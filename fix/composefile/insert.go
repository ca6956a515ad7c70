package composefile

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// beside are the keys beside which the new ones belong.
var beside = []string{"cap_drop", "cap_add", "security_opt", "read_only", "tmpfs", "privileged", "user"}

// limitKeys stand together.
var limitKeys = []string{"mem_limit", "memswap_limit", "mem_reservation", "pids_limit", "cpus", "cpu_shares", "cpuset"}

// besideLimits writes new limits behind those that are there, and returns the
// other new keys.
func (l *layout) besideLimits(fresh []outcome) (limits []splice, others []outcome) {
	at := -1
	for i, f := range l.fields {
		if slices.Contains(limitKeys, f.key.Value) {
			at = i
		}
	}
	var keys []outcome
	for _, o := range fresh {
		if at >= 0 && slices.Contains(limitKeys, o.key) {
			keys = append(keys, o)
		} else {
			others = append(others, o)
		}
	}
	if len(keys) > 0 {
		limits = []splice{l.insertBlock(l.after(at), keys)}
	}
	return limits, others
}

// places are the offsets at which new keys can be written, the best first.
func (l *layout) places() []int {
	if len(l.fields) == 0 {
		return nil
	}
	last := len(l.fields) - 1
	best := last
	for i, f := range l.fields {
		if slices.Contains(beside, f.key.Value) {
			best = i
		}
	}
	// Before the last or the first key is second best, for a last value that a
	// further line would change (a block scalar without a line break).
	places := []int{l.after(best), l.after(max(0, last-1))}
	if _, clean := l.source.indent(l.fields[0].start); clean {
		places = append(places, l.lineStart(l.fields[0].start))
	}
	return slices.Compact(places)
}

// listed matches a comment that was an item of a list.
var listed = regexp.MustCompile(`^#+\s*-\s`)

// after is where the lines of a field end, with the comments that belong to it:
// those further in, and at the end of the service those as far in as its keys.
func (l *layout) after(i int) int {
	f := l.fields[i]
	at := l.nextLine(f.end)
	for at < len(l.text) {
		spaces, blank := l.leading(at)
		comment := bytes.TrimLeft(l.text[at:l.lineEnd(at)], " ")
		if blank || len(comment) == 0 || comment[0] != '#' || spaces < len(l.indent) {
			break
		}
		isItem := isBlockList(f.value) && listed.Match(comment)
		if spaces == len(l.indent) && i < len(l.fields)-1 && !isItem {
			break
		}
		at = l.nextLine(at)
	}
	return at
}

// insertBlock writes new keys as lines.
func (l *layout) insertBlock(at int, outcomes []outcome) splice {
	lines := []string{}
	for _, o := range outcomes {
		lines = append(lines, l.lines(l.indent, o)...)
	}
	return splice{start: at, end: at, lines: lines}
}

// insertFlow writes new keys into a mapping in braces.
func (l *layout) insertFlow(outcomes []outcome) splice {
	var texts []string
	for _, o := range outcomes {
		texts = append(texts, l.inline(o))
	}
	if len(l.fields) == 0 {
		at := l.body(l.mapping) + 1
		return splice{start: at, end: at, text: strings.Join(texts, ", ")}
	}
	last := l.fields[len(l.fields)-1]
	separator := ", "
	if len(l.fields) > 1 {
		gap := string(l.text[l.fields[len(l.fields)-2].end:last.start])
		if strings.TrimSpace(gap) == "," {
			separator = gap
		}
	} else if gap := string(l.text[l.body(l.mapping)+1 : last.start]); strings.Contains(gap, "\n") && strings.TrimSpace(gap) == "" {
		separator = "," + gap
	}
	return splice{start: last.end, end: last.end, text: separator + strings.Join(texts, separator)}
}
