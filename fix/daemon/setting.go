package daemon

import (
	"fmt"
	"slices"

	"bulkhead/inspect/check"
)

// Setting is one thing to set in daemon.json.
type Setting struct {
	// Name is what a person calls it: "icc", "log-bounds".
	Name string
	// Check is the ID of the check that closes once the daemon runs with it.
	Check string
	// Explicit settings are made only when they are asked for by name.
	Explicit bool

	wanted member
	// more adds to an object and leaves what is there; a value of another kind
	// is replaced by the wanted one.
	more bool
	// note is said besides what the check says that it may break.
	note string
}

// MayBreak is what a service or a person may lose by it, in the check's words.
func (s Setting) MayBreak() string {
	c, _ := check.ByID(s.Check)
	return c.MayBreak
}

// Settings are all that are known, in the order in which they are written.
func Settings() []Setting {
	return []Setting{
		{Name: "icc", Check: "engine-icc", wanted: member{"icc", false}},
		{Name: "no-new-privileges", Check: "engine-no-new-privileges", wanted: member{"no-new-privileges", true}},
		{Name: "live-restore", Check: "engine-live-restore", wanted: member{"live-restore", true}},
		{Name: "userland-proxy", Check: "engine-userland-proxy", wanted: member{"userland-proxy", false}},
		{Name: "default-ulimits", Check: "engine-ulimits", more: true, wanted: member{"default-ulimits", object{
			{"nofile", ulimit("nofile", 1024, 65536)}, {"nproc", ulimit("nproc", 4096, 8192)},
		}}, note: "nproc counts the processes of a user on the whole host, in all its containers together; take it out where many share one user."},
		{Name: "log-bounds", Check: "engine-log", more: true, wanted: member{"log-opts", object{
			{"max-size", "10m"}, {"max-file", "3"},
		}}, note: "A log keeps at most 3 files of 10 MB; containers that are there already keep what they were created with."},
		{Name: "userns-remap", Check: "engine-root", Explicit: true, wanted: member{"userns-remap", "default"},
			note: "With userns-remap the engine begins with an empty store of images, containers and volumes; the old one is there again once it is taken out. See the steps first: `bulkhead doctor --for userns-remap`."},
	}
}

// ulimit is one as daemon.json spells it (dockerd(8), default-ulimits).
func ulimit(name string, soft, hard int) object {
	return object{{"Name", name}, {"Soft", soft}, {"Hard", hard}}
}

// Choose returns the settings with the names; no name means all but those that
// are Explicit.
func Choose(names ...string) ([]Setting, error) {
	var out []Setting
	all := Settings()
	for _, s := range all {
		if slices.Contains(names, s.Name) || len(names) == 0 && !s.Explicit {
			out = append(out, s)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(s Setting) bool { return s.Name == name }) {
			return nil, fmt.Errorf("there is no daemon setting %q", name)
		}
	}
	return out, nil
}
