// Package expect holds what every observer must have seen of the acts of
// package act. Only tests import it.
package expect

import (
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/act"
)

// Observed runs the acts in a process of their own, in a new directory, and
// returns what was seen and the directory.
type Observed func(t *testing.T, acts ...string) (seen observe.Observation, dir string)

// Acts lets every act be recognised that shows without capability checks.
func Acts(t *testing.T, observed Observed) {
	for _, part := range []struct {
		name string
		test func(*testing.T, Observed)
	}{
		{"files", files}, {"sockets", sockets}, {"a refused socket", refusedSocket}, {"executions", executions},
		{"identities and signals", identitiesAndSignals}, {"32-bit calls", compat}, {"io_uring", ioUring},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, observed) })
	}
}

// Accesses are the files below dir: path, access and what refused it.
func Accesses(o observe.Observation, dir string) map[string]string {
	got := map[string]string{}
	for _, f := range o.Files {
		if rest, ok := strings.CutPrefix(f.Path, dir); ok {
			var words []string
			for _, a := range f.Access {
				words = append(words, string(a))
			}
			got[strings.TrimPrefix(rest, "/")] = strings.Join(append(words, f.Refused...), " ")
		}
	}
	return got
}

func files(t *testing.T, observed Observed) {
	for _, tt := range []struct {
		acts []string
		want map[string]string
	}{
		{[]string{"read"}, map[string]string{"f": "created read written"}},
		{[]string{"write"}, map[string]string{"f": "created written"}},
		{[]string{"write", "write"}, map[string]string{"f": "created written"}},
		{[]string{"create"}, map[string]string{"new": "created written"}},
		{[]string{"mkdir"}, map[string]string{"d": "created", "d/e": "created"}},
		{[]string{"rename"}, map[string]string{"old": "created removed written", "renamed": "created"}},
		{[]string{"unlink"}, map[string]string{"gone": "created removed written"}},
		{[]string{"symlink"}, map[string]string{"link": "created"}},
		{[]string{"through"}, map[string]string{"f": "created read written", "link": "created"}},
		{[]string{"truncate"}, map[string]string{"f": "created written"}},
		{[]string{"chown"}, map[string]string{"f": "changed created written"}},
		{[]string{"missing"}, map[string]string{}},
		{[]string{"pipe"}, map[string]string{}},
		{[]string{"beneath"}, map[string]string{"dir": "changed created read", "dir/inner": "created"}},
		{[]string{"chrooted"}, map[string]string{"jail": "created", "jail/cell": "created", "jail/f": "created written"}},
		{[]string{"-DAC_OVERRIDE", "dac_override"}, map[string]string{"f": "changed created written EACCES"}},
		{[]string{"-SYS_CHROOT", "sys_chroot"}, map[string]string{}},
		{[]string{"listen_unix"}, map[string]string{"sock": "created"}},
	} {
		t.Run(strings.Join(tt.acts, " "), func(t *testing.T) {
			o, dir := observed(t, tt.acts...)
			if diff := cmp.Diff(tt.want, Accesses(o, dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func sockets(t *testing.T, observed Observed) {
	for _, tt := range []struct {
		act  string
		want []string
	}{
		{"listen_tcp", []string{"bind inet  40404", "listen inet stream 40404", "socket inet stream 0"}},
		{"listen_unix", []string{"bind unix  0", "listen unix stream 0", "socket unix stream 0"}},
		{"connect", []string{"connect inet  5353", "socket inet dgram 0"}},
		{"netlink", []string{"socket netlink raw 0"}},
		{"net_raw", []string{"socket inet raw 0"}},
	} {
		t.Run(tt.act, func(t *testing.T) {
			o, _ := observed(t, tt.act)
			var got []string
			for _, s := range o.Sockets {
				got = append(got, strings.Join([]string{s.Operation, s.Family, s.Type, strconv.Itoa(int(s.Port))}, " "))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func refusedSocket(t *testing.T, observed Observed) {
	o, _ := observed(t, "-NET_BIND_SERVICE", "net_bind_service")
	i := slices.IndexFunc(o.Sockets, func(s observe.Socket) bool { return s.Operation == "bind" })
	if i < 0 || !o.Sockets[i].Refused || o.Sockets[i].Port != 81 {
		t.Errorf("%+v", o.Sockets)
	}
}

func executions(t *testing.T, observed Observed) {
	t.Run("a script", func(t *testing.T) {
		o, dir := observed(t, "script")
		i := slices.IndexFunc(o.Executions, func(x observe.Execution) bool { return x.Named == filepath.Join(dir, "script.sh") })
		if i < 0 || !strings.HasSuffix(o.Executions[i].Path, ".test") {
			t.Errorf("%+v", o.Executions)
		}
	})
	t.Run("a setuid program", func(t *testing.T) {
		o, dir := observed(t, "setuid_x")
		if slices.ContainsFunc(o.Unseen, func(g observe.Gap) bool { return g.Aspect == observe.Elevation }) {
			t.Skip("the observer says that such programs get no privileges from it")
		}
		i := slices.IndexFunc(o.Executions, func(x observe.Execution) bool { return x.Path == filepath.Join(dir, "setuid") })
		if i < 0 || o.Executions[i].UID != 0 || o.Executions[i].From != 33 {
			t.Errorf("%+v", o.Executions)
		}
	})
	t.Run("from a further thread", func(t *testing.T) {
		o, dir := observed(t, "thread_x")
		if got := Accesses(o, dir); got["d/e"] != "created" {
			t.Errorf("what the new program did was not seen: %v", got)
		}
	})
}

func identitiesAndSignals(t *testing.T, observed Observed) {
	o, _ := observed(t, "signal", "setgid", "setuid")
	want := observe.Identity{UID: 33, GID: 33, Phase: observe.Start, Count: 1}
	if !slices.ContainsFunc(o.Identities, func(i observe.Identity) bool { i.Executable = ""; return i == want }) {
		t.Errorf("identities: %+v", o.Identities)
	}
	if !slices.ContainsFunc(o.Signals, func(s observe.Signal) bool { return s.Number == 23 }) {
		t.Errorf("signals: %+v", o.Signals)
	}
}

func compat(t *testing.T, observed Observed) {
	if err := act.Compat(t.TempDir()); errors.Is(err, syscall.ENOEXEC) {
		t.Skip("this kernel runs no 32-bit programs")
	}
	o, _ := observed(t, "compat")
	if !o.Compat {
		t.Error("they were not seen")
	}
	want := observe.Syscall{Name: "exit", Phase: observe.Start, Compat: true, Count: 1}
	if !slices.Contains(o.Syscalls, want) {
		t.Errorf("exit(0) is not among %+v", o.Syscalls)
	}
}

func ioUring(t *testing.T, observed Observed) {
	o, _ := observed(t, "io_uring")
	if !o.IOURing {
		t.Error("its set-up was not noticed")
	}
	if o, _ = observed(t, "nothing"); o.IOURing || o.Compat {
		t.Error("it was noticed where there was none")
	}
}
