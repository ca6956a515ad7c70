package health

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestComplaints(t *testing.T) {
	got := Complaints([]string{
		"ready to serve",
		"2026/11/23 18:00:01 [emerg] 17#17: setgid(33) failed (1: Operation not permitted)",
		"2026/11/23 18:00:02 [emerg] 18#18: setgid(33) failed (1: Operation not permitted)",
		"cannot open /var/lib/x: Permission denied (pid 4711)",
		"open /data: read-only file system, trying again in 1.5s",
		"open /data: read-only file system, trying again in 1m250ms",
	})
	want := []Complaint{
		{"2026/11/23 18:00:01 [emerg] 17#17: setgid(33) failed (1: Operation not permitted)", "#/#/# #:#:# [emerg] ###: setgid(#) failed (#: Operation not permitted)"},
		{"cannot open /var/lib/x: Permission denied (pid 4711)", "cannot open /var/lib/x: Permission denied (pid #)"},
		{"open /data: read-only file system, trying again in 1.5s", "open /data: read-only file system, trying again in #"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The lines of servers were recorded from Debian 12's packages, started with
// too few capabilities on Docker Engine 20.10.24, but where a comment says
// otherwise.
func TestRefuses(t *testing.T) {
	for _, tt := range []struct {
		line string
		want bool
	}{
		{`named: initgroups(): Operation not permitted`, true},
		{`named: setuid(): Operation not permitted`, true},
		{`exec /usr/bin/caddy: operation not permitted`, true},
		{`[ALERT]    (7) : [haproxy.main()] Cannot chroot(/var/lib/haproxy).`, true},
		{`[core:error] [pid 1:tid 1] AH00047: could not make child process 8 exit, attempting to continue anyway`, true},
		{`[ALERT]    (8) : [haproxy.main()] Cannot set gid 101.`, true},
		{`[ALERT]    (9) : [haproxy.main()] Cannot set uid 100.`, true},
		{`[Mon Nov 23 22:27:35.237852 2026] [unixd:alert] [pid 6:tid 6] (1)Operation not permitted: AH02156: setgid: unable to set group id to Group 33`, true},
		{`error: failed switching to "mysql": operation not permitted`, true},
		{`chown: changing ownership of '/mosquitto': Operation not permitted`, true},
		{`1795472883: Error setting groups whilst dropping privileges: Operation not permitted.`, true},
		{`2026/11/23 22:29:07 [emerg] 1#1: chown("/var/lib/nginx/body", 33) failed (1: Operation not permitted)`, true},
		{`[23-Nov-2026 22:27:56] ERROR: Unable to create the PID file (/run/php/php8.2-fpm.pid).: Permission denied (13)`, true},
		{`chroot("/run/sshd"): Operation not permitted [preauth]`, true},
		{`setresuid 100: Operation not permitted [preauth]`, true},
		// From the sources of Linux-PAM 1.5, memcached 1.6, MariaDB 10.11 and others.
		{`error: PAM: pam_open_session(): Cannot make/remove an entry for the specified session`, true},
		{`pam_loginuid(sshd:session): set_loginuid failed`, true},
		{`failed to assume identity of user memcache`, true},
		{`Can't create/write to file '/tmp/x' (Errcode: 13 "Permission denied")`, true},
		{`[ERROR] InnoDB: Operating system error number 13 in a file operation.`, true},
		{`Fatal error: Can't change to run as user 'mysql'`, true},
		{`failed to open /x (os error 13)`, true},
		{`{ errno: -13, syscall: 'open' }`, true},
		{`OSError: [Errno 30] /x`, true},
		{`java.nio.file.AccessDeniedException: /data`, true},
		{`you must be root to do this`, true},
		{`bind: insufficient privileges to listen`, true},

		{`[NOTICE]   (1) : haproxy version is 2.6.12-1+deb12u3`, false},
		{`[WARNING]  (1) : Current worker (13) exited with code 1 (Exit)`, false},
		{`errno 11: try again`, false},
		{`errno=111 connection refused`, false},
		{`Warning: Mosquitto should not be run as root/administrator.`, false},
		{`failed to set up the cache, group of 3 keys`, false},
		{`could not find the user in the session`, false},
		{`setting privileges for 3 users`, false},
		{`1:M 23 Nov 2026 22:29:05.083 * Ready to accept connections`, false},
		{`initdb: warning: enabling "trust" authentication for local connections`, false},
	} {
		if got := refuses(tt.line); got != tt.want {
			t.Errorf("%v for %q", got, tt.line)
		}
	}
}

func TestKey(t *testing.T) {
	for _, tt := range []struct{ name, one, other string }{
		{"times and processes", "[Mon Nov 23 22:27:35.2 2026] [pid 6:tid 6] denied", "[Tue Nov 24 00:00:01.1 2026] [pid 17:tid 17] denied"},
		{"durations", "after 1h2m3.5s: denied", "after 90ms: denied"},
		{"a temporary file", "cannot open /tmp/tmp.aB3dE9xYzQ: denied", "cannot open /tmp/tmp.QwErTyUiOp: denied"},
		{"a UUID", "job 550e8400-e29b-41d4-a716-446655440000 denied", "job 6ba7b810-9dad-11d1-80b4-00c04fd430c8 denied"},
		{"a container", "host 0123456789ab denied", "host fedcba987654 denied"},
		{"an address in memory", "at 0xc000123: denied", "at 0xDEADBEEF: denied"},
	} {
		if a, b := key(tt.one), key(tt.other); a != b {
			t.Errorf("%s: %q and %q", tt.name, a, b)
		}
	}
	if a, b := key("open /a: denied"), key("open /b: denied"); a == b {
		t.Errorf("two paths have one key, %q", a)
	}
}

func FuzzComplaints(f *testing.F) {
	f.Add("setgid(33) failed (1: Operation not permitted)")
	f.Add("errno 13")
	f.Fuzz(func(t *testing.T, line string) {
		if low := strings.ToLower(line); refusal.MatchString(low) != refuses(line) {
			t.Errorf("%q has none of the parts", line)
		}
		for _, c := range Complaints([]string{line, line}) {
			if c.Line != line || c.Key != key(line) {
				t.Errorf("%+v of %q", c, line)
			}
		}
		if len(Complaints([]string{line, line})) > 1 {
			t.Errorf("two kinds of %q", line)
		}
	})
}
