package daemon

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// RefusedError says why a daemon.json is not edited.
type RefusedError struct {
	// Line counts from 1; 0 where no line is to blame.
	Line int
	// Reason is a clause, Next a sentence that says the next step.
	Reason, Next string
}

// Error is the reason, with the line.
func (e *RefusedError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("daemon.json is not edited: line %d: %s", e.Line, inspect.Printable(e.Reason))
	}
	return "daemon.json is not edited: " + inspect.Printable(e.Reason)
}

// Hint is the next step.
func (e *RefusedError) Hint() string { return e.Next }

// Edited is what an edit comes to.
type Edited struct {
	// Content is the same as before, byte for byte, where all is set already.
	Content []byte
	// Made are the settings that were not there before.
	Made []Setting
	// Notes say what each may break and what to do next, a sentence or two each.
	Notes []string
}

// bom is passed over by the daemon (moby daemon/config,
// getConflictFreeConfiguration).
var bom = []byte("\xef\xbb\xbf")

// Edit merges the settings into the content of a daemon.json, which may be
// empty. Whatever else stands there stays as it is, in its place and layout; a
// ulimit or a bound on logs that is there already stays, too. logDriver is the
// engine's default driver, "" where it is not known. The error is a
// *RefusedError.
func Edit(content []byte, logDriver string, settings ...Setting) (Edited, error) {
	e := editor{text: bytes.TrimPrefix(content, bom), driver: logDriver}
	if len(bytes.TrimSpace(e.text)) == 0 {
		e.text = []byte("{}\n")
	}
	if err := checkJSON(e.text); err != nil {
		return Edited{}, err
	}
	was := values(e.text)
	for _, s := range settings {
		if err := e.set(s); err != nil {
			return Edited{}, err
		}
	}
	if len(e.made) == 0 {
		return Edited{Content: content, Notes: e.notes}, nil
	}
	if err := e.verify(was); err != nil {
		return Edited{}, err
	}
	if bytes.HasPrefix(content, bom) {
		e.text = slices.Concat(bom, e.text)
	}
	e.advise()
	return Edited{Content: e.text, Made: e.made, Notes: e.notes}, nil
}

// editor changes a text setting by setting.
type editor struct {
	text   []byte
	driver string
	made   []Setting
	notes  []string
}

// set makes one setting, unless it is there.
func (e *editor) set(s Setting) error {
	top, err := scan(e.text, 0)
	if err != nil {
		return &RefusedError{Reason: err.Error(), Next: "Mend the file first."}
	}
	style := styleOf(e.text, top)
	if s.wanted.key == "log-opts" && !e.bounded(top) {
		return nil
	}
	p, there := top.find(s.wanted.key)
	if !there {
		e.insert(top, s.wanted, style, 0)
		e.made = append(e.made, s)
		return nil
	}
	var have any
	// It was found to be JSON.
	_ = json.Unmarshal(e.text[p.value:p.valueTo], &have)
	o, _ := have.(map[string]any)
	switch {
	case s.more && len(o) > 0:
		return e.addTo(p, s, style)
	case reflect.DeepEqual(have, plain(s.wanted.value)):
	case s.Explicit && have != "" && have != nil:
		e.notes = append(e.notes, s.Name+" is set already, and stays as it is.")
	default:
		e.splice(p.value, p.valueTo, text(s.wanted.value, style, 1))
		e.made = append(e.made, s)
	}
	return nil
}

// addTo adds to an object what it has not.
func (e *editor) addTo(p place, s Setting, layout style) error {
	inner, err := scan(e.text[p.value:p.valueTo], p.value)
	if err != nil {
		return &RefusedError{Line: line(e.text, p.value), Reason: err.Error(), Next: "Mend the file first."}
	}
	if !bytes.Contains(e.text[inner.open:inner.members[0].begin], []byte("\n")) {
		layout.indent = "" // it stands on one line
	}
	added := false
	wanted := s.wanted.value.(object)
	for _, m := range slices.Backward(wanted) {
		if _, there := inner.find(m.key); !there {
			e.insert(inner, m, layout, 1)
			added = true
		}
	}
	if added {
		e.made = append(e.made, s)
	}
	return nil
}

