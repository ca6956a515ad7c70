package fix

import (
	"reflect"
	"slices"

	"bulkhead/inspect"
)

// Meets says whether the settings already are what the change makes of them. Of
// a seccomp profile settings only say that there is one.
func Meets(s inspect.Settings, c inspect.Change) bool {
	return Same(s, Apply(s, NewPlan(c)))
}

// Same says whether settings mean the same: the order of their lists, and where
// they stand, do not count.
func Same(a, b inspect.Settings) bool {
	return reflect.DeepEqual(normal(a), normal(b))
}

// normal is a form in which settings that mean the same are equal. Where ALL is
// dropped, what is dropped besides says nothing (moby oci/caps,
// TweakCapabilities).
func normal(s inspect.Settings) inspect.Settings {
	s = s.Clone()
	if len(s.CapAdd) == 0 {
		s.CapAdd = nil
	}
	if slices.Contains(s.CapDrop, "ALL") {
		s.CapDrop = []string{"ALL"}
	}
	if s.AppArmor == "docker-default" {
		s.AppArmor = ""
	}
	s.Mounts, s.Ports = normalMounts(s.Mounts), normalPorts(s.Ports)
	slices.Sort(s.CapAdd)
	slices.Sort(s.CapDrop)
	slices.SortFunc(s.Tmpfs, inspect.Tmpfs.Compare)
	return s
}

// normalMounts are the mounts without where they stand, by target.
func normalMounts(mounts []inspect.Mount) []inspect.Mount {
	for i := range mounts {
		mounts[i].Setting = ""
	}
	slices.SortFunc(mounts, inspect.Mount.Compare)
	return nonEmpty(mounts)
}

// normalPorts are the ports without where they stand, each once.
func normalPorts(ports []inspect.Port) []inspect.Port {
	for i := range ports {
		ports[i].Setting = ""
	}
	slices.SortFunc(ports, inspect.Port.Compare)
	return nonEmpty(slices.Compact(ports))
}

// nonEmpty is the list, nil where it is empty.
func nonEmpty[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}
