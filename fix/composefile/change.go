package composefile

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v4"
)

// change turns an outcome for a key that the mapping has into splices.
func (l *layout) change(f *field, o outcome) ([]splice, error) {
	v := f.value
	switch {
	case o.gone:
		return l.removeField(f)
	case o.becomes != nil:
		return []splice{l.renamed(f, *o.becomes)}, nil
	case v.Kind == yaml.AliasNode && o.text == "" && (o.scalar == "" || o.scalar == "[]"):
		return l.unaliased(f, o), nil
	case o.scalar == "[]":
		return l.emptyList(f)
	case o.scalar != "" || o.text != "":
		return l.setScalar(f, o), nil
	case len(o.below) > 0:
		return l.changeWithin(f, v, o.below)
	case v.Kind == yaml.ScalarNode:
		return l.widenScalar(f, o)
	case v.Style&yaml.FlowStyle != 0:
		return l.changeFlowList(f, o)
	}
	return l.changeBlockList(f, o)
}

// changeWithin changes keys of a mapping that stands in a field.
func (l *layout) changeWithin(f *field, mapping *yaml.Node, keys []outcome) ([]splice, error) {
	inner, err := l.within(f.key, mapping)
	if err != nil {
		return nil, err
	}
	ways, err := inner.ways(keys)
	if err != nil {
		return nil, err
	}
	return ways[0], nil
}

// setScalar replaces a value in place, in the quotes that it had.
func (l *layout) setScalar(f *field, o outcome) []splice {
	style := quoting([]*yaml.Node{f.value})
	text := o.scalar
	if o.text != "" || style != 0 && o.scalar != "true" && o.scalar != "false" {
		text = quote(o.text+o.scalar, style, l.flow)
	}
	return []splice{{start: l.body(f.value), end: f.end, text: text}}
}

// renamed puts another key with a text in a key's place, in the quotes of both.
func (l *layout) renamed(f *field, o outcome) splice {
	end := f.end
	if !l.flow {
		end = max(end, l.colon(f))
	}
	key := quote(o.key, quoting([]*yaml.Node{f.key}), l.flow)
	return splice{start: f.start, end: end, text: key + ": " + quote(o.text, quoting([]*yaml.Node{f.value}), l.flow)}
}

// colon is the offset behind the colon of a field.
func (l *layout) colon(f *field) int {
	end, err := l.source.end(f.key, f.key.Column-1)
	if err != nil {
		end = f.start
	}
	if i := bytes.IndexByte(l.text[end:], ':'); i >= 0 {
		return end + i + 1
	}
	return end
}

// widenScalar changes tmpfs: /run, which may become a list.
func (l *layout) widenScalar(f *field, o outcome) ([]splice, error) {
	value := f.value.Value
	if replaced, ok := o.replace[0]; ok {
		value = replaced
	}
	style := quoting([]*yaml.Node{f.value})
	start := l.body(f.value)
	if len(o.add) == 0 {
		return []splice{{start: start, end: f.end, text: quote(value, style, l.flow)}}, nil
	}
	all := append([]string{value}, o.add...)
	if l.flow || l.flowLists || f.value.Anchor != "" || l.line(start) != l.line(f.start) || l.line(f.end) != l.line(start) {
		return []splice{{start: start, end: f.end, text: l.inBrackets(all)}}, nil
	}
	at := l.nextLine(f.end)
	return []splice{
		{start: l.colon(f), end: f.end},
		{start: at, end: at, lines: l.dashed(l.indent, all)},
	}, nil
}

// unaliased writes a list of its own in an alias's place.
func (l *layout) unaliased(f *field, o outcome) []splice {
	start := l.body(f.value)
	if l.flow || l.flowLists || o.scalar == "[]" || l.line(start) != l.line(f.start) {
		return []splice{{start: start, end: f.end, text: l.inBrackets(o.add, o.addLong...)}}
	}
	at := l.nextLine(f.end)
	lines := append(l.dashed(l.indent, o.add), l.dashedLong(l.indent+l.seqIndent+"- ", o.addLong)...)
	return []splice{{start: l.colon(f), end: f.end}, {start: at, end: at, lines: lines}}
}

// emptyList leaves a list without items.
func (l *layout) emptyList(f *field) ([]splice, error) {
	if f.value.Style&yaml.FlowStyle != 0 {
		return []splice{{start: l.body(f.value), end: f.end, text: "[]"}}, nil
	}
	splices, err := l.removeField(f)
	if err != nil {
		return nil, err
	}
	// The key's line stays, with the empty list behind its colon.
	splices[0].start = l.nextLine(f.start)
	splices[0].lines = l.comments(splices[0].start, splices[0].end)
	colon := l.colon(f)
	if f.value.Anchor != "" {
		colon = l.offset(f.value) + len("&"+f.value.Anchor)
	}
	return append([]splice{{start: colon, end: colon, text: " []"}}, splices...), nil
}

// removeField takes a key out and leaves the comments that stood in it.
func (l *layout) removeField(f *field) ([]splice, error) {
	if l.flow {
		return l.removeFlowField(f)
	}
	start, end := l.lineStart(f.start), l.nextLine(f.end)
	left := l.comments(start, end)
	for i, comment := range left {
		left[i] = l.indent + strings.TrimLeft(comment, " ")
	}
	return []splice{{start: start, end: end, lines: left}}, nil
}

func (l *layout) removeFlowField(f *field) ([]splice, error) {
	for i := range l.fields {
		if &l.fields[i] != f {
			continue
		}
		switch {
		case i > 0:
			return []splice{{start: l.fields[i-1].end, end: f.end}}, nil
		case len(l.fields) > 1:
			return []splice{{start: f.start, end: l.fields[1].start}}, nil
		}
	}
	return nil, refuseAt(f.key, "the key is the only one of %s", l.key.Value)
}

// comments are the comments on the lines between two offsets, as lines of their
// own. The lines hold nothing but a key and short texts.
func (l *layout) comments(start, end int) []string {
	lines := []string{}
	for at := start; at < end; at = l.nextLine(at) {
		line := l.text[at:l.lineEnd(at)]
		hash := commentStart(line)
		if hash < 0 {
			continue
		}
		indent := line[:len(line)-len(bytes.TrimLeft(line, " "))]
		if hash == len(indent) {
			lines = append(lines, string(line))
		} else {
			lines = append(lines, string(indent)+string(line[hash:]))
		}
	}
	return lines
}

// commentStart finds the # that begins a comment on a line, -1 where there is
// none. Quotes hide it.
func commentStart(line []byte) int {
	var quote byte
	for i, c := range line {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && (i == 0 || bytes.IndexByte([]byte(" \t[{,"), line[i-1]) >= 0):
			quote = c
		case c == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return i
		}
	}
	return -1
}
