package composefile

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// related are the keys beside which the new ones belong.
var related = []string{"cap_drop", "cap_add", "security_opt", "read_only", "tmpfs", "privileged", "user"}

// places are the offsets at which new keys can be written, the best first.
func (l *layout) places() []int {
	if len(l.fields) == 0 {
		return nil
	}
	last := len(l.fields) - 1
	best := last
	for i, f := range l.fields {
		if slices.Contains(related, f.key.Value) {
			best = i
		}
	}
	// Before the last or the first key is second best, for a last value that a
	// further line would change (a block scalar without a line break).
	return slices.Compact([]int{l.after(best), l.after(max(0, last-1)), l.lineStart(l.fields[0].start)})
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
		switch {
		case o.scalar != "":
			lines = append(lines, l.indent+o.key+": "+o.scalar)
		case l.flowLists:
			lines = append(lines, l.indent+o.key+": "+l.inBrackets(o.add))
		default:
			lines = append(lines, l.indent+o.key+":")
			lines = append(lines, l.dashed(o.add)...)
		}
	}
	return splice{start: at, end: at, lines: lines}
}

// insertFlow writes new keys into a service in braces.
func (l *layout) insertFlow(outcomes []outcome) (splice, error) {
	var texts []string
	for _, o := range outcomes {
		value := o.scalar
		if value == "" {
			value = l.inBrackets(o.add)
		}
		key := o.key
		if l.keyStyle()&yaml.DoubleQuotedStyle != 0 {
			key = `"` + key + `"`
		}
		texts = append(texts, key+": "+value)
	}
	if len(l.fields) == 0 {
		at := l.body(l.service) + 1
		return splice{start: at, end: at, text: strings.Join(texts, ", ")}, nil
	}
	last := l.fields[len(l.fields)-1]
	separator := ", "
	if len(l.fields) > 1 {
		gap := string(l.text[l.fields[len(l.fields)-2].end:last.start])
		if strings.TrimSpace(gap) == "," {
			separator = gap
		}
	} else if gap := string(l.text[l.body(l.service)+1 : last.start]); strings.Contains(gap, "\n") && strings.TrimSpace(gap) == "" {
		separator = "," + gap
	}
	return splice{start: last.end, end: last.end, text: separator + strings.Join(texts, separator)}, nil
}
