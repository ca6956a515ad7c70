package composefile

import (
	"bulkhead/inspect"
	"bulkhead/inspect/compose"
)

type workload = inspect.Workload

// lists are the keys whose values Compose joins from all places.
var lists = map[inspect.Dial][]string{
	inspect.DialCapabilities:    {"cap_drop", "cap_add"},
	inspect.DialNoNewPrivileges: {"security_opt"},
	inspect.DialTmpfs:           {"tmpfs"},
	inspect.DialReadOnlyRoot:    {"read_only"},
}

// checkReach refuses a plan whose keys also stand where an edit of this file
// does not reach, or whose value today is not known.
func (r Request) checkReach(p compose.Project, w workload) error {
	if err := r.checkKnown(w); err != nil {
		return err
	}
	for _, c := range r.Plan.Changes {
		if meets(w.Settings, c) {
			continue
		}
		for _, key := range lists[c.Dial] {
			for _, place := range p.Places(r.Service, key) {
				if err := r.checkPlace(key, place); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r Request) checkPlace(key string, place compose.Place) error {
	switch {
	case place.File != r.Path && place.Extended:
		if key == "read_only" {
			return nil // a value of the service's own counts for more
		}
		return refuse(0, "Change it at that place by hand, or in an override file.",
			"%s also comes from %s, line %d, through extends", key, place.File, place.Line)
	case place.File != r.Path:
		return refuse(0, "Change that file, or make the change in both by hand.",
			"%s is also set in %s, line %d", key, place.File, place.Line)
	case place.Extended && (key == "cap_drop" || key == "cap_add"):
		return refuse(place.Line, "Change the service that is extended.",
			"%s also comes from the service that this one extends", key)
	}
	return nil
}

// checkKnown refuses to change what could not be read.
func (r Request) checkKnown(w workload) error {
	keys := []string{"", "extends"}
	for _, c := range r.Plan.Changes {
		keys = append(keys, lists[c.Dial]...)
	}
	for _, key := range keys {
		reason, unknown := w.Unresolved[key]
		if !unknown {
			continue
		}
		name := key
		if name == "" {
			name = "the service"
		}
		line := 0
		if src := w.Sources.Of(key); src.File == r.Path {
			line = src.Line
		}
		return refuse(line, "Make that readable first, or make this change by hand.", "%s is not known: %s", name, reason)
	}
	return nil
}
