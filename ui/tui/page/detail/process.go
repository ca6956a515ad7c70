package detail

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/judgement"
	"bulkhead/ui/tui/theme"
)

// trait is what the kernel says of a process in one respect, and the layer that
// judges it.
type trait struct {
	name, text string
	layer      inspect.Layer
}

// process draws one process, each trait with the findings that name the process
// in its layer.
func process(t *theme.Theme, p inspect.Process, a inspect.Audited, w int) block.Block {
	named := findingsOn(a, p.PID)
	side := judgement.Side(t.Line)
	if worst, ok := gravest(named); ok {
		side = judgement.Side(t.Severity(worst).Style)
	}
	title := fmt.Sprintf("%d  %s", p.PID, block.Clean(p.Command))
	if p.Executed {
		title += "  (started by exec)"
	}
	var out block.Block
	for _, line := range block.Wrap(title, max(1, w-block.Width(side))) {
		out = append(out, side+t.Strong.Render(line))
	}
	var fields []judgement.Field
	for _, one := range traits(p) {
		field := judgement.Field{Name: one.name, Text: one.text}
		fields = append(fields, field)
		for _, f := range named {
			if f.Layer == one.layer {
				fields = append(fields, marked(t, f))
			}
		}
	}
	for _, f := range named {
		if !judgesTrait(f.Layer) {
			fields = append(fields, marked(t, f))
		}
	}
	return append(out, judgement.Fields(t, side, fields, w)...)
}

// marked is a finding as a field under the trait it is about.
func marked(t *theme.Theme, f inspect.Finding) judgement.Field {
	m := t.Severity(f.Severity)
	return judgement.Field{Text: m.Glyph + " " + m.Word + ": " + f.Title, Style: &m.Style}
}

func traits(p inspect.Process) []trait {
	return []trait{
		{"user", user(p), inspect.LayerUser},
		{"capabilities", capabilities(p), inspect.LayerCapabilities},
		{"no-new-privileges", yesNo(p.NoNewPrivileges), inspect.LayerEscalation},
		{"seccomp", seccompMode(p.Seccomp), inspect.LayerSeccomp},
		{"label", label(p.Label), inspect.LayerMAC},
	}
}

func judgesTrait(l inspect.Layer) bool {
	for _, one := range traits(inspect.Process{}) {
		if one.layer == l {
			return true
		}
	}
	return false
}

func user(p inspect.Process) string {
	text := fmt.Sprintf("%d:%d", p.UID, p.GID)
	if p.UID == 0 {
		text = "root (" + text + ")"
	}
	switch {
	case p.HostUID == 0 && p.UID == 0:
		return text + ", root on the host too"
	case p.HostUID != p.UID:
		return fmt.Sprintf("%s, %d on the host", text, p.HostUID)
	}
	return text
}

// capabilities says the effective set, and what of the bounding set could still
// be gained.
func capabilities(p inspect.Process) string {
	text := p.Effective.String()
	switch {
	case p.Effective.Has(inspect.AllCaps):
		text = fmt.Sprintf("all %d", p.Effective.Len())
	case p.Effective != 0:
		text = fmt.Sprintf("%d: %s", p.Effective.Len(), text)
	}
	if rest := p.Bounding.Without(p.Effective).Len(); rest > 0 {
		more := " more"
		if p.Effective == 0 {
			more = ""
		}
		text += fmt.Sprintf("; the bounding set has %d%s", rest, more)
	}
	return text
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// seccompMode names the modes of seccomp(2) as proc_pid_status(5) numbers them.
func seccompMode(mode int) string {
	switch mode {
	case 0:
		return "off"
	case 1:
		return "strict"
	case 2:
		return "filter"
	}
	return fmt.Sprintf("mode %d, which is not known here", mode)
}

func label(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// findingsOn are the findings whose evidence or title names the process by its
// number.
func findingsOn(a inspect.Audited, pid int) []inspect.Finding {
	var out []inspect.Finding
	for _, l := range a.Layers {
		for _, f := range l.Findings {
			if names(f.Title, pid) || names(f.Evidence, pid) {
				f.Layer = l.Layer
				out = append(out, f)
			}
		}
	}
	return out
}

// names says whether the text speaks of the process of that number: "PID 4711",
// "process 4711".
func names(text string, pid int) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, word := range words {
		if i == 0 || word != strconv.Itoa(pid) {
			continue
		}
		if before := words[i-1]; strings.EqualFold(before, "pid") || strings.EqualFold(before, "process") {
			return true
		}
	}
	return false
}

func gravest(all []inspect.Finding) (inspect.Severity, bool) {
	worst := inspect.Info
	for _, f := range all {
		worst = max(worst, f.Severity)
	}
	return worst, len(all) > 0
}
