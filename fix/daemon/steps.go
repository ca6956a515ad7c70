package daemon

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"bulkhead/fix/runcmd"
	"bulkhead/inspect"
)

// Road leads to an engine whose root is not the host's.
type Road string

// The roads: an engine that an ordinary user runs, and one that runs as root
// and whose containers have users of their own.
const (
	Rootless Road = "rootless"
	Remap    Road = "userns-remap"
)

// Roads are all of them.
func Roads() []Road { return []Road{Rootless, Remap} }

// Progress is how far a step is.
type Progress string

// The states of a step. Unknown is never done.
const (
	Done    Progress = "done"
	Open    Progress = "open"
	Unknown Progress = "unknown"
)

// Step is one item of a checklist.
type Step struct {
	// Do says the step, Why what it is for, Cost what is lost by it.
	Do   string `json:"do"`
	Why  string `json:"why"`
	Cost string `json:"cost,omitempty"`
	// Commands are typed by a person: nothing runs them here.
	Commands []string `json:"commands,omitempty"`
	State    Progress `json:"state"`
	// Seen is what the state comes from: what was read, or why it was not.
	Seen string `json:"seen"`
}

// Steps are those of a road, in the order they are taken, each verified by what
// was read of the machine. A road that is none has no steps.
func (m Machine) Steps(r Road) []Step {
	switch r {
	case Rootless:
		return m.toRootless()
	case Remap:
		return m.toRemap()
	}
	return nil
}

// verdict is a state, and what it comes from.
func verdict(done bool, seen string, args ...any) (Progress, string) {
	state := Open
	if done {
		state = Done
	}
	return state, fmt.Sprintf(seen, args...)
}

// doubt is what is not known, and why; the first of the reasons that is one.
func doubt(reasons ...string) (Progress, string) { return Unknown, cmp.Or(reasons...) }

// here verifies a step by this machine's files.
func (m Machine) here(s Step, look func() (Progress, string)) Step {
	if m.elsewhere != "" {
		s.State, s.Seen = doubt(m.elsewhere)
		return s
	}
	s.State, s.Seen = look()
	return s
}

// asked verifies a step by what the engine says.
func (m Machine) asked(s Step, look func() (Progress, string)) Step {
	switch {
	case !m.Host.Known():
		s.State, s.Seen = doubt("no engine answers")
	case m.Stock.Unknown != "":
		s.State, s.Seen = doubt(m.Stock.Unknown)
	default:
		s.State, s.Seen = look()
	}
	return s
}

// enough is how many IDs an image may take for granted: uids to 65535.
const enough = 65536

// subordinate are the IDs that the namespace is made of.
func (m Machine) subordinate(who fact[Account], s Step) Step {
	name := who.value.Name
	s.Why = cmp.Or(s.Why, fmt.Sprintf("They become the users inside. An image may take %d of each for granted (subuid(5)).", enough))
	if free, ok := freeRange(enough, m.taken); ok && m.elsewhere == "" && m.uids.unknown == "" && m.gids.unknown == "" && plainName(name) {
		s.Commands = append(s.Commands, fmt.Sprintf("sudo usermod --add-subuids %d-%d --add-subgids %[1]d-%[2]d %s", free.Start, free.End-1, name))
	}
	s = m.here(s, func() (Progress, string) {
		if m.uids.unknown != "" || m.gids.unknown != "" || name == "" {
			return doubt(m.uids.unknown, m.gids.unknown, who.unknown)
		}
		return m.subordinates(name, who.value.UID)
	})
	if s.State == Done {
		s.Commands = nil
	}
	return s
}

// subordinates judges the ranges of one user.
func (m Machine) subordinates(name, uid string) (Progress, string) {
	shown := inspect.Printable(name)
	uids, gids := m.uids.value.Of(name, uid), m.gids.value.Of(name, uid)
	if total(uids) < enough || total(gids) < enough {
		return verdict(false, "%s has %d user IDs and %d group IDs", shown, total(uids), total(gids))
	}
	for _, file := range []struct {
		name   string
		ids    SubIDs
		ranges []Range
	}{{"/etc/subuid", m.uids.value, uids}, {"/etc/subgid", m.gids.value, gids}} {
		for _, o := range file.ids.others(name, uid) {
			if slices.ContainsFunc(file.ranges, o.overlaps) {
				return verdict(false, "%s gives %s and %s the same IDs: the containers of one could reach the files of the other",
					file.name, shown, inspect.Printable(o.Owner))
			}
		}
	}
	return verdict(true, "%s has user IDs from %d and group IDs from %d", shown, uids[0].Start, gids[0].Start)
}

// hindered lists what will not work as before, by name.
func hindered(kinds []hindrance, stock Stock) []string {
	var out []string
	for _, k := range kinds {
		if names := stock.names(k.has); len(names) > 0 {
			out = append(out, fmt.Sprintf("%s: %s", k.what, list(names)))
		}
	}
	return out
}

// hindrance is something that a road breaks.
type hindrance struct {
	what string
	has  func(inspect.Settings) bool
}

// fresh is about the images: a new store has none.
func (m Machine) fresh(there bool, root string) Step {
	return m.asked(Step{
		Do:       "Pull or build the images anew, or carry them over.",
		Why:      fmt.Sprintf("The engine begins with an empty store, below %s. The old one stays where it is, unused.", root),
		Cost:     "The room that the images take, twice, until the old store is removed.",
		Commands: []string{"docker image save -o IMAGE.tar IMAGE   # by the old engine", "docker image load -i IMAGE.tar   # by the new one"},
	}, func() (Progress, string) {
		if there {
			return verdict(m.Stock.Images > 0, "the new store holds %s", count(m.Stock.Images, "image"))
		}
		return verdict(m.Stock.Images == 0, "today's store holds %s", count(m.Stock.Images, "image"))
	})
}

