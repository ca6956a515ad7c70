package composefile

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"
)

type workload = inspect.Workload

// keys are the keys of a service that say what a dial is about. Compose joins
// the lists among them from all places; of the others a later place wins.
var keys = map[inspect.Dial][]string{
	inspect.DialCapabilities:    {"cap_drop", "cap_add"},
	inspect.DialNoNewPrivileges: {"security_opt"},
	inspect.DialSeccomp:         {"security_opt"},
	inspect.DialAppArmor:        {"security_opt"},
	inspect.DialTmpfs:           {"tmpfs"},
	inspect.DialReadOnlyRoot:    {"read_only"},
	inspect.DialUser:            {"user"},
	inspect.DialPrivileged:      {"privileged"},
	inspect.DialMemory:          {"mem_limit"},
	inspect.DialPIDs:            {"pids_limit"},
	inspect.DialCPUs:            {"cpus"},
	inspect.DialVolume:          {"volumes"},
	inspect.DialReadOnlyMount:   {"volumes"},
	inspect.DialRemoveMount:     {"volumes"},
	inspect.DialLoopback:        {"ports"},
	inspect.DialSecret:          {"environment", "secrets"},
}

// single are the keys whose value a service's own replaces.
var single = []string{"read_only", "user", "privileged", "mem_limit", "pids_limit", "cpus"}

// checkReach refuses a plan whose keys also stand where an edit of this file
// does not reach, or whose value today is not known.
func (r Request) checkReach(p compose.Project, w workload) error {
	if err := r.checkKnown(w); err != nil {
		return err
	}
	for _, c := range r.Plan.Changes {
		if len(keys[c.Dial]) == 0 {
			return refuse(0, byHand, "the plan turns a dial that a Compose file has no key for: %s", c.Dial)
		}
		if fix.Meets(w.Settings, c) && c.Dial != inspect.DialSeccomp {
			continue
		}
		for _, key := range keys[c.Dial] {
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
		if slices.Contains(single, key) {
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
	asked := []string{"", "extends"}
	for _, c := range r.Plan.Changes {
		asked = append(asked, keys[c.Dial]...)
		if c.Dial == inspect.DialMemory || c.Dial == inspect.DialPIDs || c.Dial == inspect.DialCPUs {
			asked = append(asked, "deploy")
		}
	}
	for _, setting := range slices.Sorted(maps.Keys(w.Unresolved)) {
		key, _, _ := strings.Cut(setting, ".")
		if !slices.Contains(asked, key) {
			continue
		}
		name := cmp.Or(setting, "the service")
		line := 0
		if src := w.Sources.Of(setting); src.File == r.Path {
			line = src.Line
		}
		return refuse(line, "Make that readable first, or make this change by hand.", "%s is not known: %s", name, w.Unresolved[setting])
	}
	return nil
}
