package detail

import (
	"fmt"
	"strconv"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/judgement"
	"bulkhead/ui/tui/part/reader"
	"bulkhead/ui/tui/theme"
)

// write sets what to do first, the workload's layers, and what runs of it, in w
// cells.
func write(t *theme.Theme, a inspect.Audited, w int) reader.Text {
	w = max(1, w)
	var x reader.Text
	if ranked := a.Summary(); len(ranked) > 0 {
		mark := t.Severity(ranked[0].Severity)
		mark.Word = strconv.Itoa(len(ranked))
		x.Add(whatFirst, mark, first(t, ranked, w))
	}
	for _, l := range a.Layers {
		x.Add(string(l.Layer), t.State(l.State), judgement.Layer(t, l, w))
	}
	if len(a.Layers) == 0 {
		x.Add("layers", t.State(inspect.Unknown), block.Block{t.Doubt.Render("? No layer of this workload was judged.")})
	}
	if len(a.Workload.Unresolved) > 0 {
		x.Add(unknownSettings, t.State(inspect.Unknown), unresolved(t, a.Workload.Unresolved, w))
	}
	if mark, lines := running(t, a, w); lines != nil {
		x.Add(runningNow, mark, lines)
	}
	return x
}

// runningNow heads what the kernel says of the processes.
const runningNow = "running now"

// running draws the processes, or why they are not known; nothing where nobody
// asked.
func running(t *theme.Theme, a inspect.Audited, w int) (theme.Mark, block.Block) {
	processes := a.Workload.Processes
	if len(processes) == 0 {
		mark := t.State(inspect.Unknown)
		why := block.Clean(a.Workload.ProcessesUnknown)
		if why == "" {
			return mark, nil
		}
		out := block.Block{judgement.Heading(t, mark, runningNow, w)}
		out = append(out, judgement.Indent("  ", t.Text, "What really runs is not known. "+why, w)...)
		return mark, append(out, judgement.Indent("  ", t.Muted, "The layers above are judged by the settings alone.", w)...)
	}
	mark := t.Run(inspect.Running)
	mark.Word = fmt.Sprintf("%d procs", len(processes))
	head := mark
	head.Word = fmt.Sprintf("%d processes", len(processes))
	if len(processes) == 1 {
		mark.Word, head.Word = "1 proc", "1 process"
	}
	out := block.Block{judgement.Heading(t, head, runningNow, w)}
	out = append(out, judgement.Indent("  ", t.Faint, "What does the kernel say of its processes?", w)...)
	for _, p := range processes {
		out = append(append(out, ""), process(t, p, a, w)...)
	}
	return mark, out
}
