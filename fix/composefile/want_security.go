package composefile

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"bulkhead/fix/writes"
	"bulkhead/inspect"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

// option is one entry that security_opt has to hold.
type option struct {
	kind, value string
	// says whether an entry's text already says it.
	says func(entry string) bool
}

func (o option) text(separator string) string { return o.kind + separator + o.value }

func (w *wanted) securityOpt() error {
	options, err := w.options()
	if err != nil || len(options) == 0 {
		return err
	}
	const key = "security_opt"
	items, inherited, err := w.listOrInherited(key)
	if err != nil {
		return err
	}
	o := outcome{key: key, remove: map[int]bool{}, replace: map[int]string{}}
	for _, option := range options {
		if err := option.settle(&o, items); err != nil {
			return err
		}
	}
	return w.settle(o, items, inherited)
}

// settle leaves what says the option already, takes out what says otherwise,
// and puts it in where nothing says it. A replaced entry keeps its spelling.
func (o option) settle(out *outcome, items []*yaml.Node) error {
	said, otherwise := false, []int{}
	for i, item := range items {
		kind, _ := inspect.SecurityOption(item.Value)
		switch {
		case kind != o.kind:
		case strings.Contains(item.Value, "$"):
			return governed(item, out.key)
		case o.says(item.Value):
			said = true
		default:
			otherwise = append(otherwise, i)
		}
	}
	if !said && len(otherwise) == 0 {
		out.add = append(out.add, o.text(":"))
		return nil
	}
	for _, i := range otherwise {
		if said {
			out.remove[i] = true
			continue
		}
		out.replace[i], said = o.text(o.separator(items[i].Value)), true
	}
	return nil
}

// separator is how an entry splits its key from its value. Whatever switches
// no-new-privileges off was no valid example to follow.
func (o option) separator(entry string) string {
	if o.kind != noNewPrivileges && strings.HasPrefix(entry, o.kind+"=") {
		return "="
	}
	return ":"
}

const noNewPrivileges = "no-new-privileges"

// options are the entries that the plan asks for and that do not count today.
func (w *wanted) options() ([]option, error) {
	var out []option
	if _, ok := w.change(inspect.DialNoNewPrivileges); ok {
		out = append(out, option{noNewPrivileges, "true", func(entry string) bool {
			on, _ := inspect.ParseNoNewPrivileges(entry)
			return on
		}})
	}
	for _, c := range w.plan.Of(inspect.DialSeccomp) {
		reference, err := w.profile(c.Profile)
		if err != nil {
			return nil, err
		}
		if entry := counts(w.model, "seccomp"); entry != reference {
			out = append(out, exactly("seccomp", reference))
		}
	}
	for _, c := range w.plan.Of(inspect.DialAppArmor) {
		if entry := counts(w.model, "apparmor"); entry != c.Profile.Name {
			out = append(out, exactly("apparmor", escape(c.Profile.Name)))
		}
	}
	return out, nil
}

// exactly is an option that only its own value says.
func exactly(kind, value string) option {
	return option{kind, value, func(entry string) bool {
		_, said := inspect.SecurityOption(entry)
		return said == value
	}}
}

// counts is the value that counts: the last one, as the engine takes it.
func counts(s types.ServiceConfig, kind string) string {
	value := ""
	for _, entry := range s.SecurityOpt {
		if k, v := inspect.SecurityOption(entry); k == kind {
			value = v
		}
	}
	return value
}

// profile is how the file refers to a seccomp profile, and notes the file that
// has to hold it: Compose reads it itself, relative to the project directory.
func (w *wanted) profile(p inspect.Profile) (string, error) {
	name, err := profileName(p, w.request.Service)
	if err != nil {
		return "", err
	}
	file := writes.File{Path: filepath.Join(w.project.Dir, name), Content: []byte(p.Text), Mode: 0o644}
	file.Before, err = os.ReadFile(file.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", refuse(0, "Move that file away, or make it readable.", "the profile's file %s cannot be read", name)
	}
	if string(file.Before) != p.Text {
		w.files = append(w.files, file)
	}
	w.note("docker-compose before version 2 finds the profile " + name + " only when it is started in " + inspect.Printable(w.project.Dir) + ".")
	return "./" + name, nil
}

// profileName is the name of a profile's file.
func profileName(p inspect.Profile, service string) (string, error) {
	if p.Text == "" {
		return "", refuse(0, "Record the profile again.", "the plan holds no text for the seccomp profile %s", p.Path)
	}
	name := path.Base(filepath.ToSlash(p.Path))
	if p.Path == "" {
		name = "seccomp-" + service + ".json"
	}
	if !plainName.MatchString(name) {
		return "", refuse(0, "Give the profile a plain name.", "the profile's file name %q cannot be written in security_opt", name)
	}
	return name, nil
}

// plainName is a file name without anything that YAML, Compose or a shell reads
// otherwise, and none that starts hidden.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
