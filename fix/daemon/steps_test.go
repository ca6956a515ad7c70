package daemon

import (
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"bulkhead/inspect"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text), Mode: 0o644} }

func program(mode fs.FileMode) *fstest.MapFile { return &fstest.MapFile{Mode: 0o755 | mode} }

// owned is a directory of that user and group, as ownerOf tells.
func owned(uid, gid uint32) *fstest.MapFile {
	return &fstest.MapFile{Mode: fs.ModeDir | 0o755, Sys: owner{uid, gid}}
}

func ownerOf(info fs.FileInfo) (uid, gid uint32, ok bool) {
	o, ok := info.Sys().(owner)
	return o.uid, o.gid, ok
}

// ready is a machine on which nothing is missing.
func ready() fstest.MapFS {
	return fstest.MapFS{
		"etc/passwd":                                   file("root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\ndockremap:x:990:990::/:/bin/false\n"),
		"etc/subuid":                                   file("ann:100000:65536\ndockremap:165536:65536\n"),
		"etc/subgid":                                   file("ann:100000:65536\ndockremap:231072:65536\n"),
		"etc/os-release":                               file("ID=ubuntu\nID_LIKE=\"debian\"\n"),
		"etc/docker/daemon.json":                       file("{\"userns-remap\": \"default\"}"),
		"usr/bin/newuidmap":                            program(fs.ModeSetuid),
		"usr/bin/newgidmap":                            program(fs.ModeSetuid),
		"usr/bin/rootlesskit":                          program(0),
		"usr/bin/dockerd-rootless.sh":                  program(0),
		"usr/bin/dockerd-rootless-setuptool.sh":        program(0),
		"usr/bin/slirp4netns":                          program(0),
		"run/systemd/system":                           &fstest.MapFile{Mode: fs.ModeDir | 0o755},
		"run/user/1000/bus":                            file(""),
		"var/lib/systemd/linger/ann":                   file(""),
		"proc/sys/kernel/hostname":                     file("h\n"),
		"proc/sys/user/max_user_namespaces":            file("1000\n"),
		"proc/sys/net/ipv4/ip_unprivileged_port_start": file("80\n"),
		"sys/fs/cgroup/cgroup.controllers":             file("cpuset cpu io memory pids\n"),
		"sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers": file("cpuset cpu io memory pids\n"),
		"srv/data": owned(100998, 100998),
	}
}

// with is a machine with some files changed; nil takes one away.
func with(files fstest.MapFS, change fstest.MapFS) fstest.MapFS {
	out := maps.Clone(files)
	for name, f := range change {
		if f == nil {
			delete(out, name)
		} else {
			out[name] = f
		}
	}
	return out
}

var (
	rootlessHost = inspect.Host{Version: "29.0", Local: true, Rootless: true, Kernel: "6.1.0", StorageDriver: "overlay2"}
	remappedHost = inspect.Host{Version: "29.0", Local: true, UsernsRemap: true, Kernel: "6.1.0"}
	rootHost     = inspect.Host{Version: "29.0", Local: true, Kernel: "6.1.0"}
)

func stock(set ...inspect.Settings) Stock {
	s := Stock{Root: "/var/lib/docker", Images: 3}
	for _, settings := range set {
		s.Workloads = append(s.Workloads, inspect.Workload{Name: "shop/web", Settings: settings})
	}
	return s
}

func read(files fstest.MapFS, h inspect.Host, s Stock) Machine {
	return ReadMachine(Place{Root: files, User: "ann", Owner: ownerOf}, h, s)
}

// step finds one by the beginning of what it says.
func step(t *testing.T, steps []Step, do string) Step {
	t.Helper()
	for _, s := range steps {
		if strings.HasPrefix(s.Do, do) {
			return s
		}
	}
	t.Fatalf("there is no step %q", do)
	return Step{}
}

// TestAMachineThatIsReadyHasNoOpenStep holds both roads against machines on
// which everything was done.
func TestAMachineThatIsReadyHasNoOpenStep(t *testing.T) {
	bind := inspect.Settings{Mounts: []inspect.Mount{{Type: inspect.BindMount, Source: "/srv/data", Target: "/data"}}}
	for _, tt := range []struct {
		road Road
		m    Machine
	}{
		{Rootless, read(ready(), rootlessHost, stock(bind))},
		{Remap, read(with(ready(), fstest.MapFS{"srv/data": owned(165537, 231073)}), remappedHost, stock(bind))},
	} {
		steps := tt.m.Steps(tt.road)
		if len(steps) < 9 {
			t.Errorf("%s has %d steps", tt.road, len(steps))
		}
		for _, s := range steps {
			if s.State != Done {
				t.Errorf("%s: %q is %s: %s", tt.road, s.Do, s.State, s.Seen)
			}
		}
	}
}

