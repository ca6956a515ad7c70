package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// scanned is an object in a text: where its members stand.
type scanned struct {
	// open is behind the opening brace, end at the closing one.
	open, end int
	members   []place
}

// place is one member: its key, where the key begins, and its value's span.
type place struct {
	key                   string
	begin, value, valueTo int
}

func (s scanned) find(key string) (place, bool) {
	for _, p := range s.members {
		if p.key == key {
			return p, true
		}
	}
	return place{}, false
}

// scan finds the members of the object that the text is, from offset base on.
// The text has been found to be JSON.
func scan(data []byte, base int) (scanned, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		return scanned{}, err
	}
	s := scanned{open: base + int(d.InputOffset())}
	for d.More() {
		from := int(d.InputOffset())
		token, err := d.Token()
		if err != nil {
			return s, err
		}
		key, _ := token.(string)
		if _, twice := s.find(key); twice {
			return s, fmt.Errorf("the key %q stands there twice", key)
		}
		var raw json.RawMessage
		begin := from + bytes.IndexByte(data[from:], '"')
		if err := d.Decode(&raw); err != nil {
			return s, err
		}
		to := int(d.InputOffset())
		s.members = append(s.members, place{key, base + begin, base + to - len(raw), base + to})
	}
	_, err := d.Token()
	s.end = base + int(d.InputOffset()) - 1
	return s, err
}

// styleOf reads the layout off the first member of the file.
func styleOf(data []byte, top scanned) style {
	s := style{newline: "\n"}
	if bytes.Contains(data, []byte("\r\n")) {
		s.newline = "\r\n"
	}
	if len(top.members) == 0 {
		s.indent = "  "
		return s
	}
	gap := string(data[top.open:top.members[0].begin])
	if i := strings.LastIndexByte(gap, '\n'); i >= 0 {
		s.indent = gap[i+1:]
		if s.indent == "" {
			s.indent = "  "
		}
	}
	return s
}

// checkJSON refuses what is not one JSON object.
func checkJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	var all map[string]json.RawMessage
	if err := d.Decode(&all); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return &RefusedError{Line: line(data, int(syntax.Offset)), Reason: "it is not JSON: " + syntax.Error(), Next: "Mend the file first."}
		}
		return &RefusedError{Line: 1, Reason: "it is not a JSON object", Next: "Mend the file first."}
	}
	if all == nil {
		return &RefusedError{Line: 1, Reason: "it is not a JSON object", Next: "Mend the file first."}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &RefusedError{Line: line(data, int(d.InputOffset())), Reason: "something follows the JSON object", Next: "Mend the file first."}
	}
	return nil
}

func line(data []byte, offset int) int {
	return 1 + bytes.Count(data[:max(0, min(offset, len(data)))], []byte("\n"))
}
