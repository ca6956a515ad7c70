package composefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/fix/writes"
	"bulkhead/inspect"

	"go.yaml.in/yaml/v4"
)

// No refusal and no note here may quote what the file says of a variable: it is
// a secret.

// moves are the secrets that are still in the environment.
func (w *wanted) moves() []inspect.Secret {
	var out []inspect.Secret
	for _, c := range w.plan.Of(inspect.DialSecret) {
		if !fix.Meets(w.today, c) {
			out = append(out, c.Secret)
		}
	}
	return out
}

// secrets moves variables into secrets: in the environment, in the service's
// list, at the top of the file, and into files beside it.
func (w *wanted) secrets() error {
	moves := w.moves()
	if len(moves) == 0 {
		return nil
	}
	for _, s := range moves {
		if err := w.checkMove(s); err != nil {
			return err
		}
	}
	if err := w.leaveEnvironment(moves); err != nil {
		return err
	}
	items, inherited, err := w.listOrInherited("secrets")
	if err != nil {
		return err
	}
	given := outcome{key: "secrets"}
	for _, s := range moves {
		given.add = append(given.add, s.Name)
	}
	if err := w.settle(given, items, inherited); err != nil {
		return err
	}
	w.noteSecrets(moves)
	return w.declare(moves)
}

// checkMove refuses a secret whose name or file is taken, or that could not be
// shown safely.
func (w *wanted) checkMove(s inspect.Secret) error {
	switch _, taken := w.project.Compose.Secrets[s.Name]; {
	case !inspect.SecretName(s.Variable):
		return refuse(0, byHand, "%s is not named like a secret, so a diff would show its value", s.Variable)
	case !plainName.MatchString(s.Name):
		return refuse(0, byHand, "%q cannot be the name of a secret", s.Name)
	case taken:
		return refuse(0, byHand, "the project has a secret %s already", s.Name)
	case slices.Contains(w.today.Env, s.FileVariable):
		return refuse(w.key.Line, "Take one of the two out first.", "%s is set beside %s", s.FileVariable, s.Variable)
	}
	if _, err := os.Lstat(stub(w.project.Dir, s)); !errors.Is(err, fs.ErrNotExist) {
		return refuse(0, "Move that file away first.", "there is a file secrets/%s.txt already", s.Name)
	}
	if version := versionOf(w.request.Content); old(version) {
		return refuse(0, `Write version: "3.1" or later first; docker compose 2 does not ask for it.`,
			"the file says version %s, in which a service has no secrets", version)
	}
	return nil
}

// old says whether a file's version is from before secrets.
func old(version string) bool {
	major, minor, _ := strings.Cut(version, ".")
	return version != "" && (major == "1" || major == "2" || major == "3" && (minor == "" || minor == "0"))
}

// leaveEnvironment takes the variables out of the environment, and keeps their
// values for the files.
func (w *wanted) leaveEnvironment(moves []inspect.Secret) error {
	const key = "environment"
	f := w.field(key)
	switch {
	case f == nil && w.inherited[key] != nil:
		return refuse(w.key.Line, "Write the service's own environment out first, or change it where the anchor stands.",
			"%s comes through a merge key (<<), which may serve other services too", key)
	case f == nil:
		return w.elsewhere(moves[0])
	case f.value.Kind == yaml.SequenceNode:
		return w.leaveList(f, moves)
	}
	return w.leaveMapping(f, moves)
}

func (w *wanted) elsewhere(s inspect.Secret) error {
	where := "another place, such as an env_file"
	if from := w.sources["environment."+s.Variable]; from.File != "" && from.File != w.request.Path {
		where = from.File
	}
	return refuse(w.key.Line, "Move it by hand: take it out there, and name the secret in the service.",
		"%s is not set in the service's own environment but in %s", s.Variable, where)
}

func (w *wanted) leaveMapping(f *field, moves []inspect.Secret) error {
	inner, err := w.within(f.key, f.value)
	if err != nil {
		return err
	}
	o := outcome{key: f.key.Value}
	left := len(inner.fields)
	for _, s := range moves {
		e := inner.field(s.Variable)
		if inner.inherited[s.Variable] != nil {
			return refuse(f.key.Line, "Take it out where the anchor stands first.",
				"%s comes through a merge key (<<), which may serve other services too", s.Variable)
		}
		if e == nil {
			return w.elsewhere(s)
		}
		if err := w.keep(s, e.value, e.value.Value, e.value.ShortTag() == "!!null"); err != nil {
			return err
		}
		if e.value.ShortTag() == "!!null" && inner.flow {
			return refuseAt(e.key, "%s stands in braces without a value", s.Variable)
		}
		below := outcome{key: s.Variable, gone: true}
		if s.FileVariable != "" {
			below = outcome{key: s.Variable, becomes: &outcome{key: s.FileVariable, text: s.Path()}}
		} else {
			left--
		}
		o.below = append(o.below, below)
	}
	if left == 0 {
		o = outcome{key: o.key, gone: true}
	}
	w.add(o)
	return nil
}

func (w *wanted) leaveList(f *field, moves []inspect.Secret) error {
	items, err := w.items(f)
	if err != nil {
		return err
	}
	o := outcome{key: f.key.Value, remove: map[int]bool{}, replace: map[int]string{}}
	for _, s := range moves {
		found := -1
		for i, item := range items {
			if name, _, _ := strings.Cut(item.Value, "="); name != s.Variable {
				continue
			}
			if found >= 0 {
				return refuse(item.Line, "Take one of them out first.", "%s is set twice", s.Variable)
			}
			found = i
		}
		if found < 0 {
			return w.elsewhere(s)
		}
		_, value, set := strings.Cut(items[found].Value, "=")
		if err := w.keep(s, items[found], value, !set); err != nil {
			return err
		}
		if s.FileVariable == "" {
			o.remove[found] = true
		} else {
			o.replace[found] = s.FileVariable + "=" + s.Path()
		}
	}
	return w.settle(o, items, false)
}

// variable matches what Compose puts a value in for.
var variable = regexp.MustCompile(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// keep makes the file for a value. One that a variable governs stays out of it:
// what the variable holds now need not be what it held when the service started.
func (w *wanted) keep(s inspect.Secret, n *yaml.Node, written string, unset bool) error {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return shared(n, s.Variable)
	case n.Kind != yaml.ScalarNode || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0:
		return refuseAt(n, "%s is not a plain value", s.Variable)
	}
	file := writes.File{Path: stub(w.project.Dir, s), Content: []byte{}, Mode: 0o600, Secret: true}
	governing := variable.FindStringSubmatch(strings.ReplaceAll(written, "$$", ""))
	value := w.model.Environment[s.Variable]
	switch {
	case unset:
		w.note(fmt.Sprintf("secrets/%s.txt is written empty: put the value there that %s has where the project is started.", s.Name, s.Variable))
	case governing != nil:
		w.note(fmt.Sprintf("secrets/%s.txt is written empty, since the file takes the value from the variable %s: put that value there before the service starts.", s.Name, governing[1]))
	case value == nil || *value == "":
		w.note(fmt.Sprintf("secrets/%s.txt is written empty, as %s was.", s.Name, s.Variable))
	default:
		file.Content = []byte(*value)
	}
	w.files = append(w.files, file)
	return nil
}
