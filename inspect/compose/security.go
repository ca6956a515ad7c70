package compose

import (
	"slices"
	"strconv"
	"strings"
)

// SecurityOptions is what a list of security_opt entries comes to.
type SecurityOptions struct {
	NoNewPrivileges bool
	// Seccomp and AppArmor are as in inspect.Settings.
	Seccomp, AppArmor string
	// Labels are the SELinux options, sorted.
	Labels        []string
	UnmaskedPaths bool
}

// ParseSecurityOptions reads entries as the engine does (moby
// daemon/daemon_unix.go, parseSecurityOpt): key=value, or key:value in the old
// spelling, later entries winning.
func ParseSecurityOptions(entries []string) SecurityOptions {
	var o SecurityOptions
	for _, e := range entries {
		key, value := SecurityOption(e)
		switch key {
		case "no-new-privileges":
			on, valid := ParseNoNewPrivileges(e)
			o.NoNewPrivileges = valid && on
		case "seccomp":
			o.Seccomp = seccomp(value)
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

// SecurityOption splits an entry, key=value or key:value, as the engine does.
func SecurityOption(entry string) (key, value string) {
	key, value, ok := strings.Cut(entry, "=")
	if !ok {
		key, value, _ = strings.Cut(entry, ":")
	}
	return key, value
}

// seccomp names the profile. Compose reads a profile's file and sends its text,
// so a container started from it shows no name either.
func seccomp(value string) string {
	switch value {
	case "", "builtin", "default":
		return ""
	case "unconfined":
		return value
	}
	return "custom"
}
