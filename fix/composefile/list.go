package composefile

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v4"
)

// changeBlockList edits a list of dashes, line by line.
func (l *layout) changeBlockList(f *field, o outcome) ([]splice, error) {
	items := f.value.Content
	var splices []splice
	insert, prefix := -1, ""
	for i, item := range items {
		dash, err := l.dash(item)
		if err != nil {
			return nil, err
		}
		end, err := l.source.end(item, l.column(dash))
		if err != nil {
			return nil, err
		}
		end = max(end, dash+1)
		before, clean := l.source.indent(dash)
		if !clean {
			return nil, errLayout(item)
		}
		if i == 0 {
			insert, prefix = l.lineStart(dash), before+"- "
			if start := l.body(item); l.line(start) == l.line(dash) {
				prefix = before + string(l.text[dash:start])
			}
		}
		switch value, replaced := o.replace[i]; {
		case o.remove[i]:
			from, to := l.lineStart(dash), l.nextLine(end)
			splices = append(splices, splice{start: from, end: to, lines: l.comments(from, to)})
			continue
		case replaced:
			splices = append(splices, splice{start: l.body(item), end: end, text: quote(value, quoting(items[i:i+1]), false)})
		case len(o.within[i]) > 0:
			inside, err := l.changeWithin(f, item, o.within[i])
			if err != nil {
				return nil, err
			}
			splices = append(splices, inside...)
		}
		insert = l.nextLine(end)
	}
	if len(o.add)+len(o.addLong) > 0 {
		lines := []string{}
		for _, value := range o.add {
			lines = append(lines, prefix+quote(value, quoting(items), false))
		}
		lines = append(lines, l.dashedLong(prefix, o.addLong)...)
		splices = append(splices, splice{start: insert, end: insert, lines: lines})
	}
	return splices, nil
}

// changeFlowList writes a list in brackets anew, with its own separators.
func (l *layout) changeFlowList(f *field, o outcome) ([]splice, error) {
	items := f.value.Content
	open := l.body(f.value) + 1
	closing := f.end - 1
	style := quoting(items) | l.keyStyle()
	if len(items) == 0 {
		if len(bytes.TrimSpace(l.text[open:closing])) > 0 {
			return nil, commentInside(f)
		}
		return []splice{{start: l.body(f.value), end: f.end, text: l.inBrackets(o.add, o.addLong...)}}, nil
	}
	var kept []string
	var gaps []string
	at := open
	for i, item := range items {
		start := l.offset(item)
		end, err := l.source.end(item, 0)
		if err != nil {
			return nil, err
		}
		gaps = append(gaps, string(l.text[at:start]))
		at = end
		value, replaced := o.replace[i]
		switch {
		case o.remove[i]:
		case replaced:
			kept = append(kept, quote(value, quoting(items[i:i+1])|l.keyStyle(), true))
		default:
			var inside []splice
			if len(o.within[i]) > 0 {
				if inside, err = l.changeWithin(f, item, o.within[i]); err != nil {
					return nil, err
				}
			}
			kept = append(kept, l.patched(start, end, inside))
		}
	}
	tail := string(l.text[at:closing])
	for _, gap := range append(gaps, tail) {
		if strings.Trim(gap, ", \t\r\n") != "" {
			return nil, commentInside(f)
		}
	}
	for _, value := range o.add {
		kept = append(kept, quote(value, style, true))
	}
	for _, item := range o.addLong {
		kept = append(kept, l.inBraces(item))
	}
	separator := ", "
	if len(items) > 1 {
		separator = gaps[1]
	} else if strings.Contains(gaps[0], "\n") {
		separator = "," + gaps[0]
	}
	if strings.TrimSpace(separator) != "," {
		return nil, errLayout(f.value)
	}
	return []splice{{start: open, end: closing, text: gaps[0] + strings.Join(kept, separator) + tail}}, nil
}

func commentInside(f *field) *RefusedError {
	return refuseAt(f.value, "a comment stands inside the brackets of %s", f.key.Value)
}

// isBlockList says whether the value is a list of dashes.
func isBlockList(n *yaml.Node) bool {
	return n.Kind == yaml.SequenceNode && n.Style&yaml.FlowStyle == 0
}
