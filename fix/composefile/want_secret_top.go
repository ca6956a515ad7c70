package composefile

import (
	"bytes"
	"strings"

	"bulkhead/inspect"

	"go.yaml.in/yaml/v4"
)

// declare declares the secrets at the top of the file.
func (w *wanted) declare(moves []inspect.Secret) error {
	var declared []outcome
	for _, s := range moves {
		declared = append(declared, outcome{key: s.Name, below: []outcome{{key: "file", text: "./secrets/" + s.Name + ".txt"}}})
	}
	return w.declareTop("secrets", declared)
}

// declareTop declares things below a key at the top of the file.
func (w *wanted) declareTop(key string, declared []outcome) error {
	f := own(w.root, key)
	switch {
	case f == nil && w.root.Style&yaml.FlowStyle != 0:
		all := *w.layout
		all.key, all.mapping, all.fields = w.root.Content[0], w.root, nil
		if err := all.readFields(); err != nil {
			return err
		}
		w.top = append(w.top, all.insertFlow([]outcome{{key: key, below: declared}}))
		return nil
	case f == nil:
		w.top = append(w.top, w.appendKey(outcome{key: key, below: declared}))
		return nil
	}
	inner, err := w.within(f.key, f.value)
	if err != nil {
		return err
	}
	if inner.flow {
		w.top = append(w.top, inner.insertFlow(declared))
		return nil
	}
	w.top = append(w.top, inner.insertBlock(inner.after(len(inner.fields)-1), declared))
	return nil
}

// appendKey writes a new key behind everything else in the file, parted from it
// as the last key is, or by an empty line where that is the services.
func (w *wanted) appendKey(o outcome) splice {
	lines := w.lines("", o)
	if last := w.root.Content[len(w.root.Content)-2]; last.Value == "services" || w.blankBefore(last) {
		lines = append([]string{""}, lines...)
	}
	at := 0
	if text := bytes.TrimRight(w.text, " \t\r\n"); len(text) > 0 {
		at = w.nextLine(len(text) - 1)
	}
	return splice{start: at, end: at, lines: lines}
}

// blankBefore says whether an empty line stands before the key, or before the
// comment on it.
func (s *source) blankBefore(key *yaml.Node) bool {
	for line := key.Line - 1; line > 0; line-- {
		text := strings.TrimSpace(string(s.text[s.lines[line-1]:s.lines[line]]))
		if !strings.HasPrefix(text, "#") {
			return text == ""
		}
	}
	return false
}
