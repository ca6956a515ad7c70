package inspect

import (
	"slices"
	"strconv"
	"strings"
)

// SecurityOptions is what a list of security_opt entries comes to.
type SecurityOptions struct {
	NoNewPrivileges bool
	// Seccomp is the value as it stands: a word of the engine's, a path, or the
	// text of a profile.
	Seccomp string
	// AppArmor is as in Settings.
	AppArmor string
	// Labels are the SELinux options, sorted.
	Labels        []string
	UnmaskedPaths bool
}

// ParseSecurityOptions reads entries as the engine does (moby
// daemon/daemon_unix.go, parseSecurityOpt), later entries winning.
func ParseSecurityOptions(entries []string) SecurityOptions {
	var o SecurityOptions
	for _, e := range entries {
		key, value := SecurityOption(e)
		switch key {
		case "no-new-privileges":
			o.NoNewPrivileges, _ = ParseNoNewPrivileges(e)
		case "seccomp":
			o.Seccomp = value
		case "apparmor":
			o.AppArmor = value
			if value == "docker-default" {
				o.AppArmor = ""
			}
		case "label":
			o.Labels = append(o.Labels, value)
		case "disable":
			o.Labels = append(o.Labels, "disable")
		case "systempaths":
			o.UnmaskedPaths = o.UnmaskedPaths || value == "unconfined"
		}
	}
	slices.Sort(o.Labels)
	return o
}

// ParseNoNewPrivileges reads one entry. It says whether the entry speaks of
// no-new-privileges at all and, if so, whether it turns it on; the bare word
// does. A value that is no boolean turns nothing on.
func ParseNoNewPrivileges(entry string) (on, speaks bool) {
	key, value := SecurityOption(entry)
	if key != "no-new-privileges" {
		return false, false
	}
	if key == entry {
		return true, true
	}
	on, err := strconv.ParseBool(value)
	return on && err == nil, true
}

// SecurityOption splits an entry: key=value, or key:value in the old spelling.
func SecurityOption(entry string) (key, value string) {
	i := strings.IndexAny(entry, "=:")
	if i < 0 {
		return entry, ""
	}
	return entry[:i], entry[i+1:]
}

// Secure sets what the options say. Privileged and Namespaces are set before;
// Seccomp is left to the caller, who knows what its value stands for.
func (s *Settings) Secure(o SecurityOptions) {
	s.NoNewPrivileges, s.AppArmor = o.NoNewPrivileges, o.AppArmor
	s.UnmaskedPaths = s.UnmaskedPaths || o.UnmaskedPaths && !s.Privileged
	// To these the engine adds label=disable by itself (moby daemon/create.go,
	// generateSecurityOpt); there it says nothing.
	implied := s.Privileged || s.Namespaces.PID == "host" || s.Namespaces.IPC == "host"
	for _, label := range o.Labels {
		if label != "disable" || !implied {
			s.SELinux = append(s.SELinux, label)
		}
	}
}
