package observe

import (
	"cmp"
	"maps"
	"slices"

	"bulkhead/inspect"
)

// Prediction is what settings the runs of an observation point to. It is
// observed, not proved: a trial proves it.
type Prediction struct {
	// Needed were asked for and granted: taking one away changes what the
	// container's processes can do.
	Needed []Need `json:"needed"`
	// Soft were asked for, and their lack shows in no error: only FSETID,
	// without which the kernel clears setgid bits (capabilities(7)).
	Soft []Need `json:"soft"`
	// Denied were asked for and not held, and the call failed for it.
	Denied []Need `json:"denied"`
	// Places are where was written.
	Places []Place `json:"places"`
	// Users are all that processes ran as, User the one that the service settles
	// as, nil where there is more than one besides root. They are counted as the
	// host does.
	Users []User `json:"users"`
	User  *User  `json:"user,omitempty"`
	// Gains are what no-new-privileges would prevent; none means that nothing
	// was seen that speaks against it.
	Gains []Gain `json:"gains"`
	// Limits are the peaks with headroom; 0 where none is known.
	Limits Peaks `json:"limits"`
	// Doubts say why there may be more; none means that nothing speaks for it.
	Doubts []string `json:"doubts"`
}

// Need is a capability with the checks, or the files, that speak for it.
type Need struct {
	Capability inspect.CapSet `json:"capability"`
	Checks     []Check        `json:"checks"`
	// Files are the executed files that demand it.
	Files []string `json:"files,omitempty"`
}

// Caps is the set of the capabilities that are needed.
func (p Prediction) Caps() inspect.CapSet { return union(p.Needed) }

func union(needs []Need) inspect.CapSet {
	var set inspect.CapSet
	for _, n := range needs {
		set |= n.Capability
	}
	return set
}

// Predict says what the container needs, as far as it was seen.
func Predict(o Observation) Prediction {
	var needed, soft, denied = needs{}, needs{}, needs{}
	for _, c := range o.Checks {
		set := capSet(c.Capability)
		switch {
		case set == 0 || aside(c):
		case c.Outcome == Denied:
			denied.add(set, c)
		case c.Capability == "FSETID":
			soft.add(set, c)
		case c.Outcome == Granted:
			needed.add(set, c)
		}
	}
	for _, f := range o.FileCaps {
		if !f.Effective {
			continue
		}
		for _, one := range f.Caps.Each() {
			n := needed[one]
			n.Capability, n.Files = one, append(n.Files, f.Path)
			needed[one] = n
		}
	}
	all := users(o)
	return Prediction{
		Needed: needed.sorted(), Soft: soft.sorted(), Denied: denied.sorted(), Places: Places(o), Users: all, User: settled(all),
		Gains: gains(o), Limits: limits(o.Peaks), Doubts: doubts(o),
	}
}

// capSet reads a capability's name, also one that is a number.
func capSet(name string) inspect.CapSet {
	var set inspect.CapSet
	if err := set.UnmarshalJSON([]byte(`["` + name + `"]`)); err != nil {
		return 0
	}
	return set
}

// memoryCalls reserve memory. Each asks for SYS_ADMIN, only to learn whether
// the last few per cent may be used too (mm/util.c, __vm_enough_memory, Linux
// 6.12). "" is a page fault.
var memoryCalls = map[string]bool{
	"": true, "mmap": true, "mmap2": true, "brk": true, "mremap": true, "mprotect": true, "clone": true, "clone3": true, "fork": true,
	"vfork": true, "execve": true, "execveat": true, "shmget": true, "shmat": true,
}

// aside says that a check does not speak for its capability. In capset, SETPCAP
// is asked for also where the new sets would be allowed without (cap_inh_is_capped,
// security/commoncap.c, Linux 6.12).
func aside(c Check) bool {
	return c.Capability == "SETPCAP" && c.Syscall == "capset" || c.Capability == "SYS_ADMIN" && memoryCalls[c.Syscall]
}

type needs map[inspect.CapSet]Need

func (n needs) add(set inspect.CapSet, c Check) {
	need := n[set]
	need.Capability, need.Checks = set, append(need.Checks, c)
	n[set] = need
}

// sorted are the needs by the names of their capabilities.
func (n needs) sorted() []Need {
	list := slices.AppendSeq([]Need{}, maps.Values(n))
	slices.SortFunc(list, func(a, b Need) int { return cmp.Compare(a.Capability.String(), b.Capability.String()) })
	return list
}

// doubts say why an observation may not hold everything.
func doubts(o Observation) []string {
	list := []string{}
	for _, g := range o.Unseen {
		list = append(list, g.String())
	}
	if o.Lost.Checks > 0 || o.Lost.Tasks > 0 {
		list = append(list, "Not everything could be recorded: "+o.Lost.String()+".")
	}
	if o.IOURing {
		list = append(list, "The container used io_uring, and what it does through it is not seen.")
	}
	if !o.Began {
		list = append(list, "The application was never seen to begin.")
	}
	return list
}
