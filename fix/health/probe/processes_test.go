package probe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// status is of a worker of nginx 1.22.1 on Linux 6.18, cut to what is read.
const status = `Name:	nginx
Umask:	0022
State:	S (sleeping)
Tgid:	7
Pid:	7
PPid:	1
Uid:	33	33	33	33
Gid:	33	33	33	33
FDSize:	64
Groups:	33 5 
CapInh:	0000000000000000
CapPrm:	0000000000000000
CapEff:	0000000000000000
CapBnd:	00000000a80425fb
`

// procWith is a directory like /proc with these status files.
func procWith(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for pid, text := range files {
		if err := os.MkdirAll(filepath.Join(dir, pid), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, pid, "status"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestProcesses(t *testing.T) {
	master := strings.NewReplacer("\t33\t33\t33\t33", "\t0\t0\t0\t0", "33 5", "0", "CapEff:	0000000000000000", "CapEff:	00000000000000c0").Replace(status)
	dir := procWith(t, map[string]string{
		"1": master, "7": status, "8": status,
		"9":        strings.Replace(status, "S (sleeping)", "Z (zombie)", 1),
		"10":       strings.Replace(status, "nginx", "probe", 1),
		"11":       "Name:	half\n",
		"sys":      status,
		"12/tasks": status,
	})
	if err := os.Symlink("/var/chroot", filepath.Join(dir, "7", "root")); err != nil {
		t.Fatal(err)
	}
	found, err := processes(dir, 10, "")
	if err != nil {
		t.Fatal(err)
	}
	got := health.Identities(found)
	want := []health.Identity{
		{Command: "nginx", UID: "0", GID: "0", Powers: health.Powers{Known: true, Groups: "0", Effective: inspect.ParseCaps([]string{"SETGID", "SETUID"})}},
		{Command: "nginx", UID: "33", GID: "33", Powers: health.Powers{Known: true, Groups: "5 33"}},
		{Command: "nginx", UID: "33", GID: "33", Powers: health.Powers{Known: true, Groups: "5 33", Root: "/var/chroot"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := processes(filepath.Join(dir, "none"), 1, ""); err == nil {
		t.Error("a missing directory is not an error")
	}
}

// Where containers share a process namespace, each is asked for its own; a
// process whose cgroup names no container may be anybody's.
func TestProcessesOfOneContainer(t *testing.T) {
	mine, other := strings.Repeat("ab", 32), strings.Repeat("0c", 32)
	dir := procWith(t, map[string]string{"1": status, "2": strings.Replace(status, "nginx", "mine", 1), "3": strings.Replace(status, "nginx", "mine2", 1), "4": strings.Replace(status, "nginx", "unknown", 1)})
	for pid, cgroup := range map[string]string{
		"1": "12:pids:/docker/" + other + "\n0::/docker/" + other + "\n", // cgroup v1
		"2": "12:pids:/docker/" + mine + "\n",
		"3": "0::/../docker-" + mine + ".scope\n", // v2, from another cgroup namespace
		"4": "0::/\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, pid, "cgroup"), []byte(cgroup), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := processes(dir, 10, mine)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range health.Identities(got) {
		names = append(names, i.Command)
	}
	if diff := cmp.Diff([]string{"mine", "mine2", "unknown"}, names); diff != "" {
		t.Error(diff)
	}
}

// What a process sees of the mounts tells whether it is locked into a directory.
// The lines are of haproxy 2.6.12 in a container of Engine 20.10.
func TestRootOf(t *testing.T) {
	const container = "158 65 0:58 / / rw,nodev,noatime master:3 - overlay overlay rw\n159 158 0:62 / /proc rw,nosuid - proc proc rw\n168 158 0:63 / /dev rw,nosuid - tmpfs tmpfs rw\n"
	for name, c := range map[string]struct{ mountinfo, want string }{
		"the container's":               {container, "/"},
		"a directory of its filesystem": {"", health.Elsewhere},
		"a mount":                       {"301 158 0:70 / / rw,nosuid shared:1 - tmpfs tmpfs rw,mode=755\n", health.Elsewhere},
		"a directory with a mount":      {"301 158 0:70 / /dev rw,nosuid - tmpfs tmpfs rw\n", health.Elsewhere},
		"something else on /proc":       {"1 2 0:1 / / rw - tmpfs tmpfs rw\n3 1 0:2 / /proc rw - tmpfs tmpfs rw\n", health.Elsewhere},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "mountinfo"), []byte(c.mountinfo), 0o644); err != nil {
				t.Fatal(err)
			}
			if got := rootOf(dir); got != c.want {
				t.Errorf("root %q, want %q", got, c.want)
			}
		})
	}
	if got := rootOf(t.TempDir()); got != "" {
		t.Errorf("root %q of what cannot be read", got)
	}
}
