package composefile

import (
	"fmt"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// overAll asks every key what an override file has to say. Values of its own
// replace those of earlier files, lists of its own are joined to them.
func (w *wanted) overAll() error {
	for _, c := range w.plan.Changes {
		if len(keys[c.Dial]) == 0 {
			return refuse(0, byHand, "the plan turns a dial that a Compose file has no key for: %s", c.Dial)
		}
	}
	if moves := w.moves(); len(moves) > 0 {
		return refuse(0, "Move it in the file that sets it.", "an override file does not take %s out of the environment", moves[0].Variable)
	}
	for _, key := range []func() error{
		w.user, w.overPrivileged, w.overCapabilities, w.overSecurityOpt, w.readOnly, w.overTmpfs, w.overVolumes, w.overPorts, w.overLimits, w.overBeside,
	} {
		if err := key(); err != nil {
			return err
		}
	}
	ordered(w.outcomes)
	return nil
}

func (w *wanted) overPrivileged() error {
	if _, ok := w.change(inspect.DialPrivileged); !ok {
		return nil
	}
	return w.single(outcome{key: "privileged", scalar: "false"})
}

func (w *wanted) overCapabilities() error {
	keep, ok := w.plan.Capabilities()
	if !ok {
		return nil
	}
	// What is dropped besides says nothing beside ALL, and stays.
	drop := w.today.CapDrop
	if err := w.over("cap_drop", drop, append([]string{"ALL"}, drop...), inspect.NormalizeCap); err != nil {
		return err
	}
	return w.over("cap_add", w.today.CapAdd, keep.Names(), inspect.NormalizeCap)
}

// over makes a joined list what it is to be. same says how two entries are
// compared.
func (w *wanted) over(key string, today, want []string, same func(string) string) error {
	missing, extra := minus(want, today, same), minus(today, want, same)
	if len(missing)+len(extra) == 0 {
		return nil
	}
	f := w.field(key)
	switch {
	case len(extra) == 0 && (f == nil || f.value.Tag != reset):
		if f != nil {
			if _, err := w.items(f); err != nil {
				return err
			}
		}
		w.add(outcome{key: key, add: missing})
		return nil
	case f != nil:
		return w.overOwn(f, extra, missing, same)
	}
	return w.replaceWhole(outcome{key: key, add: want}, extra)
}

// replaceWhole writes a list that stands for all that the other files say, since
// extra has to go from it.
func (w *wanted) replaceWhole(o outcome, extra []string) error {
	if !w.request.Tags {
		return refuse(0, "Use docker compose 2.24.4 or later, or take it out by hand.",
			"%s has to be taken out of %s, which an override file cannot do for the Compose program in use", strings.Join(extra, ", "), o.key)
	}
	w.note(fmt.Sprintf("The override replaces %s whole; what the other files add to it later does not count.", o.key))
	o.tag = override
	if o.none() {
		o.tag, o.scalar = reset, "[]"
	}
	w.add(o)
	return nil
}

// overOwn takes entries out of a list of the override's own.
func (w *wanted) overOwn(f *field, extra, missing []string, same func(string) string) error {
	items, err := w.items(f)
	if err != nil {
		return err
	}
	o := outcome{key: f.key.Value, remove: map[int]bool{}, add: missing}
	for i, item := range items {
		if slices.ContainsFunc(extra, func(e string) bool { return same(e) == same(item.Value) }) {
			o.remove[i] = true
		}
	}
	if len(o.remove) < len(extra) {
		return refuse(f.key.Line, "Take the key out of the override file first.",
			"%s also comes from another file, and has entries that must go", o.key)
	}
	return w.settle(o, items, false)
}

// minus are the entries of a that b does not hold.
func minus(a, b []string, same func(string) string) []string {
	var out []string
	for _, entry := range a {
		if !slices.ContainsFunc(b, func(other string) bool { return same(other) == same(entry) }) {
			out = append(out, entry)
		}
	}
	return out
}

// asWritten compares entries as they stand.
func asWritten(s string) string { return s }

// escaped are texts of the model as a file has to write them.
func escaped(texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, escape(t))
	}
	return out
}

func (w *wanted) overSecurityOpt() error {
	options, err := w.options()
	if err != nil || len(options) == 0 {
		return err
	}
	today := escaped(w.model.SecurityOpt)
	want := slices.Clone(today)
	for _, option := range options {
		want = slices.DeleteFunc(want, func(entry string) bool {
			kind, _ := inspect.SecurityOption(entry)
			return kind == option.kind
		})
		want = append(want, option.text(":"))
	}
	return w.over("security_opt", today, want, asWritten)
}

func (w *wanted) overTmpfs() error {
	today := escaped(w.model.Tmpfs)
	want := slices.Clone(today)
	for _, m := range w.plan.Tmpfs() {
		if slices.Contains(w.today.Tmpfs, m) {
			continue
		}
		if err := w.checkTmpfs(m); err != nil {
			return err
		}
		if setting := w.longTmpfs(m.Path); setting != "" {
			return refuse(w.sources[setting].Line, "Change that mount by hand.", "%s is mounted as a tmpfs under volumes, which an override file cannot turn into one with these options", m.Path)
		}
		want = slices.DeleteFunc(want, func(t string) bool { return samePath(tmpfsPath(t), m.Path) })
		want = append(want, escape(m.String()))
	}
	return w.over("tmpfs", today, want, asWritten)
}
