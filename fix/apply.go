package fix

import (
	"slices"

	"bulkhead/inspect"
)

// Apply returns the settings under the plan. It does not touch s.
func Apply(s inspect.Settings, p Plan) inspect.Settings {
	out := s.Clone()
	for _, c := range p.Changes {
		apply(&out, c)
	}
	return out
}

func apply(s *inspect.Settings, c inspect.Change) {
	switch c.Dial {
	case inspect.DialCapabilities:
		s.CapDrop, s.CapAdd = []string{"ALL"}, nil
		if c.Keep != 0 {
			s.CapAdd = c.Keep.Names()
		}
	case inspect.DialNoNewPrivileges:
		s.NoNewPrivileges = true
	case inspect.DialReadOnlyRoot:
		s.ReadOnlyRoot = true
	case inspect.DialUser:
		s.User = c.User
	case inspect.DialPrivileged:
		s.Privileged = false
	case inspect.DialMemory:
		s.Limits.Memory = c.Limit
	case inspect.DialPIDs:
		s.Limits.PIDs = c.Limit
	case inspect.DialCPUs:
		s.Limits.CPUs = c.CPUs
	case inspect.DialSeccomp:
		s.Seccomp = inspect.CustomProfile
	case inspect.DialAppArmor:
		s.AppArmor = c.Profile.Name
	default:
		applyPlace(s, c)
	}
}

// applyPlace turns the dials that are turned for each path or port.
func applyPlace(s *inspect.Settings, c inspect.Change) {
	switch c.Dial {
	case inspect.DialTmpfs:
		s.Tmpfs = put(s.Tmpfs, c.Tmpfs, func(t inspect.Tmpfs) bool { return t.Path == c.Tmpfs.Path })
	case inspect.DialVolume:
		s.Mounts = put(s.Mounts, inspect.Mount{Type: inspect.VolumeMount, Target: c.Path},
			func(m inspect.Mount) bool { return m.Target == c.Path })
	case inspect.DialReadOnlyMount:
		for i, m := range s.Mounts {
			s.Mounts[i].ReadOnly = m.ReadOnly || m.Target == c.Path
		}
	case inspect.DialRemoveMount:
		s.Mounts = slices.DeleteFunc(s.Mounts, func(m inspect.Mount) bool { return m.Target == c.Path })
	case inspect.DialLoopback:
		for i, port := range s.Ports {
			if port.Published() == c.Port && port.Everywhere() {
				s.Ports[i].HostIP = inspect.Loopback
			}
		}
		s.Ports = slices.Compact(s.Ports) // IPv4 and IPv6 may have been two
	case inspect.DialSecret:
		s.Env = moved(s.Env, c.Secret)
	}
}

// moved are the variables' names with the secret's file in its place.
func moved(env []string, secret inspect.Secret) []string {
	if !slices.Contains(env, secret.Variable) {
		return env
	}
	env = slices.DeleteFunc(env, func(name string) bool { return name == secret.Variable })
	if secret.FileVariable != "" {
		env = append(env, secret.FileVariable)
	}
	slices.Sort(env)
	return nonEmpty(slices.Compact(env))
}

// put replaces the first value that matches, or adds one.
func put[T any](all []T, value T, match func(T) bool) []T {
	if i := slices.IndexFunc(all, match); i >= 0 {
		all[i] = value
		return all
	}
	return append(all, value)
}
