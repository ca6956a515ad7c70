package list

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/tui/part/strip"
	"bulkhead/ui/tui/theme"
)

// filter says which workloads are shown. The zero filter shows all.
type filter struct {
	// words must all be in a workload's names, image or run state.
	words []string
	// least is the severity that the gravest finding must reach; Info, the
	// lowest, asks for nothing.
	least inspect.Severity
	// states and layers ask for a layer of these in one of these states; without
	// layers any will do.
	states []inspect.State
	layers []inspect.Layer
}

// chosen is the answer of the dialog that f opens.
type chosen struct {
	states []inspect.State
	layers []inspect.Layer
}

func (f filter) admits(e entry) bool {
	for _, w := range f.words {
		if !strings.Contains(e.search, w) {
			return false
		}
	}
	if f.least > inspect.Info && (e.clean || e.worst < f.least) {
		return false
	}
	return len(f.states) == 0 || f.finds(e.audited.Layers)
}

// finds looks for a layer in one of the states.
func (f filter) finds(states []inspect.LayerState) bool {
	for _, l := range inspect.Layers() {
		if len(f.layers) > 0 && !slices.Contains(f.layers, l) {
			continue
		}
		if slices.Contains(f.states, strip.StateOf(states, l)) {
			return true
		}
	}
	return false
}

// String says in words what the filter asks for beyond the text; "" is nothing.
func (f filter) String() string {
	var parts []string
	if f.least > inspect.Info {
		parts = append(parts, severityWords(f.least))
	}
	if len(f.states) > 0 {
		parts = append(parts, layerWords(f.states, f.layers))
	}
	return strings.Join(parts, ", and ")
}

func severityWords(s inspect.Severity) string {
	if s == inspect.Critical {
		return "worst is critical"
	}
	return "worst is " + s.String() + " or graver"
}

// layerWords is "open or partly in network or limits".
func layerWords(states []inspect.State, layers []inspect.Layer) string {
	where := "any layer"
	if len(layers) > 0 {
		where = alternatives(layers)
	}
	return alternatives(states) + " in " + where
}

// alternatives joins the values with commas and an or.
func alternatives[T ~string](all []T) string {
	out := ""
	for i, v := range all {
		switch {
		case i == 0:
		case i == len(all)-1:
			out += " or "
		default:
			out += ", "
		}
		out += string(v)
	}
	return out
}

func (p *Page) filter() filter {
	f := p.asked
	f.words = strings.Fields(strings.ToLower(p.query()))
	return f
}

// filtering says that a filter is active, whether or not it hides something.
func (p *Page) filtering() bool { return p.query() != "" || p.asked.String() != "" }

// nextSeverity asks for the next graver severity, after the gravest for none.
func (p *Page) nextSeverity() {
	p.asked.least++
	if p.asked.least > inspect.Critical {
		p.asked.least = inspect.Info
	}
	p.refilter(p.selected(), 0)
}

// clear shows all.
func (p *Page) clear() {
	p.asked = filter{}
	p.input.SetValue("")
	p.refilter(p.selected(), 0)
}

func (p *Page) choose(c chosen) {
	p.asked.states, p.asked.layers = c.states, c.layers
	p.refilter(p.selected(), 0)
}

// askLayers is the dialog in which states and layers are chosen.
func (p *Page) askLayers() dialog.Dialog {
	states := dialog.Column{Title: "Workloads that are"}
	for _, s := range strip.States() {
		states.Options = append(states.Options, dialog.Option{
			Label: string(s), Draw: func(t *theme.Theme) string { return t.State(s).String() },
			Chosen: slices.Contains(p.asked.states, s),
		})
	}
	layers := dialog.Column{Title: "in one of these layers"}
	for _, l := range inspect.Layers() {
		layers.Options = append(layers.Options, dialog.Option{Label: string(l), Chosen: slices.Contains(p.asked.layers, l)})
	}
	d := dialog.NewChoice("Filter by layers", states, layers)
	d.Say = p.sayChoice
	d.Answer = func(columns []dialog.Column) tea.Msg { return answer(columns) }
	return d
}

// answer reads the two columns. Layers without a state mean the states that
// have something to mend.
func answer(columns []dialog.Column) chosen {
	var c chosen
	for _, o := range columns[0].Options {
		if o.Chosen {
			c.states = append(c.states, inspect.State(o.Label))
		}
	}
	for _, o := range columns[1].Options {
		if o.Chosen {
			c.layers = append(c.layers, inspect.Layer(o.Label))
		}
	}
	if len(c.layers) > 0 && len(c.states) == 0 {
		c.states = []inspect.State{inspect.Open, inspect.Partly}
	}
	return c
}

func (p *Page) sayChoice(columns []dialog.Column) string {
	c := answer(columns)
	f := p.filter()
	f.states, f.layers = c.states, c.layers
	n := 0
	for _, e := range p.entries {
		if f.admits(e) {
			n++
		}
	}
	words := "no layer asked for"
	if len(c.states) > 0 {
		words = layerWords(c.states, c.layers)
	}
	return fmt.Sprintf("%d of %d workloads: %s", n, len(p.entries), words)
}

// filterLines say the active filter in words, in at most h lines, with how many
// workloads it leaves.
func (p *Page) filterLines(w, h int) block.Block {
	if h <= 0 || !p.typing && !p.filtering() {
		return nil
	}
	t := p.theme
	count := t.Muted.Render(fmt.Sprintf("%d of %d", p.shown(), len(p.entries)))
	room := max(1, w-block.Width(count)-6)
	var out block.Block
	if p.typing || p.query() != "" {
		text := block.Clean(p.query())
		if p.typing {
			text = p.input.View()
		}
		out = append(out, "  "+t.Accent.Render("/ ")+text)
	}
	if words := p.asked.String(); words != "" {
		lead := t.Accent.Render("› ")
		for _, line := range block.Wrap(words, room) {
			out = append(out, "  "+lead+t.Text.Render(line))
			lead = "  "
		}
	}
	if len(out) > h {
		out = append(out[:h-1:h-1], block.Cut(out[h-1], room)+t.Text.Render(" …"))
	}
	out[0] = block.Spread(out[0], count, w)
	return out.Fit(w, len(out))
}

// shown counts the workloads that the filter leaves.
func (p *Page) shown() int {
	n := 0
	for _, r := range p.rows {
		if r.selectable() {
			n++
		}
	}
	return n
}