// TestStepsSeeWhatIsMissing takes one thing after the other away from a machine
// that is ready.
func TestStepsSeeWhatIsMissing(t *testing.T) {
	port := inspect.Settings{Ports: []inspect.Port{{HostPort: 8080, Container: 1}, {HostPort: 443, Container: 2, Protocol: "tcp"}}}
	for _, tt := range []struct {
		name    string
		road    Road
		files   fstest.MapFS
		host    inspect.Host
		stock   Stock
		do      string
		state   Progress
		seen    string
		command string
	}{
		{"no ranges", Rootless, fstest.MapFS{"etc/subuid": file("bob:100000:65536\n"), "etc/subgid": nil}, rootHost, stock(), "Give ann", Open,
			"0 user IDs and 0 group IDs", "sudo usermod --add-subuids 165536-231071 --add-subgids 165536-231071 ann"},
		{"too few", Rootless, fstest.MapFS{"etc/subuid": file("ann:100000:1000\n")}, rootHost, stock(), "Give ann", Open, "1000 user IDs", "--add-subuids"},
		{"granted by number", Rootless, fstest.MapFS{"etc/subuid": file("1000:100000:65536\n")}, rootHost, stock(), "Give ann", Done, "from 100000", ""},
		{"shared with another", Rootless, fstest.MapFS{"etc/subgid": file("ann:100000:65536\nbob:165535:10\n")}, rootHost, stock(), "Give ann", Open, "/etc/subgid gives ann and bob the same IDs", ""},
		{"a user's own ID is not free", Rootless, fstest.MapFS{"etc/passwd": file("ann:x:1000:1000::/home/ann:\ndir:x:100005:1::/:\n"), "etc/subuid": nil, "etc/subgid": nil}, rootHost, stock(), "Give ann", Open,
			"0 user IDs", "100006-165541"},
		{"no such user", Rootless, fstest.MapFS{"etc/passwd": file("bob:x:1:1::/:\n"), "etc/subuid": nil}, rootHost, stock(), "Log in as", Unknown, "no line in /etc/passwd", ""},
		{"no helpers", Rootless, fstest.MapFS{"usr/bin/newuidmap": nil}, rootHost, stock(), "Install newuidmap", Open, "not there", "sudo apt-get install uidmap"},
		{"helpers without setuid", Rootless, fstest.MapFS{"usr/bin/newgidmap": program(0)}, rootHost, stock(), "Install newuidmap", Unknown, "getcap", ""},
		{"Fedora", Rootless, fstest.MapFS{"usr/bin/slirp4netns": nil, "etc/os-release": file("ID=fedora\n")}, rootHost, stock(), "Install pasta", Open, "neither pasta", "sudo dnf install slirp4netns"},
		{"another distribution", Rootless, fstest.MapFS{"usr/bin/slirp4netns": nil, "etc/os-release": file("ID=void\n")}, rootHost, stock(), "Install pasta", Open, "neither pasta", ""},
		{"pasta instead", Rootless, fstest.MapFS{"usr/bin/slirp4netns": nil, "usr/bin/pasta": program(0)}, rootHost, stock(), "Install pasta", Done, "/usr/bin/pasta", ""},
		{"in the user's own bin", Rootless, fstest.MapFS{"usr/bin/rootlesskit": nil, "home/ann/bin/rootlesskit": program(0)}, rootHost, stock(), "Install rootlesskit", Done, "/home/ann/bin/rootlesskit", ""},
		{"no namespaces for users", Rootless, fstest.MapFS{"proc/sys/kernel/unprivileged_userns_clone": file("0\n")}, rootHost, stock(), "Let ordinary", Open, "unprivileged_userns_clone", ""},
		{"no namespaces", Remap, fstest.MapFS{"proc/sys/user/max_user_namespaces": file("0\n")}, rootHost, stock(), "Use a kernel", Open, "is 0", ""},
		{"AppArmor restricts", Rootless, fstest.MapFS{"proc/sys/kernel/apparmor_restrict_unprivileged_userns": file("1\n")}, rootHost, stock(), "Let ordinary", Open, "no AppArmor profile", ""},
		{"AppArmor has a profile", Rootless, fstest.MapFS{"proc/sys/kernel/apparmor_restrict_unprivileged_userns": file("1\n"), "etc/apparmor.d/usr.bin.rootlesskit": file("")}, rootHost, stock(), "Let ordinary", Done, "has a profile", ""},
		{"nonsense from the kernel", Rootless, fstest.MapFS{"proc/sys/kernel/unprivileged_userns_clone": file("\x1b[2J")}, rootHost, stock(), "Let ordinary", Unknown, "unprivileged_userns_clone", ""},
		{"no /proc/sys at all", Rootless, fstest.MapFS{"proc/sys/kernel/hostname": nil, "proc/sys/user/max_user_namespaces": nil}, rootHost, stock(), "Let ordinary", Unknown, "max_user_namespaces", ""},
		{"cgroup version 1", Rootless, fstest.MapFS{"sys/fs/cgroup/cgroup.controllers": nil}, rootHost, stock(), "Use cgroup", Open, "version 1", "Delegate=cpu"},
		{"not delegated", Rootless, fstest.MapFS{"sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers": file("memory pids\n")}, rootHost, stock(), "Use cgroup", Open, "cpu, cpuset, io", "Delegate=cpu"},
		{"no session", Rootless, fstest.MapFS{"run/user/1000/bus": nil}, rootHost, stock(), "Log in as", Open, "/run/user/1000/bus", ""},
		{"no systemd", Rootless, fstest.MapFS{"run/systemd/system": nil}, rootHost, stock(), "Log in as", Open, "systemd does not run", ""},
		{"no linger", Rootless, fstest.MapFS{"var/lib/systemd/linger/ann": nil}, rootHost, stock(), "Let it run", Open, "not there", "enable-linger ann"},
		{"a low port", Rootless, fstest.MapFS{"proc/sys/net/ipv4/ip_unprivileged_port_start": file("1024\n")}, rootHost, stock(port), "Publish ports", Open, "the lowest that is published is 443 (shop/web)", "ip_unprivileged_port_start=443"},
		{"a low port that may be bound", Rootless, nil, rootHost, stock(port), "Publish ports", Done, "from 80 on", ""},
		{"not rootless yet", Rootless, nil, rootHost, stock(), "Stop the engine", Open, "is not rootless", "dockerd-rootless-setuptool.sh install"},
		{"Debian's place of the script", Rootless, fstest.MapFS{"usr/bin/dockerd-rootless-setuptool.sh": nil, "usr/share/docker.io/contrib/dockerd-rootless-setuptool.sh": program(0)}, rootHost, stock(), "Stop the engine", Open, "",
			"/usr/share/docker.io/contrib/dockerd-rootless-setuptool.sh install"},
		{"what rootless cannot", Rootless, nil, rootHost, stock(inspect.Settings{Privileged: true, Namespaces: inspect.Namespaces{PID: "host"}}), "Change what", Open, "--privileged gives what the user has, no more: shop/web", ""},
		{"old kernel", Rootless, nil, inspect.Host{Version: "29.0", Local: true, Kernel: "5.4.0-90-generic"}, stock(), "Look which", Open, "Linux 5.4 is too old", ""},
		{"what userns-remap refuses", Remap, nil, rootHost, stock(inspect.Settings{Namespaces: inspect.Namespaces{Network: "host"}}), "Give --userns=host", Open, "--network=host: shop/web", ""},
		{"has --userns=host", Remap, nil, rootHost, stock(inspect.Settings{Privileged: true, Namespaces: inspect.Namespaces{User: "host"}}), "Give --userns=host", Done, "1 workload", ""},
		{"a line that the daemon refuses", Remap, fstest.MapFS{"etc/subgid": file("ann:1:1\nnonsense\n")}, rootHost, stock(), "Keep /etc/subuid", Open, "/etc/subgid:2", ""},
		{"no dockremap", Remap, fstest.MapFS{"etc/passwd": file("ann:x:1000:1000::/:\n"), "etc/subuid": nil, "etc/subgid": nil}, rootHost, stock(), "Give dockremap", Open, "0 user IDs", "useradd --system"},
		{"another user in daemon.json", Remap, fstest.MapFS{"etc/docker/daemon.json": file("{\"userns-remap\": \"ann:ann\"}")}, rootHost, stock(), "Give ann", Done, "from 100000", ""},
		{"not set", Remap, fstest.MapFS{"etc/docker/daemon.json": nil}, rootHost, stock(), "Set userns-remap", Open, "does not set it", "write --to daemon --set userns-remap"},
		{"broken daemon.json", Remap, fstest.MapFS{"etc/docker/daemon.json": file("{")}, rootHost, stock(), "Set userns-remap", Unknown, "daemon.json was not read", ""},
		{"set, not restarted", Remap, nil, rootHost, stock(), "Restart", Open, "does not map users", "systemctl restart docker"},
		{"images of today", Remap, nil, rootHost, stock(), "Pull or build", Open, "3 images", "docker image save"},
		{"no images yet", Remap, nil, remappedHost, Stock{Root: "/var/lib/docker/165536.231072"}, "Pull or build", Open, "holds 0 images", ""},
		{"volumes of today", Remap, nil, rootHost, Stock{Volumes: 2}, "Bring over", Open, "2 volumes", "tar"},
		{"a volume that was not brought", Remap, fstest.MapFS{"var/lib/docker/volumes/db": owned(0, 0), "var/lib/docker/volumes/web": owned(0, 0), "var/lib/docker/165536.231072/volumes/web": owned(0, 0)},
			remappedHost, Stock{Root: "/var/lib/docker/165536.231072"}, "Bring over", Open, "1 volume of the old store is not in the new one: db", ""},
		{"volumes in the user's store", Rootless, fstest.MapFS{"var/lib/docker/volumes/db": owned(0, 0), "home/ann/.local/share/docker/volumes/db": owned(0, 0)},
			rootlessHost, Stock{Root: "/home/ann/.local/share/docker"}, "Bring over", Done, "every volume", ""},
		{"a bind mount of somebody else", Remap, fstest.MapFS{"srv/data": owned(999, 998)}, rootHost, stock(inspect.Settings{Mounts: []inspect.Mount{{Type: inspect.BindMount, Source: "/srv/data"}}}),
			"Give the directories", Open, "/srv/data", "sudo chown -R --from=999:998 166535:232070 /srv/data"},
		{"rootless, root's bind mount is the user's", Rootless, fstest.MapFS{"srv/data": owned(0, 33)}, rootHost, stock(inspect.Settings{Mounts: []inspect.Mount{{Type: inspect.BindMount, Source: "/srv/data"}}}),
			"Give the directories", Open, "/srv/data", "sudo chown -R --from=0:33 1000:100032 /srv/data"},
		{"the host's own directories stay", Remap, fstest.MapFS{"etc/app": owned(0, 0)}, rootHost, stock(inspect.Settings{Mounts: []inspect.Mount{{Type: inspect.BindMount, Source: "/etc/app"}}}),
			"Give the directories", Done, "left alone", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := step(t, read(with(ready(), tt.files), tt.host, tt.stock).Steps(tt.road), tt.do)
			if got.State != tt.state || !strings.Contains(got.Seen, tt.seen) {
				t.Errorf("%q is %s (%s), want %s (%s)", got.Do, got.State, got.Seen, tt.state, tt.seen)
			}
			if all := strings.Join(got.Commands, "\n"); !strings.Contains(all, tt.command) {
				t.Errorf("%q says\n%s\nwant %s", got.Do, all, tt.command)
			}
			if inspect.Printable(got.Seen) != got.Seen {
				t.Errorf("%q is not printable", got.Seen)
			}
		})
	}
}