// carried is about the volumes: their data has to be brought, and their owners
// changed. there says that the engine runs from the new store.
func (m Machine) carried(there bool, now fact[[]string], root string, owners string) Step {
	return m.asked(Step{
		Do:  "Bring over the data of the volumes.",
		Why: fmt.Sprintf("The new store, %s/volumes, has none of them. Their owners are mapped anew: %s.", root, owners),
		Commands: []string{
			"docker run --rm -v VOLUME:/from:ro IMAGE tar -C /from --numeric-owner -c . > VOLUME.tar   # by the old engine, its containers stopped",
			"docker run --rm -i -v VOLUME:/to IMAGE tar -C /to --numeric-owner -x < VOLUME.tar   # by the new engine: it maps the owners",
		},
		Cost: "Services stand still meanwhile. Keep the old data until they were seen to work.",
	}, func() (Progress, string) {
		switch {
		case !there:
			return verdict(m.Stock.Volumes == 0, "today's store holds %s", count(m.Stock.Volumes, "volume"))
		case m.before.unknown != "" || now.unknown != "":
			return doubt(m.before.unknown, now.unknown)
		}
		var missing []string
		for _, v := range m.before.value {
			if !slices.Contains(now.value, v) {
				missing = append(missing, inspect.Printable(v))
			}
		}
		if len(missing) > 0 {
			return verdict(false, "%s of the old store %s not in the new one: %s", count(len(missing), "volume"), areOrIs(len(missing)), list(missing))
		}
		return verdict(true, "every volume of the old store is in the new one; whether all its data came with it, its service shows")
	})
}

func areOrIs(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// binds is about the host's directories that containers write to: whose they
// have to be. ids maps a user of the container to the host's.
func (m Machine) binds(uids, gids []Range, self fact[Account]) Step {
	step := Step{
		Do:   "Give the directories that containers write to, to the users that they run as.",
		Why:  "What an ID inside is outside changes, so today's owners no longer match: " + rule(uids, self) + ".",
		Cost: "The host's own programs see other owners there. Copy the directories first.",
	}
	var foreign, kept []string
	for _, bind := range m.Stock.Binds() {
		o := m.owners[bind]
		switch {
		case o.unknown != "" || len(uids) == 0 || len(gids) == 0:
		case within(uids, uint64(o.value.uid)) || self.value.UID == fmt.Sprint(o.value.uid):
		case hostsOwn(bind):
			kept = append(kept, inspect.Printable(bind))
		default:
			foreign = append(foreign, inspect.Printable(bind))
			if uid, gid, ok := target(o.value, uids, gids, self); ok {
				step.Commands = append(step.Commands, fmt.Sprintf("sudo chown -R --from=%d:%d %s:%s %s", o.value.uid, o.value.gid, uid, gid, runcmd.ShellWord(bind)))
			}
		}
	}
	return m.asked(step, func() (Progress, string) {
		all := m.Stock.Binds()
		if len(all) == 0 {
			return verdict(true, "no container writes to a directory of the host")
		}
		if m.elsewhere != "" || len(uids) == 0 || len(gids) == 0 {
			return doubt(m.elsewhere, "the ranges are not there yet; see the first step")
		}
		seen := ""
		if len(kept) > 0 {
			seen = "; the host's own and to be left alone, though containers can no longer write there: " + list(kept)
		}
		if len(foreign) > 0 {
			return verdict(false, "whose owner means nobody inside: %s%s", list(foreign), seen)
		}
		for _, bind := range all {
			if why := m.owners[bind].unknown; why != "" {
				return doubt(why)
			}
		}
		if len(kept) == len(all) {
			return verdict(true, "%s", strings.TrimPrefix(seen, "; "))
		}
		return verdict(true, "%s, each owned by a user of the range%s; what is in them was not looked at", count(len(all)-len(kept), "place"), seen)
	})
}

// rule says how an ID inside becomes one outside.
func rule(uids []Range, self fact[Account]) string {
	start, where := "START", ", START being the first subordinate ID"
	if first, ok := mapped(uids, 0); ok {
		start, where = fmt.Sprint(first), ""
	}
	if self.value.Name == "" {
		return fmt.Sprintf("user N inside is %s + N outside%s", start, where)
	}
	return fmt.Sprintf("root inside is %s outside, and user N is %s + N - 1%s", inspect.Printable(self.value.Name), start, where)
}

// target is whom a directory has to belong to, so that its owner inside is the
// one of today. In a rootless engine root is the user himself.
func target(o owner, uids, gids []Range, self fact[Account]) (uid, gid string, ok bool) {
	shift := uint64(0)
	if self.value.Name != "" {
		shift = 1
	}
	id := func(ranges []Range, own string, n uint32) (string, bool) {
		if shift == 1 && n == 0 {
			return own, own != ""
		}
		host, ok := mapped(ranges, uint64(n)-shift)
		return fmt.Sprint(host), ok
	}
	uid, okUID := id(uids, self.value.UID, o.uid)
	gid, okGID := id(gids, self.value.GID, o.gid)
	return uid, gid, okUID && okGID
}

// hostsOwn says whether a path is the system's, which no service may be given.
func hostsOwn(name string) bool {
	name = path.Clean(name)
	return name == "/" || slices.ContainsFunc([]string{"/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/tmp", "/usr", "/var/lib/docker", "/var/log", "/var/run"},
		func(dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }) ||
		slices.Contains([]string{"/home", "/mnt", "/opt", "/srv", "/var", "/var/lib"}, name)
}
