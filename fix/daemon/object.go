package daemon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// object is a JSON object in the order in which it is written. Its values are
// booleans, numbers, strings and objects.
type object []member

type member struct {
	key   string
	value any
}

// text writes a value; an object breaks over lines where indent is not "".
func text(value any, style style, depth int) string {
	o, ok := value.(object)
	if !ok {
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		// What is written here is of kinds that JSON has.
		_ = e.Encode(value)
		return strings.TrimSuffix(out.String(), "\n")
	}
	var members []string
	for _, m := range o {
		members = append(members, fmt.Sprintf("%q: %s", m.key, text(m.value, style, depth+1)))
	}
	if style.indent == "" {
		return "{" + strings.Join(members, ", ") + "}"
	}
	inner := style.newline + strings.Repeat(style.indent, depth+1)
	return "{" + inner + strings.Join(members, ","+inner) + style.newline + strings.Repeat(style.indent, depth) + "}"
}

// plain is the value as encoding/json reads it.
func plain(value any) any {
	switch v := value.(type) {
	case object:
		out := map[string]any{}
		for _, m := range v {
			out[m.key] = plain(m.value)
		}
		return out
	case int:
		return float64(v)
	}
	return value
}

// style is how a file is laid out: its line ends and one step of indentation,
// "" where everything stands on one line.
type style struct{ newline, indent string }
