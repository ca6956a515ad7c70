package policy

import (
	"fmt"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/inspect/check/catalogue"
)

// Selection says which checks and layers are reported. The zero value selects
// all. A name that is both a check's and a layer's means the layer.
type Selection struct {
	only, skip []string
}

// NameError says that a name is neither a check's nor a layer's.
type NameError struct {
	Flag, Name string
	Known      []string
}

// Error names the flag and the name.
func (e *NameError) Error() string {
	return fmt.Sprintf("%s: there is no check and no layer %q", e.Flag, inspect.Printable(e.Name))
}

// Hint suggests near names.
func (e *NameError) Hint() string { return didYouMean(e.Name, e.Known) }

// Select reads the values of --only and --skip: check IDs and layer names, a
// layer's spaces also written as hyphens. The error is a *NameError.
func Select(only, skip []string) (Selection, error) {
	var s Selection
	var err error
	if s.only, err = known("--only", only); err != nil {
		return s, err
	}
	s.skip, err = known("--skip", skip)
	return s, err
}

// spelled is how a check or layer is written on the command line.
func spelled(name string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "-")
}

func known(flag string, names []string) ([]string, error) {
	all := Names()
	var out []string
	for _, name := range names {
		if !slices.Contains(all, spelled(name)) {
			return nil, &NameError{Flag: flag, Name: name, Known: all}
		}
		out = append(out, spelled(name))
	}
	return out, nil
}

// Names are the names a selection knows: every check's ID and every layer's
// name, with hyphens for spaces, sorted.
func Names() []string {
	names := append(checkIDs(), spelled(string(inspect.LayerEngine)))
	for _, l := range inspect.Layers() {
		names = append(names, spelled(string(l)))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func checkIDs() []string {
	return slices.Sorted(slices.Values(catalogue.IDs(check.All())))
}

// All says whether everything is selected.
func (s Selection) All() bool { return len(s.only) == 0 && len(s.skip) == 0 }

// Has says whether a check of a layer is selected.
func (s Selection) Has(id string, l inspect.Layer) bool {
	names := func(list []string) bool {
		return slices.Contains(list, id) || slices.Contains(list, spelled(string(l)))
	}
	return (len(s.only) == 0 || names(s.only)) && !names(s.skip)
}

// HasLayer says whether anything of the layer is selected: the layer by its
// name, or one of its checks.
func (s Selection) HasLayer(l inspect.Layer) bool {
	own := spelled(string(l))
	if slices.Contains(s.skip, own) {
		return false
	}
	if len(s.only) == 0 || slices.Contains(s.only, own) {
		return true
	}
	return slices.ContainsFunc(check.All(), func(c check.Check) bool { return c.Layer == l && s.Has(c.ID, l) })
}
