package observe

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// files are on the root filesystem where nothing else is said.
func onRoot(files ...File) Observation {
	return Observation{Files: files, Mounts: []Mount{
		{Point: "/", Type: "overlay", Kind: RootMount}, {Point: "/data", Type: "ext4", Kind: VolumeMount, Volume: "db"}, {Point: "/proc", Kind: EngineMount},
		{Point: "/scratch", Type: "tmpfs", Kind: TmpfsMount},
	}}.WithMounts()
}

func did(path string, access ...Access) File { return File{Path: path, Access: access} }

func TestPlaces(t *testing.T) {
	by := func(f File, owner Owner, writers ...uint32) File {
		f.Directory, f.Writers = &owner, writers
		return f
	}
	for _, tt := range []struct {
		name string
		o    Observation
		want []string
	}{
		{"nothing is written", onRoot(did("/etc/passwd", Read), did("/bin/sh", Executed)), nil},
		{"a file, by its directory's owner", onRoot(by(did("/run/x.pid", Created, Written), Owner{Mode: 0o755}, 0)),
			[]string{"/run: a tmpfs would do (mode=755)"}},
		{"another owner", onRoot(by(did("/var/lib/x/f", Created), Owner{UID: 5, GID: 6, Mode: 0o1750}, 5)),
			[]string{"/var/lib/x: a tmpfs would do (mode=1750,uid=5,gid=6)"}},
		{"by its only writer", onRoot(File{Path: "/srv/f", Access: []Access{Created}, Writers: []uint32{33}}),
			[]string{"/srv: a tmpfs would do (mode=755,uid=33)"}},
		{"by several", onRoot(File{Path: "/srv/f", Access: []Access{Created}, Writers: []uint32{0, 33}}),
			[]string{"/srv: a tmpfs would do (mode=1777)"}},
		{"directories that were made count with what holds them", onRoot(did("/srv/a", Created), did("/srv/a/b", Created), did("/srv/a/b/f", Created, Written)),
			[]string{"/srv: a tmpfs would do (mode=1777)"}},
		{"what runs there needs exec", onRoot(did("/tmp/lib.so", Created, Written, Mapped)), []string{"/tmp: a tmpfs would do (mode=1777,exec)"}},
		{"what runs further in, too", onRoot(did("/tmp/d", Created), did("/tmp/d/x", Created, Executed)), []string{"/tmp: a tmpfs would do (mode=1777,exec)"}},
		{"what runs elsewhere does not", onRoot(did("/tmp/f", Created), did("/tmpx/x", Executed)), []string{"/tmp: a tmpfs would do (mode=1777)"}},
		{"what is read there is not to be hidden", onRoot(did("/app/log", Created), did("/app/code", Read)), []string{"/app: a volume, as a tmpfs would hide /app/code"}},
		{"what was made there is none of that", onRoot(did("/app/log", Created, Read)), []string{"/app: a tmpfs would do (mode=1777)"}},
		{"what is changed there", onRoot(did("/etc/app/conf", Written)), []string{"/etc/app: a volume, as files of the image are changed there"}},
		{"the root itself", onRoot(did("/f", Created)), []string{"/: files are written beside the directories, where nothing can be mounted"}},
		{"on a volume", onRoot(did("/data/x/y", Created, Written)), []string{"/data: writable already, volume db"}},
		{"on a tmpfs", onRoot(did("/scratch/y", Created)), []string{"/scratch: writable already, tmpfs"}},
		{"what the engine brings", onRoot(did("/proc/self/oom_score_adj", Written)), nil},
		{"a path that is not whole", onRoot(File{Path: "/deep/f", Access: []Access{Created}, Cut: true}), nil},
		{"two in each other", onRoot(did("/run/f", Created), did("/run/db/g", Created)),
			[]string{"/run: a tmpfs would do (mode=1777)", "/run/db: a tmpfs would do (mode=1777)"}},
		{"refused", onRoot(File{Path: "/run/f", Refused: []string{"EROFS"}}), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range Places(tt.o) {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettledUser(t *testing.T) {
	ran := func(uid uint32) Execution { return Execution{Path: "/srv/app", UID: uid, From: uid} }
	became := func(uid, gid uint32) Identity { return Identity{Executable: "/srv/app", UID: uid, GID: gid} }
	for _, tt := range []struct {
		name string
		o    Observation
		want string
	}{
		{"nothing", Observation{}, "user: none was seen"},
		{"root", Observation{Executions: []Execution{ran(0)}}, "user: everything runs as root, nothing becomes another user"},
		{"another from the start", Observation{Executions: []Execution{ran(33)}}, "user: everything runs as 33"},
		{"an entrypoint that drops root", Observation{Executions: []Execution{ran(0), ran(33)}, Identities: []Identity{became(0, 33), became(33, 33)}},
			"user: settles as 33:33, as which programs are executed: it may be possible to start as it"},
		{"workers", Observation{Executions: []Execution{ran(0)}, Identities: []Identity{became(33, 7)}}, "user: app becomes 33:7, started by root"},
		{"several", Observation{Executions: []Execution{ran(0)}, Identities: []Identity{became(33, 7), became(34, 7)}}, "users: 0, 33, 34"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Predict(tt.o).userLine(); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestGains(t *testing.T) {
	o := Observation{
		Executions: []Execution{
			{Path: "/bin/sh", UID: 0, From: 0}, {Path: "/bin/su", UID: 0, From: 33, Phase: Start}, {Path: "/bin/su", UID: 0, From: 33, Phase: Stop},
			{Path: "/bin/ping", UID: 33, From: 33}, {Path: "/bin/dumpcap", UID: 0, From: 0},
		},
		FileCaps: []FileCap{{Path: "/bin/ping"}, {Path: "/bin/dumpcap"}},
	}
	want := []Gain{{Path: "/bin/su", From: 33}, {Path: "/bin/ping", From: 33, UID: 33, FileCaps: true}}
	if diff := cmp.Diff(want, Predict(o).Gains); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct{ peaks, want Peaks }{
		{Peaks{}, Peaks{}},
		{Peaks{Memory: 1, Processes: 1, OpenFiles: 1, CPUs: 0.1}, Peaks{Memory: 32 << 20, Processes: 32, OpenFiles: 1024, CPUs: 0.5}},
		{Peaks{Memory: 100 << 20, Processes: 11, OpenFiles: 300, CPUs: 1.3}, Peaks{Memory: 400 << 20, Processes: 48, OpenFiles: 2048, CPUs: 3}},
	} {
		if diff := cmp.Diff(tt.want, limits(tt.peaks)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestSummary(t *testing.T) {
	want := []string{
		"no write was seen, so a read-only root filesystem may need no mounts", "user: none was seen",
		"no-new-privileges: nobody was seen to gain privileges by executing a program", "limits: no peak was seen",
	}
	if diff := cmp.Diff(want, Predict(Observation{}).Summary()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