// TestWhatCannotBeSeenIsUnknown holds that nothing is claimed of an engine on
// another machine but what it says itself, nor of one that does not answer.
func TestWhatCannotBeSeenIsUnknown(t *testing.T) {
	remote := inspect.Host{Version: "29.0", Kernel: "6.1"}
	for _, road := range Roads() {
		for _, s := range read(ready(), remote, stock()).Steps(road) {
			switch {
			case s.State == Done && !strings.Contains(s.Seen, "container") && !strings.Contains(s.Seen, "workload") && !strings.Contains(s.Seen, "store holds"):
				t.Errorf("%s: %q is done by what was seen of this machine: %s", road, s.Do, s.Seen)
			case s.State == Unknown && s.Seen == "":
				t.Errorf("%s: %q is unknown without a reason", road, s.Do)
			}
			if strings.Contains(strings.Join(s.Commands, " "), "--add-subuids") {
				t.Errorf("%s: a range of this machine is offered for another: %q", road, s.Commands)
			}
		}
		for _, s := range read(fstest.MapFS{}, inspect.Host{}, Stock{Unknown: "no engine was asked"}).Steps(road) {
			if s.State == Done && !strings.Contains(s.Seen, "every line") {
				t.Errorf("%s: %q is done on a machine that shows nothing: %s", road, s.Do, s.Seen)
			}
		}
	}
	for _, s := range ReadMachine(Place{Root: ready()}, rootHost, stock()).Steps(Rootless)[:1] {
		if s.State != Unknown || !strings.Contains(s.Seen, "--as") {
			t.Errorf("nobody was named, and %q is %s: %s", s.Do, s.State, s.Seen)
		}
	}
}

func TestHostileNamesStayPrintable(t *testing.T) {
	evil := "\x1b]0;x\x07$(reboot)"
	m := ReadMachine(Place{Root: with(ready(), fstest.MapFS{"etc/subuid": file(evil + ":100000:65536\n")}), User: evil}, rootHost, stock(inspect.Settings{Privileged: true}))
	for _, road := range Roads() {
		for _, s := range m.Steps(road) {
			for _, text := range append(s.Commands, s.Do, s.Why, s.Cost, s.Seen) {
				if inspect.Printable(text) != text {
					t.Errorf("%q is not printable", text)
				}
			}
			if strings.Contains(strings.Join(s.Commands, " "), "$(reboot)") {
				t.Errorf("the name got into a command: %q", s.Commands)
			}
		}
	}
}
