package observe

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"
)

// User is one that processes of the container ran as.
type User struct {
	UID uint32 `json:"uid"`
	// GID is known where a process became it by itself.
	GID *uint32 `json:"gid,omitempty"`
	// Executed says that programs were executed as this user: they might be
	// started as it right away. Else a process only became it, as a server's
	// worker does, and who started it may have to be root.
	Executed bool `json:"executed"`
	// Executables are the programs that ran as it.
	Executables []string `json:"executables"`
}

// users are all that were seen, root first.
func users(o Observation) []User {
	found := map[uint32]*User{}
	user := func(uid uint32, executable string) *User {
		u := found[uid]
		if u == nil {
			u = &User{UID: uid}
			found[uid] = u
		}
		if executable != "" {
			u.Executables = with(u.Executables, executable)
		}
		return u
	}
	for _, x := range o.Executions {
		user(x.UID, x.Path).Executed = true
	}
	for _, i := range o.Identities {
		u := user(i.UID, i.Executable)
		if u.GID == nil || i.UID != 0 && *u.GID == 0 {
			u.GID = new(i.GID) // groups are changed before users
		}
	}
	list := []User{}
	for _, u := range found {
		slices.Sort(u.Executables)
		list = append(list, *u)
	}
	slices.SortFunc(list, func(a, b User) int { return cmp.Compare(a.UID, b.UID) })
	return list
}

// settled is the one user that the service comes to: the only one, or the only
// one that is not root; nil where there are more.
func settled(list []User) *User {
	var one *User
	for i, u := range list {
		if u.UID == 0 {
			continue
		}
		if one != nil {
			return nil
		}
		one = &list[i]
	}
	if one == nil && len(list) == 1 {
		return &list[0]
	}
	return one
}

// Gain is an execution that gave privileges, as no-new-privileges would prevent.
type Gain struct {
	Path string `json:"path"`
	// From executed it, UID is whom it ran as: they differ for a setuid program.
	From uint32 `json:"from"`
	UID  uint32 `json:"uid"`
	// FileCaps says that the file has capabilities of its own.
	FileCaps bool `json:"fileCaps,omitempty"`
}

// String is one sentence without a dot.
func (g Gain) String() string {
	if g.FileCaps {
		return fmt.Sprintf("%s has capabilities of its own and was executed by user %d", g.Path, g.From)
	}
	return fmt.Sprintf("%s ran as user %d when user %d executed it", g.Path, g.UID, g.From)
}

// gains are the executions that speak against no-new-privileges. Setgid programs
// are not told: of a group's change by execution nothing is recorded.
func gains(o Observation) []Gain {
	caps := map[string]bool{}
	for _, f := range o.FileCaps {
		caps[f.Path] = true
	}
	list := []Gain{}
	for _, x := range o.Executions {
		g := Gain{Path: x.Path, From: x.From, UID: x.UID, FileCaps: x.UID == x.From && x.UID != 0 && caps[x.Path]}
		if (g.FileCaps || x.UID != x.From) && !slices.Contains(list, g) {
			list = append(list, g)
		}
	}
	return list
}

// The least that is granted whatever the peaks were, so that a shell and a
// health check still fit.
const (
	mebi           = 1 << 20
	leastMemory    = 32 * mebi
	leastProcesses = 32
	leastOpenFiles = 1024
)

// limits are the peaks with headroom: a watched run is not production. Memory,
// processes and open files are four times the peak, processors twice. What is
// not known stays 0.
func limits(p Peaks) Peaks {
	return Peaks{
		Memory:    roomy(p.Memory, leastMemory, 16*mebi),
		Processes: roomy(p.Processes, leastProcesses, 8),
		OpenFiles: roomy(p.OpenFiles, leastOpenFiles, 1024),
		CPUs:      math.Ceil(4*p.CPUs) / 2,
	}
}

// roomy is four times the peak in whole steps, at least the least.
func roomy(peak, least, step uint64) uint64 {
	if peak == 0 {
		return 0
	}
	return max(least, (4*peak+step-1)/step*step)
}

// Summary says in lines what an observation foretells beyond capabilities. All
// of it is observed, and nothing of it proved.
func (p Prediction) Summary() []string {
	var lines []string
	for _, place := range p.Places {
		lines = append(lines, "writes to "+place.String())
	}
	if len(p.Places) == 0 {
		lines = append(lines, "no write was seen, so a read-only root filesystem may need no mounts")
	}
	lines = append(lines, p.userLine())
	if len(p.Gains) == 0 {
		lines = append(lines, "no-new-privileges: nobody was seen to gain privileges by executing a program")
	}
	for _, g := range p.Gains {
		lines = append(lines, "no-new-privileges: "+g.String())
	}
	return append(lines, p.limitLine())
}

func (p Prediction) userLine() string {
	if p.User == nil {
		if len(p.Users) == 0 {
			return "user: none was seen"
		}
		var all []string
		for _, u := range p.Users {
			all = append(all, fmt.Sprint(u.UID))
		}
		return "users: " + strings.Join(all, ", ")
	}
	u := p.User
	name := fmt.Sprint(u.UID)
	if u.GID != nil {
		name += fmt.Sprintf(":%d", *u.GID)
	}
	switch {
	case u.UID == 0:
		return "user: everything runs as root, nothing becomes another user"
	case len(p.Users) == 1:
		return "user: everything runs as " + name
	case u.Executed:
		return "user: settles as " + name + ", as which programs are executed: it may be possible to start as it"
	}
	var programs []string
	for _, x := range u.Executables {
		programs = append(programs, path.Base(x))
	}
	return fmt.Sprintf("user: %s becomes %s, started by root", strings.Join(programs, ", "), name)
}

func (p Prediction) limitLine() string {
	var parts []string
	l := p.Limits
	if l.Memory > 0 {
		parts = append(parts, fmt.Sprintf("memory %d MiB", l.Memory/mebi))
	}
	if l.Processes > 0 {
		parts = append(parts, fmt.Sprintf("%d processes", l.Processes))
	}
	if l.OpenFiles > 0 {
		parts = append(parts, fmt.Sprintf("%d open files", l.OpenFiles))
	}
	if l.CPUs > 0 {
		parts = append(parts, fmt.Sprintf("%.1f processors", l.CPUs))
	}
	if len(parts) == 0 {
		return "limits: no peak was seen"
	}
	return "limits, from the peaks with headroom: " + strings.Join(parts, ", ")
}
