package report

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/strip"
	"bulkhead/ui/tui/theme"
)

// roomForNames is the width from which a column has its layer's short name as
// its heading; below it has only the first letter.
const roomForNames = 96

// strips writes the table of workloads and layer states, then what its glyphs
// and headings mean.
func (p *printer) strips(all []inspect.Audited) {
	layers := shown(all)
	pitch := 2
	if p.width >= roomForNames {
		pitch = 4
	}
	room := p.width - len(layers)*pitch - len("  ▲ critical") + 2
	room = min(room, longest(all))
	head := pad("", room)
	for _, l := range layers {
		head += " " + pad(heading(l, pitch), pitch-1)
	}
	p.line("")
	p.line(p.t.Muted.Render(head + "  worst"))
	for _, a := range all {
		p.line(p.strip(a, layers, pitch, room))
	}
	p.line("")
	var states, names []string
	for _, s := range theme.States() {
		states = append(states, p.t.State(s).String())
	}
	for _, l := range layers {
		names = append(names, heading(l, pitch)+" "+string(l))
	}
	p.line(strings.Join(states, "  "))
	p.words(names)
}

func (p *printer) strip(a inspect.Audited, layers []inspect.Layer, pitch, room int) string {
	row := pad(inspect.Truncate(inspect.Printable(a.Workload.Name), room), room)
	for _, l := range layers {
		row += " " + pad(p.t.State(strip.StateOf(a.Layers, l)).Dot(), pitch-1)
	}
	return row + "  " + subject{audited: a}.mark(p.t).String()
}

// words writes phrases, none of them broken over two lines.
func (p *printer) words(phrases []string) {
	line := ""
	for _, phrase := range phrases {
		if line != "" && ansi.StringWidth(line)+len("  ")+ansi.StringWidth(phrase) > p.width {
			p.line(p.t.Muted.Render(line))
			line = ""
		}
		if line != "" {
			line += "  "
		}
		line += phrase
	}
	p.line(p.t.Muted.Render(line))
}

// shown are the layers that the audit holds: all, but where some were chosen.
func shown(all []inspect.Audited) []inspect.Layer {
	have := map[inspect.Layer]bool{}
	for _, a := range all {
		for _, l := range a.Layers {
			have[l.Layer] = true
		}
	}
	var out []inspect.Layer
	for _, l := range inspect.Layers() {
		if have[l] {
			out = append(out, l)
		}
	}
	return out
}

func heading(l inspect.Layer, pitch int) string {
	name := strip.Short(l)
	if pitch == 2 && name != "" {
		return name[:1]
	}
	return name
}

// longest is the width of the longest name, at least that of a short one.
func longest(all []inspect.Audited) int {
	width := len("workload")
	for _, a := range all {
		width = max(width, ansi.StringWidth(inspect.Printable(a.Workload.Name)))
	}
	return width
}

// count writes a number with its words: "1 finding is", "2 findings are".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
