package compose

import "bulkhead/inspect"

// seccomp names the profile. Compose reads a profile's file and sends its text,
// so a container started from it shows no name either.
func seccomp(value string) string {
	switch value {
	case "", "builtin", "default":
		return ""
	case "unconfined":
		return value
	}
	return inspect.CustomProfile
}
