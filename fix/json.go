package fix

import (
	"encoding/json"
	"fmt"
	"strings"

	"bulkhead/inspect"
)

// planJSON is the shape other programs rely on. Sizes are in bytes.
type planJSON struct {
	CapDrop         []string         `json:"capDrop,omitempty"`
	CapAdd          []string         `json:"capAdd,omitempty"`
	ReadOnly        bool             `json:"readOnly,omitempty"`
	Tmpfs           []string         `json:"tmpfs,omitempty"`
	Volumes         []string         `json:"volumes,omitempty"`
	NoNewPrivileges bool             `json:"noNewPrivileges,omitempty"`
	User            string           `json:"user,omitempty"`
	Unprivileged    bool             `json:"unprivileged,omitempty"`
	Memory          int64            `json:"memory,omitempty"`
	PIDs            int64            `json:"pids,omitempty"`
	CPUs            float64          `json:"cpus,omitempty"`
	Loopback        []string         `json:"loopback,omitempty"`
	ReadOnlyMounts  []string         `json:"readOnlyMounts,omitempty"`
	RemovedMounts   []string         `json:"removedMounts,omitempty"`
	Seccomp         *inspect.Profile `json:"seccomp,omitempty"`
	AppArmor        string           `json:"appArmor,omitempty"`
	Secrets         []inspect.Secret `json:"secrets,omitempty"`
}

// MarshalJSON writes what the plan speaks of and nothing else.
func (p Plan) MarshalJSON() ([]byte, error) {
	var out planJSON
	for _, c := range p.Changes {
		switch c.Dial {
		case inspect.DialCapabilities:
			out.CapDrop, out.CapAdd = []string{"ALL"}, c.Keep.Names()
		case inspect.DialNoNewPrivileges:
			out.NoNewPrivileges = true
		case inspect.DialReadOnlyRoot:
			out.ReadOnly = true
		case inspect.DialUser:
			out.User = c.User
		case inspect.DialPrivileged:
			out.Unprivileged = true
		case inspect.DialMemory:
			out.Memory = c.Limit
		case inspect.DialPIDs:
			out.PIDs = c.Limit
		case inspect.DialCPUs:
			out.CPUs = c.CPUs
		case inspect.DialSeccomp:
			out.Seccomp = &c.Profile
		case inspect.DialAppArmor:
			out.AppArmor = c.Profile.Name
		case inspect.DialTmpfs:
			out.Tmpfs = append(out.Tmpfs, c.Tmpfs.String())
		case inspect.DialVolume:
			out.Volumes = append(out.Volumes, c.Path)
		case inspect.DialReadOnlyMount:
			out.ReadOnlyMounts = append(out.ReadOnlyMounts, c.Path)
		case inspect.DialRemoveMount:
			out.RemovedMounts = append(out.RemovedMounts, c.Path)
		case inspect.DialLoopback:
			out.Loopback = append(out.Loopback, c.Port)
		case inspect.DialSecret:
			out.Secrets = append(out.Secrets, c.Secret)
		default:
			return nil, fmt.Errorf("writing a plan: unknown dial %q", c.Dial)
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes, in the order in which changes
// are tried: the file system, privileges, capabilities, limits.
func (p *Plan) UnmarshalJSON(data []byte) error {
	var in planJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*p = Plan{}
	when := func(speaks bool, c inspect.Change) {
		if speaks {
			*p = p.With(c)
		}
	}
	each := func(places []string, change func(string) inspect.Change) {
		for _, place := range places {
			*p = p.With(change(place))
		}
	}
	when(in.ReadOnly, inspect.Change{Dial: inspect.DialReadOnlyRoot})
	each(in.Tmpfs, func(t string) inspect.Change {
		path, options, _ := strings.Cut(t, ":")
		return inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: path, Options: options}}
	})
	each(in.Volumes, func(at string) inspect.Change { return inspect.Change{Dial: inspect.DialVolume, Path: at} })
	when(in.NoNewPrivileges, inspect.Change{Dial: inspect.DialNoNewPrivileges})
	when(in.Unprivileged, inspect.Change{Dial: inspect.DialPrivileged})
	when(in.User != "", inspect.Change{Dial: inspect.DialUser, User: in.User})
	if len(in.CapDrop) > 0 {
		keep, err := in.keep()
		if err != nil {
			return err
		}
		*p = p.With(inspect.Change{Dial: inspect.DialCapabilities, Keep: keep})
	}
	when(in.Memory != 0, inspect.Change{Dial: inspect.DialMemory, Limit: in.Memory})
	when(in.PIDs != 0, inspect.Change{Dial: inspect.DialPIDs, Limit: in.PIDs})
	when(in.CPUs != 0, inspect.Change{Dial: inspect.DialCPUs, CPUs: in.CPUs})
	if in.Seccomp != nil {
		*p = p.With(inspect.Change{Dial: inspect.DialSeccomp, Profile: *in.Seccomp})
	}
	when(in.AppArmor != "", inspect.Change{Dial: inspect.DialAppArmor, Profile: inspect.Profile{Name: in.AppArmor}})
	each(in.ReadOnlyMounts, func(at string) inspect.Change { return inspect.Change{Dial: inspect.DialReadOnlyMount, Path: at} })
	each(in.RemovedMounts, func(at string) inspect.Change { return inspect.Change{Dial: inspect.DialRemoveMount, Path: at} })
	each(in.Loopback, func(port string) inspect.Change { return inspect.Change{Dial: inspect.DialLoopback, Port: port} })
	for _, secret := range in.Secrets {
		*p = p.With(inspect.Change{Dial: inspect.DialSecret, Secret: secret})
	}
	return nil
}

func (in planJSON) keep() (inspect.CapSet, error) {
	var keep inspect.CapSet
	for _, name := range in.CapAdd {
		c, err := inspect.ParseCap(name)
		if err != nil {
			return 0, err
		}
		keep |= c
	}
	return keep, nil
}
