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
	"golang.org/x/sys/unix"

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
		{"files", files}, {"arguments", arguments}, {"owners", owners}, {"peaks", peaks}, {"sockets", sockets}, {"a refused socket", refusedSocket}, {"executions", executions},
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
		{[]string{"map_x"}, map[string]string{"lib": "created mapped read written"}},
		{[]string{"map_r"}, map[string]string{"lib": "created read written"}},
		{[]string{"flock"}, map[string]string{"f": "created locked read written"}},
		{[]string{"fcntl_lock"}, map[string]string{"f": "created locked read written"}},
		{[]string{"ofd_lock"}, map[string]string{"f": "created locked read written"}},
		{[]string{"getlk"}, map[string]string{"f": "created read written"}},
		{[]string{"fcntl"}, map[string]string{"f": "created read written"}},
		{[]string{"copy_x"}, map[string]string{"": "changed", "copy": "created executed written"}},
		{[]string{"script"}, map[string]string{"script.sh": "created executed written"}},
	} {
		t.Run(strings.Join(tt.acts, " "), func(t *testing.T) {
			o, dir := observed(t, tt.acts...)
			if diff := cmp.Diff(tt.want, Accesses(o, dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// arguments lets each call be recognised that profiles filter by its values.
func arguments(t *testing.T, observed Observed) {
	plain := func(values ...uint64) []observe.Argument {
		var list []observe.Argument
		for i := 0; i < len(values); i += 2 {
			list = append(list, observe.Argument{Index: int(values[i]), Value: values[i+1]})
		}
		return list
	}
	for _, tt := range []struct {
		act, call string
		want      []observe.Argument
	}{
		{"clone", "clone", plain(0, unix.CLONE_THREAD)},
		{"clone3", "clone3", []observe.Argument{{Value: unix.CLONE_THREAD | unix.CLONE_NEWUTS, Memory: true}}},
		{"unshare", "unshare", plain(0, unix.CLONE_FS)},
		{"setns", "setns", plain(1, unix.CLONE_NEWUTS)},
		{"personality", "personality", plain(0, 0xffffffff)},
		{"prctl", "prctl", plain(0, unix.PR_SET_KEEPCAPS)},
		{"ioctl", "ioctl", plain(1, unix.TIOCGWINSZ)},
		{"fcntl", "fcntl", plain(1, unix.F_GETOWN)},
		{"kcmp", "kcmp", plain(2, 1)},
		{"vsock", "socket", plain(0, unix.AF_VSOCK, 1, unix.SOCK_STREAM, 2, 0)},
		{"netlink", "socket", plain(0, unix.AF_NETLINK, 1, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 2, unix.NETLINK_ROUTE)},
		{"socketpair", "socketpair", plain(0, unix.AF_UNIX, 1, unix.SOCK_SEQPACKET, 2, 0)},
		{"setsockopt", "setsockopt", plain(1, unix.SOL_SOCKET, 2, unix.SO_REUSEPORT)},
	} {
		t.Run(tt.act, func(t *testing.T) {
			o, _ := observed(t, tt.act)
			list, whole := o.CallsWith(tt.call)
			want := observe.Arguments{Syscall: tt.call, Values: tt.want, Count: 1}
			if !whole || !slices.ContainsFunc(list, func(a observe.Arguments) bool { return cmp.Equal(a, want) }) {
				t.Errorf("%+v is not in %+v (whole: %v)", want, list, whole)
			}
			if list, _ := o.CallsWith("personality"); tt.call != "personality" && len(list) > 0 {
				t.Errorf("a personality was seen: %+v", list)
			}
		})
	}
}

// owners are whose the files are, and who wrote them.
func owners(t *testing.T, observed Observed) {
	o, dir := observed(t, "owned_dir")
	i := slices.IndexFunc(o.Files, func(f observe.File) bool { return f.Path == filepath.Join(dir, "own/f") })
	if i < 0 {
		t.Fatalf("%+v", o.Files)
	}
	f := o.Files[i]
	want := observe.File{
		Owner: &observe.Owner{UID: 33, GID: 33, Mode: 0o640}, Directory: &observe.Owner{UID: 33, GID: 33, Mode: 0o750}, Writers: []uint32{33},
	}
	if slices.ContainsFunc(o.Unseen, func(g observe.Gap) bool { return g.Aspect == observe.Elevation }) {
		want.Owner = nil // another user's descriptors are out of reach
	}
	got := observe.File{Owner: f.Owner, Directory: f.Directory, Writers: f.Writers}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if m, ok := o.MountAt(f.Mount); !ok || m.Type == "" || !strings.HasPrefix(f.Path, m.Point) {
		t.Errorf("it lies on %q, of %+v", f.Mount, o.Mounts)
	}
}

// peaks are what was used at once.
func peaks(t *testing.T, observed Observed) {
	if o, _ := observed(t, "high_fd"); o.Peaks.OpenFiles != 201 {
		t.Errorf("open files: %d", o.Peaks.OpenFiles)
	}
	few, _ := observed(t, "nothing")
	many, _ := observed(t, "threads")
	if few.Peaks.Processes == 0 || few.Peaks.Processes > 11 || many.Peaks.Processes < 11 {
		t.Errorf("threads: %d, and with ten more %d", few.Peaks.Processes, many.Peaks.Processes)
	}
}

func sockets(t *testing.T, observed Observed) {
	for _, tt := range []struct {
		act  string
		want []string
	}{
		{"listen_tcp", []string{"bind inet 40404 0.0.0.0 any", "listen inet stream 40404 any", "socket inet stream"}},
		{"listen_loopback", []string{"bind inet 40405 127.0.0.1 loopback", "listen inet stream 40405 loopback", "socket inet stream"}},
		{"listen_tcp6", []string{"bind inet6 40406 :: any", "listen inet6 stream 40406 any", "socket inet6 stream"}},
		{"listen_unix", []string{"bind unix sock", "listen unix stream", "socket unix stream"}},
		{"connect", []string{"connect inet 5353 127.0.0.1 loopback", "socket inet dgram"}},
		{"connect_unix", []string{"connect unix /nowhere.sock", "socket unix stream"}},
		{"connect_abstract", []string{"connect unix @bulkhead", "socket unix stream"}},
		{"netlink", []string{"socket netlink raw"}},
		{"net_raw", []string{"socket inet raw"}},
	} {
		t.Run(tt.act, func(t *testing.T) {
			o, _ := observed(t, tt.act)
			var got []string
			for _, s := range o.Sockets {
				words := []string{s.Operation, s.Family, s.Type, "", s.Address, string(s.Scope)}
				if s.Port != 0 {
					words[3] = strconv.Itoa(int(s.Port))
				}
				got = append(got, strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " "))
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
