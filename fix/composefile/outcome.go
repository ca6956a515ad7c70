package composefile

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// outcome is what has to become of one key of a mapping. Texts are as YAML
// values, not yet quoted.
type outcome struct {
	key string
	// remove, replace and within are by item of the list that is there now;
	// within is what becomes of the keys of an item that is a mapping.
	remove  map[int]bool
	replace map[int]string
	within  map[int][]outcome
	// add and addLong come behind the list; addLong are items that are mappings.
	add     []string
	addLong [][]outcome
	// text replaces or adds a text, scalar what is written as it stands: true,
	// 100, []. Both are for values that are not lists.
	text, scalar string
	// below is what becomes of the keys of the mapping that the value is.
	below []outcome
	// becomes is another key with a text, which takes the place of this one.
	becomes *outcome
	// gone says that nothing of the key is to be left.
	gone bool
	// tag stands before a new list in an override file: !override, !reset.
	tag string
}

func (o outcome) none() bool {
	return len(o.remove)+len(o.replace)+len(o.within)+len(o.add)+len(o.addLong)+len(o.below) == 0 &&
		o.text == "" && o.scalar == "" && o.becomes == nil && !o.gone
}

// newKeys is the order in which new keys are written.
var newKeys = []string{
	"user", "privileged", "cap_drop", "cap_add", "security_opt", "read_only", "tmpfs", "volumes", "ports",
	"mem_limit", "pids_limit", "cpus", "deploy", "secrets", "environment", "networks", "depends_on",
}

// ordered sorts outcomes as new keys are written; others keep their order
// behind them.
func ordered(outcomes []outcome) {
	place := func(o outcome) int {
		if i := slices.Index(newKeys, o.key); i >= 0 {
			return i
		}
		return len(newKeys)
	}
	slices.SortStableFunc(outcomes, func(a, b outcome) int { return place(a) - place(b) })
}

// split makes the splices for keys that are there, and returns the outcomes for
// those that are not.
func (l *layout) split(outcomes []outcome) (changes []splice, fresh []outcome, err error) {
	for _, o := range outcomes {
		f := l.field(o.key)
		if f == nil {
			fresh = append(fresh, o)
			continue
		}
		splices, err := l.change(f, o)
		if err != nil {
			return nil, nil, err
		}
		changes = append(changes, splices...)
	}
	return changes, fresh, nil
}

// ways are the sets of splices that make the outcomes, the most natural first.
func (l *layout) ways(outcomes []outcome) ([][]splice, error) {
	changes, fresh, err := l.split(outcomes)
	if err != nil {
		return nil, err
	}
	if len(fresh) == 0 {
		return [][]splice{changes}, nil
	}
	if l.flow {
		return [][]splice{append(changes, l.insertFlow(fresh))}, nil
	}
	limits, others := l.besideLimits(fresh)
	changes = append(changes, limits...)
	if len(others) == 0 {
		return [][]splice{changes}, nil
	}
	var ways [][]splice
	for _, at := range l.places() {
		ways = append(ways, append(slices.Clone(changes), l.insertBlock(at, others)))
	}
	if len(ways) == 0 {
		return nil, refuseAt(l.key, "there is no place for new keys in %s", l.key.Value)
	}
	return ways, nil
}

// lines writes a key anew.
func (l *layout) lines(indent string, o outcome) []string {
	head := indent + o.key + ":"
	if o.tag != "" {
		head += " " + o.tag
	}
	switch {
	case len(o.below) > 0:
		lines := []string{head}
		for _, b := range o.below {
			lines = append(lines, l.lines(indent+l.step, b)...)
		}
		return lines
	case o.text != "":
		return []string{head + " " + quote(o.text, 0, false)}
	case o.scalar != "":
		return []string{head + " " + o.scalar}
	case l.flowLists && len(o.addLong) == 0:
		return []string{head + " " + l.inBrackets(o.add)}
	}
	lines := append([]string{head}, l.dashed(indent, o.add)...)
	return append(lines, l.dashedLong(indent+l.seqIndent+"- ", o.addLong)...)
}

// dashed are the lines of a new block list.
func (l *layout) dashed(indent string, items []string) []string {
	var lines []string
	for _, item := range items {
		lines = append(lines, indent+l.seqIndent+"- "+quote(item, 0, false))
	}
	return lines
}

// dashedLong are the lines of items that are mappings, behind a prefix with a
// dash.
func (l *layout) dashedLong(prefix string, items [][]outcome) []string {
	var lines []string
	for _, item := range items {
		before := prefix
		for _, o := range item {
			for _, line := range l.lines("", o) {
				lines = append(lines, before+line)
				before = strings.Repeat(" ", len(prefix))
			}
		}
	}
	return lines
}

// inline writes a key anew in braces.
func (l *layout) inline(o outcome) string {
	key := o.key
	if l.keyStyle()&yaml.DoubleQuotedStyle != 0 {
		key = `"` + key + `"`
	}
	value := o.scalar
	switch {
	case len(o.below) > 0:
		value = l.inBraces(o.below)
	case o.text != "":
		value = quote(o.text, l.keyStyle(), true)
	case o.scalar == "":
		value = l.inBrackets(o.add, o.addLong...)
	}
	return key + ": " + value
}

func (l *layout) inBraces(keys []outcome) string {
	var out []string
	for _, o := range keys {
		out = append(out, l.inline(o))
	}
	return "{" + strings.Join(out, ", ") + "}"
}

func (l *layout) inBrackets(items []string, long ...[]outcome) string {
	var out []string
	for _, item := range items {
		out = append(out, quote(item, l.keyStyle(), true))
	}
	for _, item := range long {
		out = append(out, l.inBraces(item))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// keyStyle is how keys are quoted: JSON stays JSON.
func (l *layout) keyStyle() yaml.Style {
	if !l.flow {
		return 0
	}
	keys := []*yaml.Node{l.key}
	for _, f := range l.fields {
		keys = append(keys, f.key)
	}
	return quoting(keys)
}
