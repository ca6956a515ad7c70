package check

import "bulkhead/inspect"

// Danger ranks one capability by what it opens: those beyond the engine's
// default set by the axes of their severity, above all of the default set; and
// within that the ones that open other services' or the kernel's doors first. A
// greater number is graver.
func Danger(c inspect.CapSet) int {
	for _, d := range capDangers {
		if one, err := inspect.ParseCap(d.name); err == nil && one == c {
			return len(mild) + int(severity(d.gain, d.door))
		}
	}
	for i, name := range mild {
		if one, err := inspect.ParseCap(name); err == nil && one == c {
			return i
		}
	}
	return 0
}

// mild is the engine's default set, from the least to the gravest by what
// capabilities(7) says that each allows: raw packets reach neighbours, files and
// owners anything on what is mounted.
var mild = []string{
	"AUDIT_WRITE", "NET_BIND_SERVICE", "KILL", "FSETID", "SYS_CHROOT", "SETPCAP", "CHOWN",
	"SETGID", "SETUID", "FOWNER", "SETFCAP", "MKNOD", "NET_RAW", "DAC_OVERRIDE",
}
