package engine

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
	"bulkhead/ui/tui/part/block"
	"bulkhead/ui/tui/part/judgement"
	"bulkhead/ui/tui/part/reader"
	"bulkhead/ui/tui/theme"
	"bulkhead/ui/workbench"
)

// write sets the page in w cells.
func write(t *theme.Theme, a workbench.Audit, w int) reader.Text {
	var x reader.Text
	add := func(name string, m theme.Mark, body block.Block) {
		x.Add(name, m, append(block.Block{judgement.Heading(t, m, name, w)}, body...))
	}
	h := a.Host
	if h.Known() {
		add("host", theme.Mark{Glyph: "►", Word: "answers", Style: t.Accent}, host(t, h, w))
	} else {
		add("host", t.State(inspect.Unknown), sentence(t, w, "No engine was asked: what is shown was read from Compose files alone.",
			"Start bulkhead without -f to look at the engine and its containers."))
	}
	layer := a.Engine
	if layer.Layer == "" {
		layer = inspect.LayerState{
			Layer: inspect.LayerEngine, State: inspect.Unknown,
			Reason: "This was not asked of any engine, so it is not known.",
		}
	}
	x.Add(string(layer.Layer), t.State(layer.State), judgement.Layer(t, layer, w))
	mark, lines := settings(t, h.Daemon, w)
	add("daemon settings", mark, lines)
	mark, lines = detection(t, h, w)
	add("detection", mark, lines)
	return x
}

func sentence(t *theme.Theme, w int, says ...string) block.Block {
	var out block.Block
	for _, text := range says {
		out = append(out, judgement.Indent("  ", t.Text, block.Clean(text), w)...)
	}
	return out
}

// fields are names with what is known; what the engine did not say is said to
// be unknown.
func fields(t *theme.Theme, w int, pairs ...string) block.Block {
	var all []judgement.Field
	for i := 0; i+1 < len(pairs); i += 2 {
		f := judgement.Field{Name: pairs[i], Text: pairs[i+1]}
		if f.Text == "" {
			f.Text, f.Style = "unknown: the engine does not say", &t.Doubt
		}
		all = append(all, f)
	}
	return judgement.Fields(t, "  ", all, w)
}

func host(t *theme.Theme, h inspect.Host, w int) block.Block {
	where := h.Endpoint
	if h.Context != "" {
		where = strings.TrimSpace(where + " (context " + h.Context + ")")
	}
	place := "this machine"
	if !h.Local {
		place = "another kernel than this machine's, so running processes cannot be read here"
	}
	return fields(t, w,
		"name", h.Name,
		"version", h.Version,
		"API", h.APIVersion,
		"reached by", where,
		"runs on", place,
		"system", strings.Trim(h.OS+"/"+h.Arch, "/"),
		"kernel", h.Kernel,
		"storage", h.StorageDriver,
		"cgroup", cgroup(h.CgroupVersion),
		"runtime", h.DefaultRuntime,
		"log driver", h.LogDriver,
		"users", users(h),
		"seccomp", seccomp(h),
		"LSMs", modules(h),
		"new privileges", newPrivileges(h),
	)
}

func cgroup(version string) string {
	if version == "" {
		return ""
	}
	return "version " + version
}

func users(h inspect.Host) string {
	switch {
	case h.Rootless:
		return "rootless: the engine runs as an ordinary user"
	case h.UsernsRemap:
		return "userns-remap: root inside is an ordinary user on the host"
	}
	return "neither rootless nor userns-remap: root inside is root on the host"
}

func seccomp(h inspect.Host) string {
	switch {
	case !h.Seccomp:
		return "not offered: no syscall is filtered"
	case h.SeccompProfile == "":
		return "offered; its default profile is unknown"
	case h.SeccompProfile == "default" || h.SeccompProfile == "builtin":
		return "the engine's own default profile"
	case h.SeccompProfile == "unconfined":
		return "unconfined by default: no syscall is filtered unless a container asks"
	}
	return "by default the profile " + h.SeccompProfile
}

func modules(h inspect.Host) string {
	var all []string
	if h.AppArmor {
		all = append(all, "AppArmor")
	}
	if h.SELinux {
		all = append(all, "SELinux")
	}
	if len(all) == 0 {
		return "neither AppArmor nor SELinux"
	}
	return strings.Join(all, ", ")
}

func newPrivileges(h inspect.Host) string {
	if h.NoNewPrivileges {
		return "no-new-privileges is set by default"
	}
	return "no-new-privileges is not set by default"
}

// settings are the configuration as it was read, and what of it was not.
func settings(t *theme.Theme, d *inspect.Daemon, w int) (theme.Mark, block.Block) {
	unknown := t.State(inspect.Unknown)
	if d == nil {
		return unknown, sentence(t, w, "Nothing of the daemon's configuration could be read.")
	}
	toggles := []struct {
		name  string
		value *bool
	}{
		{"icc", d.ICC}, {"live-restore", d.LiveRestore}, {"userland-proxy", d.UserlandProxy},
		{"no-new-privileges", d.NoNewPrivileges}, {"default-ulimits", d.DefaultUlimits}, {"experimental", d.Experimental},
	}
	mark := theme.Mark{Glyph: "●", Word: "read", Style: t.Good}
	var all []judgement.Field
	for _, s := range toggles {
		f := judgement.Field{Name: s.name, Text: onOff(s.value)}
		if s.value == nil {
			f.Style = &t.Doubt
			mark = theme.Mark{Glyph: "◐", Word: "partly", Style: t.Fair}
		}
		all = append(all, f)
	}
	all = append(all,
		judgement.Field{Name: "insecure registries", Text: list(d.InsecureRegistries)},
		judgement.Field{Name: "TCP without TLS", Text: list(d.PlainTCP)},
		judgement.Field{Name: "in the socket's group", Text: list(d.GroupMembers)},
		judgement.Field{Name: "read from", Text: list(d.Sources), Style: &t.Muted},
	)
	out := judgement.Fields(t, "  ", all, w)
	if len(d.Unread) > 0 {
		mark = theme.Mark{Glyph: "◐", Word: "partly", Style: t.Fair}
		out = append(out, "", "  "+t.Doubt.Render(block.Cut(fmt.Sprintf("? %d could not be read", len(d.Unread)), w-2)))
		for _, why := range d.Unread {
			out = append(out, judgement.Indent("    ", t.Text, block.Clean(why), w)...)
		}
	}
	return mark, out
}

func onOff(b *bool) string {
	switch {
	case b == nil:
		return "unknown"
	case *b:
		return "on"
	}
	return "off"
}

func list(all []string) string {
	if len(all) == 0 {
		return "none seen"
	}
	return strings.Join(all, ", ")
}

// detection says whether something watches the host at run time.
func detection(t *theme.Theme, h inspect.Host, w int) (theme.Mark, block.Block) {
	switch {
	case h.Detection != "":
		return theme.Mark{Glyph: "●", Word: "seen", Style: t.Good}, sentence(t, w, h.Detection+" watches what containers do.")
	case h.DetectionUnknown != "":
		return t.State(inspect.Unknown), sentence(t, w, h.DetectionUnknown, "Whether anyone would notice a break-in is not known.")
	case !h.Known():
		return t.State(inspect.Unknown), sentence(t, w, "No engine was asked, so nobody looked for it.")
	}
	return theme.Mark{Glyph: "○", Word: "none", Style: t.Bad}, sentence(t, w, "No run-time detection was seen. A break-in would go unnoticed.",
		"Falco is the usual one.")
}