// insert puts a member behind the last one.
func (e *editor) insert(o scanned, m member, s style, depth int) {
	written := fmt.Sprintf("%q: %s", m.key, text(m.value, s, depth+1))
	step := s.newline + strings.Repeat(s.indent, depth+1)
	switch {
	case len(o.members) == 0:
		e.splice(o.open, o.end, step+written+s.newline+strings.Repeat(s.indent, depth))
	case s.indent == "":
		at := o.members[len(o.members)-1].valueTo
		e.splice(at, at, ", "+written)
	default:
		at := o.members[len(o.members)-1].valueTo
		e.splice(at, at, ","+step+written)
	}
}

func (e *editor) splice(from, to int, with string) {
	e.text = slices.Concat(e.text[:from], []byte(with), e.text[to:])
}

// bounded says whether bounds are the options of the driver that is in force:
// others refuse them, and the daemon would not start.
func (e *editor) bounded(top scanned) bool {
	driver := e.driver
	if p, ok := top.find("log-driver"); ok {
		// A value of another kind leaves the driver as it is known.
		_ = json.Unmarshal(e.text[p.value:p.valueTo], &driver)
	}
	if driver = cmp.Or(driver, "json-file"); driver == "json-file" || driver == "local" {
		return true
	}
	e.notes = append(e.notes, fmt.Sprintf("Logs go to %s, which has bounds of its own, so log-opts stay as they are.", inspect.Printable(driver)))
	return false
}

// values are the top-level values of a text that was found to be an object.
func values(content []byte) map[string]any {
	out := map[string]any{}
	_ = json.Unmarshal(content, &out)
	return out
}

// verify reads the edited text back: what was set is there, and nothing else
// changed.
func (e *editor) verify(was map[string]any) error {
	if err := checkJSON(e.text); err != nil {
		return err
	}
	is := values(e.text)
	for _, s := range e.made {
		if !holds(is[s.wanted.key], plain(s.wanted.value), was[s.wanted.key], s.more) {
			return &RefusedError{Reason: "the edit would not set " + s.Name, Next: "Set it by hand."}
		}
		delete(is, s.wanted.key)
	}
	rest := maps.Clone(was)
	for _, s := range e.made {
		delete(rest, s.wanted.key)
	}
	if !reflect.DeepEqual(is, rest) {
		return &RefusedError{Reason: "the edit would change other settings", Next: "Set it by hand."}
	}
	return nil
}

// holds says whether the value is the wanted one; of an object to which was
// added, whether it is what was there with the wanted ones besides.
func holds(is, wanted, was any, more bool) bool {
	before, isObject := was.(map[string]any)
	if !more || !isObject {
		return reflect.DeepEqual(is, wanted)
	}
	joined := maps.Clone(wanted.(map[string]any))
	maps.Copy(joined, before)
	return reflect.DeepEqual(is, joined)
}

// advise says what each setting may break, and what to do next.
func (e *editor) advise() {
	for _, s := range e.made {
		e.notes = append(e.notes, fmt.Sprintf("%s may break: %s Afterwards `bulkhead audit` shows %s closed.", s.Name, s.MayBreak(), s.Check))
		if s.note != "" {
			e.notes = append(e.notes, s.note)
		}
	}
	e.notes = append(e.notes,
		"The daemon refuses to start where a key stands both here and on its command line: look at `systemctl cat docker` first.",
		"Since Engine 23.0 `dockerd --validate --config-file FILE` checks the file without starting anything.",
		"The daemon reads it when it starts. Unless live-restore is in force already, that restart stops every container.")
}
