package trial

import (
	"regexp"

	"bulkhead/inspect"
)

// hints say which capability a complaint in a log most likely speaks of. They
// only choose what to try next; nothing is concluded from them.
var hints = []struct {
	words *regexp.Regexp
	caps  []string
}{
	{regexp.MustCompile(`(?i)chown`), []string{"CHOWN"}},
	{regexp.MustCompile(`(?i)set(res|re|e)?gid|setgroups|initgroups`), []string{"SETGID"}},
	{regexp.MustCompile(`(?i)set(res|re|e)?uid`), []string{"SETUID"}},
	{regexp.MustCompile(`(?i)switch|gosu|su-exec|setpriv|fork/exec`), []string{"SETGID", "SETUID"}},
	{regexp.MustCompile(`(?i)raw|icmp|socket:`), []string{"NET_RAW"}},
	{regexp.MustCompile(`(?i)\bbind|\blisten`), []string{"NET_BIND_SERVICE"}},
	{regexp.MustCompile(`(?i)chroot`), []string{"SYS_CHROOT"}},
	{regexp.MustCompile(`(?i)chmod|utime`), []string{"FOWNER"}},
	{regexp.MustCompile(`(?i)\bkill`), []string{"KILL"}},
	{regexp.MustCompile(`(?i)audit`), []string{"AUDIT_WRITE"}},
	{regexp.MustCompile(`(?i)mknod`), []string{"MKNOD"}},
	{regexp.MustCompile(`(?i)permission denied|EACCES`), []string{"DAC_OVERRIDE"}},
	{regexp.MustCompile(`(?i)settime|clock|adjtime`), []string{"SYS_TIME"}},
	{regexp.MustCompile(`(?i)netlink|iptables|nftables|\btun\b|interface`), []string{"NET_ADMIN"}},
	{regexp.MustCompile(`(?i)mlock`), []string{"IPC_LOCK"}},
	{regexp.MustCompile(`(?i)ptrace`), []string{"SYS_PTRACE"}},
	{regexp.MustCompile(`(?i)rlimit`), []string{"SYS_RESOURCE"}},
	{regexp.MustCompile(`(?i)\bmount`), []string{"SYS_ADMIN"}},
}

// suspects are the capabilities that a failed trial points at: by what its log
// complains of, and by not stopping, because a process that has become somebody
// else can be told to stop only with KILL (kill(2)).
func suspects(t Trial) (set inspect.CapSet, because string) {
	if t.Killed {
		set, because = inspect.ParseCaps([]string{"KILL"}), "It did not stop when asked: who may not send a signal cannot stop its processes."
	}
	if len(t.Complaints) > 0 {
		because = "Its log says: " + t.Complaints[0]
	}
	for _, d := range t.Denied {
		if d.Capability != 0 && !set.Has(d.Capability) {
			set |= d.Capability
			because = "It was seen: " + d.Text
		}
	}
	for _, line := range t.Complaints {
		for _, h := range hints {
			if h.words.MatchString(line) {
				set |= inspect.ParseCaps(h.caps)
			}
		}
	}
	return set, because
}
