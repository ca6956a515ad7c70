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
	got, err := processes(dir, 10, "")
	if err != nil {
		t.Fatal(err)
	}
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
	for _, i := range got {
		names = append(names, i.Command)
	}
	if diff := cmp.Diff([]string{"mine", "mine2", "unknown"}, names); diff != "" {
		t.Error(diff)
	}
}
