package check

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"bulkhead/inspect"
)

// engineHost is an ordinary engine: not rootless, with seccomp.
var engineHost = inspect.Host{Version: "27.0", Seccomp: true, SeccompProfile: "builtin", CgroupVersion: "2"}

// container is a workload that was read from an engine.
func container(s inspect.Settings) inspect.Workload {
	return inspect.Workload{Name: "web", ID: "0123", Settings: s, Sources: inspect.Sources{"": {Origin: inspect.FromRun}}}
}

// link is a bind mount whose source leads elsewhere.
func link(source, resolved string) inspect.Settings {
	s := bind(source, false)
	s.Mounts[0].Resolved = resolved
	return s
}

// spread is a bind mount with this propagation.
func spread(propagation string) inspect.Settings {
	s := bind("/srv", false)
	s.Mounts[0].Propagation = inspect.SharedPropagation(propagation)
	return s
}

func bind(source string, ro bool) inspect.Settings {
	return inspect.Settings{Mounts: []inspect.Mount{{Type: inspect.BindMount, Source: source, Target: "/x", ReadOnly: ro}}}
}

// TestChecks plants a flaw for each check, beside a twin without it. want lists
// the severities of the findings.
func TestChecks(t *testing.T) {
	type settings = inspect.Settings
	rootless, remapped, unknown := engineHost, engineHost, inspect.Host{}
	rootless.Rootless, remapped.UsernsRemap = true, true
	bare, loose, nnp := engineHost, engineHost, engineHost
	bare.Seccomp, loose.SeccompProfile, nnp.NoNewPrivileges = false, "unconfined", true
	port := func(ip string, n uint16) settings {
		return settings{Ports: []inspect.Port{{HostIP: ip, HostPort: n, Container: n, Protocol: "tcp"}}}
	}
	device := func(path string) settings {
		return settings{Devices: []inspect.Device{{Host: path, Container: "/dev/x", Permissions: "r"}}}
	}
	tests := []struct {
		check, name string
		settings    settings
		host        inspect.Host
		state       inspect.State
		want        string
		says        string // a part of the reason, the evidence or the danger
	}{
		{"user-root", "nothing set", settings{}, engineHost, inspect.Open, "medium", "user is not set"},
		{"user-root", "root by name and group", settings{User: "root:root"}, engineHost, inspect.Open, "medium", `user is "root:root"`},
		{"user-root", "rootless engine", settings{}, rootless, inspect.Partly, "low", "rootless"},
		{"user-root", "mapped users", settings{}, remapped, inspect.Partly, "low", "maps users"},
		{"user-root", "exempt from the mapping", settings{Namespaces: inspect.Namespaces{User: "host"}}, remapped, inspect.Open, "medium", ""},
		{"user-root", "good", settings{User: "1000:1000"}, engineHost, inspect.Closed, "", `"1000:1000"`},

		{"capabilities", "defaults", settings{}, engineHost, inspect.Open, "medium", "CHOWN"},
		{"capabilities", "some dropped", settings{CapDrop: []string{"NET_RAW"}}, engineHost, inspect.Partly, "medium", "not chosen"},
		{"capabilities", "not root", settings{User: "1"}, engineHost, inspect.Partly, "low", "bounding set"},
		{"capabilities", "not root, no new privileges", settings{User: "1", NoNewPrivileges: true}, engineHost, inspect.Closed, "low", "keeps it so"},
		{"capabilities", "SYS_ADMIN", settings{CapAdd: []string{"SYS_ADMIN"}, CapDrop: []string{"ALL"}}, engineHost, inspect.Open, "critical", "cap_add holds SYS_ADMIN."},
		{"capabilities", "SYS_ADMIN, not root", settings{User: "1", CapAdd: []string{"SYS_ADMIN"}, CapDrop: []string{"ALL"}}, engineHost, inspect.Open, "high", "not root"},
		{"capabilities", "SYS_ADMIN on a rootless engine", settings{CapAdd: []string{"SYS_ADMIN"}, CapDrop: []string{"ALL"}}, rootless, inspect.Open, "high", "rootless"},
		{"capabilities", "SYS_PTRACE alone", settings{CapAdd: []string{"SYS_PTRACE"}, CapDrop: []string{"ALL"}}, engineHost, inspect.Partly, "medium", ""},
		{"capabilities", "SYS_PTRACE among the host's processes", settings{CapAdd: []string{"SYS_PTRACE"}, CapDrop: []string{"ALL"}, Namespaces: inspect.Namespaces{PID: "host"}}, engineHost, inspect.Open, "critical", "pid: host"},
		{"capabilities", "NET_ADMIN on the host's network", settings{CapAdd: []string{"NET_ADMIN"}, CapDrop: []string{"ALL"}, Namespaces: inspect.Namespaces{Network: "host"}}, engineHost, inspect.Open, "high", "firewall"},
		{"capabilities", "a small addition", settings{CapAdd: []string{"IPC_LOCK"}, CapDrop: []string{"ALL"}}, engineHost, inspect.Partly, "low", "IPC_LOCK"},
		{"capabilities", "privileged", settings{Privileged: true}, engineHost, inspect.Open, "", "privileged"},
		{"capabilities", "all dropped, all defaults added", settings{CapDrop: []string{"ALL"}, CapAdd: inspect.DefaultCaps.Names()}, engineHost, inspect.Open, "", "default set"},
		{"capabilities", "good", settings{CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN", "SETUID"}}, engineHost, inspect.Closed, "", "all dropped but CHOWN SETUID"},
		{"capabilities", "none", settings{CapDrop: []string{"ALL"}}, engineHost, inspect.Closed, "", "none"},

		{"seccomp-unconfined", "unconfined", settings{Seccomp: "unconfined"}, engineHost, inspect.Open, "high", "seccomp=unconfined"},
		{"seccomp-unconfined", "privileged", settings{Privileged: true}, engineHost, inspect.Open, "high", "privileged"},
		{"seccomp-unconfined", "privileged with a profile", settings{Privileged: true, Seccomp: "custom"}, engineHost, inspect.Unknown, "", "version"},
		{"seccomp-unconfined", "engine without seccomp", settings{}, bare, inspect.Open, "high", "does not list seccomp"},
		{"seccomp-unconfined", "engine with an open default", settings{}, loose, inspect.Open, "high", "unconfined"},
		{"seccomp-unconfined", "unconfined, no engine", settings{Seccomp: "unconfined"}, unknown, inspect.Open, "high", ""},
		{"seccomp-unconfined", "custom profile", settings{Seccomp: "custom"}, engineHost, inspect.Unknown, "", "not judged"},
		{"seccomp-unconfined", "opened by SYS_ADMIN", settings{CapAdd: []string{"SYS_ADMIN"}}, engineHost, inspect.Partly, "", "SYS_ADMIN"},
		{"seccomp-unconfined", "no engine", settings{}, unknown, inspect.Closed, "", "assumed"},
		{"seccomp-unconfined", "good", settings{}, engineHost, inspect.Closed, "", "default profile is in force"},

		{"read-only-root", "writable", settings{}, engineHost, inspect.Open, "medium", "read_only is not set"},
		{"read-only-root", "good", settings{ReadOnlyRoot: true}, engineHost, inspect.Closed, "", "read-only"},

		{"no-new-privileges", "unset for root", settings{}, engineHost, inspect.Open, "low", "starts as root"},
		{"no-new-privileges", "unset for a user", settings{User: "1"}, engineHost, inspect.Open, "medium", ""},
		{"no-new-privileges", "engine's default", settings{}, nnp, inspect.Closed, "", "engine"},
		{"no-new-privileges", "good", settings{NoNewPrivileges: true}, engineHost, inspect.Closed, "", ""},

		{"privileged", "privileged", settings{Privileged: true}, engineHost, inspect.Open, "critical", "privileged is true"},
		{"privileged", "privileged on a rootless engine", settings{Privileged: true}, rootless, inspect.Open, "high", "rootless"},
		{"privileged", "good", settings{}, engineHost, inspect.Closed, "", "not privileged"},

		{"host-namespaces", "processes", settings{Namespaces: inspect.Namespaces{PID: "host"}}, engineHost, inspect.Open, "high", "pid is host"},
		{"host-namespaces", "IPC and UTS", settings{Namespaces: inspect.Namespaces{IPC: "host", UTS: "host"}}, engineHost, inspect.Partly, "medium low", "IPC, UTS"},
		{"host-namespaces", "cgroups", settings{Namespaces: inspect.Namespaces{Cgroup: "host"}}, engineHost, inspect.Partly, "low", "cgroup tree"},
		{"host-namespaces", "users where the engine maps them", settings{Namespaces: inspect.Namespaces{User: "host"}}, remapped, inspect.Open, "high", "exempt"},
		{"host-namespaces", "users where it does not", settings{Namespaces: inspect.Namespaces{User: "host"}}, engineHost, inspect.Closed, "", ""},
		{"host-namespaces", "good", settings{Namespaces: inspect.Namespaces{PID: "container:x", IPC: "shareable"}}, engineHost, inspect.Closed, "", ""},

		{"devices", "disk", device("/dev/sda1"), engineHost, inspect.Open, "critical", "disk of the host"},
		{"devices", "disk, path not clean", device("/dev//../dev/nvme0n1"), engineHost, inspect.Open, "critical", ""},
		{"devices", "all", device("/dev"), engineHost, inspect.Open, "critical", ""},
		{"devices", "memory", device("/dev/mem"), engineHost, inspect.Open, "high", ""},
		{"devices", "tunnel", device("/dev/net/tun"), engineHost, inspect.Partly, "low", ""},
		{"devices", "unheard of", device("/dev/zot0"), engineHost, inspect.Partly, "medium", "(read)"},
		{"devices", "by a CDI name", device("vendor.com/gpu=0"), engineHost, inspect.Partly, "medium", ""},
		{"devices", "good", device("/dev/null"), engineHost, inspect.Closed, "", ""},

		{"sensitive-mounts", "root, writable", bind("/", false), engineHost, inspect.Open, "critical", "read-write"},
		{"sensitive-mounts", "root, read-only", bind("/", true), engineHost, inspect.Open, "high", "read-only"},
		{"sensitive-mounts", "root on a rootless engine", bind("/", false), rootless, inspect.Open, "high", ""},
		{"sensitive-mounts", "etc", bind("/etc/", true), engineHost, inspect.Open, "high", "password hashes"},
		{"sensitive-mounts", "proc", bind("/proc", true), engineHost, inspect.Partly, "medium", ""},
		{"sensitive-mounts", "a kernel setting", bind("/proc/sys/kernel/core_pattern", false), engineHost, inspect.Open, "critical", ""},
		{"sensitive-mounts", "the engine's own files", bind("/var/lib/docker/volumes", true), engineHost, inspect.Open, "high", ""},
		{"sensitive-mounts", "a home", bind("/home/ann", true), engineHost, inspect.Open, "high", "Keys"},
		{"sensitive-mounts", "keys in a home", bind("/home/ann/.ssh/id_ed25519", true), engineHost, inspect.Open, "high", "Keys"},
		{"sensitive-mounts", "keys of a tool", bind("/srv/ci/.config/gcloud", true), engineHost, inspect.Open, "high", "Keys"},
		{"sensitive-mounts", "programs", bind("/usr/bin", false), engineHost, inspect.Open, "critical", ""},
		{"sensitive-mounts", "timed jobs", bind("/etc/cron.d", false), engineHost, inspect.Open, "critical", ""},
		{"sensitive-mounts", "devices, read-only", bind("/dev", true), engineHost, inspect.Open, "high", "read-only does not keep"},
		{"sensitive-mounts", "logs", bind("/var/log", true), engineHost, inspect.Partly, "medium", ""},
		{"sensitive-mounts", "message bus", bind("/run/dbus/system_bus_socket", true), engineHost, inspect.Open, "high", ""},
		{"sensitive-mounts", "a link to etc", link("/srv/data", "/etc"), engineHost, inspect.Open, "critical", "volumes holds /srv/data at /x, read-write. It leads to /etc."},
		{"sensitive-mounts", "a link from one place to a graver one", link("/var/log/app", "/var/lib/docker"), engineHost, inspect.Open, "critical", "/var/lib/docker of the host inside"},
		{"sensitive-mounts", "a link within one place", link("/var/run/dbus", "/run/dbus"), engineHost, inspect.Open, "high", "/var/run/dbus of the host is inside, read-write volumes holds /var/run/dbus at /x, read-write. The"},
		{"sensitive-mounts", "good: a link to a project", link("/srv/data", "/srv/releases/7"), engineHost, inspect.Closed, "", ""},
		{"sensitive-mounts", "good: a project in a home", bind("/home/ann/shop", false), engineHost, inspect.Closed, "", ""},
		{"sensitive-mounts", "good: one file of etc", bind("/etc/localtime", true), engineHost, inspect.Closed, "", ""},
		{"sensitive-mounts", "good: kernel modules, read-only", bind("/lib/modules", true), engineHost, inspect.Closed, "", ""},
		{"sensitive-mounts", "good: a name that only begins alike", bind("/rootfs-data", false), engineHost, inspect.Closed, "", ""},
		{"sensitive-mounts", "good: a volume", settings{Mounts: []inspect.Mount{{Type: inspect.VolumeMount, Source: "etc", Target: "/etc"}}}, engineHost, inspect.Closed, "", ""},

		{"engine-socket", "socket", bind("/var/run/docker.sock", false), engineHost, inspect.Open, "critical", "docker.sock"},
		{"engine-socket", "socket, read-only", bind("/run/docker.sock", true), engineHost, inspect.Open, "critical", "protects nothing"},
		{"engine-socket", "its directory", bind("/var/run/", true), engineHost, inspect.Open, "critical", "directory /var/run"},
		{"engine-socket", "a user's directory", bind("/run/user/1000", false), engineHost, inspect.Open, "critical", ""},
		{"engine-socket", "a user's socket", bind("/run/user/1000/podman/podman.sock", false), engineHost, inspect.Open, "critical", ""},
		{"engine-socket", "containerd", bind("/run/containerd/containerd.sock", false), engineHost, inspect.Open, "critical", ""},
		{"engine-socket", "another name outside", settings{Mounts: []inspect.Mount{{Type: inspect.BindMount, Source: "/srv/e", Target: "/var/run/docker.sock"}}}, engineHost, inspect.Open, "critical", "look for an engine"},
		{"engine-socket", "a link to the socket", link("/srv/e.sock", "/run/docker.sock"), engineHost, inspect.Open, "critical", "volumes holds /srv/e.sock at /x, which leads to /run/docker.sock."},
		{"engine-socket", "a link to its directory", link("/srv/e", "/run"), engineHost, inspect.Open, "critical", "the directory /run,"},
		{"engine-socket", "the usual link is not spoken of", link("/var/run/docker.sock", "/run/docker.sock"), engineHost, inspect.Open, "critical", "volumes holds /var/run/docker.sock at /x. Who"},
		{"engine-socket", "good: a link to another socket", link("/srv/db.sock", "/run/mysqld/mysqld.sock"), engineHost, inspect.Closed, "", ""},
		{"engine-socket", "rootless engine", bind("/run/user/1000/docker.sock", false), rootless, inspect.Open, "high", ""},
		{"engine-socket", "good", bind("/run/mysqld", false), engineHost, inspect.Closed, "", ""},

		{"mount-propagation", "shared", spread("rshared"), engineHost, inspect.Partly, "medium", "propagation rshared"},
		{"mount-propagation", "shared, not what lies below", spread("shared"), engineHost, inspect.Partly, "medium", ""},
		{"mount-propagation", "good: from the host alone", spread("rslave"), engineHost, inspect.Closed, "", ""},
		{"mount-propagation", "good", bind("/srv", false), engineHost, inspect.Closed, "", ""},

		{"masked-paths", "unmasked", settings{UnmaskedPaths: true}, engineHost, inspect.Open, "critical", "systempaths=unconfined"},
		{"masked-paths", "unmasked, not root", settings{UnmaskedPaths: true, User: "1"}, engineHost, inspect.Open, "high", ""},
		{"masked-paths", "good", settings{}, engineHost, inspect.Closed, "", ""},

		{"host-network", "host", settings{Namespaces: inspect.Namespaces{Network: "host"}}, engineHost, inspect.Open, "high", "network_mode is host"},
		{"host-network", "good", settings{}, engineHost, inspect.Closed, "", ""},

		{"published-ports", "everywhere", port("", 80), engineHost, inspect.Partly, "low", "[::]"},
		{"published-ports", "every IPv6 address", port("::", 80), engineHost, inspect.Partly, "low", "IPv6"},
		{"published-ports", "IPv6 in brackets", port("[::]", 8080), engineHost, inspect.Partly, "low", "every IPv6 address"},
		{"published-ports", "a database", port("0.0.0.0", 5432), engineHost, inspect.Partly, "medium", "PostgreSQL"},
		{"published-ports", "one address", port("192.0.2.1", 80), engineHost, inspect.Closed, "", "192.0.2.1"},
		{"published-ports", "the host's network", settings{Namespaces: inspect.Namespaces{Network: "host"}}, engineHost, inspect.NotApplicable, "", ""},
		{"published-ports", "another's network", settings{Namespaces: inspect.Namespaces{Network: "service:vpn"}}, engineHost, inspect.NotApplicable, "", "service:vpn"},
		{"published-ports", "good", port("127.0.0.1", 5432), engineHost, inspect.Closed, "", "loopback"},
		{"published-ports", "good on IPv6", port("::1", 5432), engineHost, inspect.Closed, "", "loopback"},

		{"default-bridge", "on it", settings{Networks: []string{"bridge"}}, engineHost, inspect.Partly, "low", ""},
		{"default-bridge", "good", settings{Networks: []string{"shop_default"}}, engineHost, inspect.Closed, "", ""},
		{"default-bridge", "no network", settings{Namespaces: inspect.Namespaces{Network: "none"}}, engineHost, inspect.NotApplicable, "", ""},

		{"limits", "none", settings{}, engineHost, inspect.Open, "medium medium info", "nothing is limited"},
		{"limits", "memory alone", settings{Limits: inspect.Limits{Memory: 1}}, engineHost, inspect.Partly, "medium info", "pids_limit"},
		{"limits", "all but CPU", settings{Limits: inspect.Limits{Memory: 1, PIDs: 1}}, engineHost, inspect.Closed, "info", ""},
		{"limits", "open files unlimited", settings{Limits: ulimited("nofile", -1)}, engineHost, inspect.Closed, "info", "ulimits.nofile is unlimited"},
		{"limits", "a thousand million open files", settings{Limits: ulimited("nofile", 1e9)}, engineHost, inspect.Closed, "info", "1000000000"},
		{"limits", "processes unlimited", settings{Limits: ulimited("nproc", -1)}, engineHost, inspect.Closed, "info", "ulimits.nproc"},
		{"limits", "core dumps unlimited", settings{Limits: ulimited("core", -1)}, engineHost, inspect.Partly, "low", "ulimits.core"},
		{"limits", "good: open files", settings{Limits: ulimited("nofile", 1<<20)}, engineHost, inspect.Closed, "", ""},
		{"limits", "good: processes", settings{Limits: ulimited("nproc", 512)}, engineHost, inspect.Closed, "", ""},
		{"limits", "good: no core dumps", settings{Limits: ulimited("core", 0)}, engineHost, inspect.Closed, "", ""},
		{"limits", "good: another ulimit", settings{Limits: ulimited("memlock", -1)}, engineHost, inspect.Closed, "", ""},
		{"limits", "good", settings{Limits: inspect.Limits{Memory: 1, PIDs: 1, CPUs: 1}}, engineHost, inspect.Closed, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.check+"/"+tt.name, func(t *testing.T) {
			c, ok := ByID(tt.check)
			if !ok {
				t.Fatal("no such check")
			}
			r := run(c, container(tt.settings), tt.host)
			var severities []string
			text := r.Reason
			for _, f := range r.Findings {
				severities = append(severities, f.Severity.String())
				text += " " + f.Title + " " + f.Evidence + " " + f.Why
			}
			if r.State != tt.state || strings.Join(severities, " ") != tt.want {
				t.Errorf("%s with findings %q, want %s with %q", r.State, severities, tt.state, tt.want)
			}
			if !strings.Contains(text, tt.says) {
				t.Errorf("it says %q, want it to say %q", text, tt.says)
			}
		})
	}
}

func TestUserOfAnImageIsUnknownFromAFile(t *testing.T) {
	w := inspect.Workload{Name: "shop/web", Project: "shop", Service: "web", Image: "nginx"}
	r := run(userRoot, w, inspect.Host{})
	if r.State != inspect.Unknown || r.Reason == "" || len(r.Findings) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestChangesAreProposed(t *testing.T) {
	s := inspect.Settings{CapAdd: []string{"SYS_ADMIN", "CHOWN"}, CapDrop: []string{"ALL"}}
	chown, _ := inspect.ParseCap("CHOWN")
	for id, want := range map[string]inspect.Change{
		"capabilities":      {Dial: inspect.DialCapabilities, Keep: chown},
		"read-only-root":    {Dial: inspect.DialReadOnlyRoot},
		"no-new-privileges": {Dial: inspect.DialNoNewPrivileges},
	} {
		c, _ := ByID(id)
		r := run(c, container(s), engineHost)
		if len(r.Findings) != 1 || !slices.Equal(r.Findings[0].Changes, []inspect.Change{want}) {
			t.Errorf("%s proposes %+v", id, r.Findings)
		}
	}
}

func TestSourcesArePassedOn(t *testing.T) {
	w := container(bind("/etc", true))
	w.Settings.Mounts[0].Setting = "volumes.0"
	line := func(n int) inspect.Source {
		return inspect.Source{Origin: inspect.FromCompose, File: "/srv/compose.yaml", Line: n, Column: 5}
	}
	w.Sources = inspect.Sources{"": line(2), "volumes.0": line(9)}
	audited := Audit(w, engineHost)
	for _, f := range audited.Findings() {
		want := line(2)
		if f.ID == "sensitive-mounts" {
			want = line(9)
		}
		if f.Source != want {
			t.Errorf("%s comes from %+v, want %+v", f.ID, f.Source, want)
		}
	}
}

func TestAuditJoinsChecksIntoLayers(t *testing.T) {
	s := bind("/var/run/docker.sock", true)
	s.Namespaces.UTS = "host"
	s.Privileged = true
	audited := Audit(container(s), engineHost)
	if len(audited.Layers) != len(inspect.Layers()) {
		t.Fatalf("%d layers", len(audited.Layers))
	}
	for i, l := range audited.Layers {
		if l.Layer != inspect.Layers()[i] || l.State == "" || l.Reason == "" || l.Findings == nil {
			t.Errorf("layer %+v", l)
		}
		var checks []string
		for _, c := range l.Checks {
			checks = append(checks, c.Check)
			if c.State == "" || c.Reason == "" || c.State.Worse(l.State) {
				t.Errorf("%s says %+v, its layer is %s", c.Check, c, l.State)
			}
		}
		if want := idsOf(l.Layer); !slices.Equal(want, checks) {
			t.Errorf("%s is judged by %q, want %q", l.Layer, checks, want)
		}
		if l.Layer == inspect.LayerBoundary {
			if l.State != inspect.Open || l.Reason != "privileged; it can command the engine" || len(l.Findings) != 3 {
				t.Errorf("the boundary is %s (%s) with %d findings", l.State, l.Reason, len(l.Findings))
			}
		}
	}
	if audited.Worst() != inspect.Critical {
		t.Errorf("the worst is %s", audited.Worst())
	}
}

// idsOf are the checks of a layer.
func idsOf(l inspect.Layer) []string {
	var ids []string
	for _, c := range all {
		if c.Layer == l {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// TestCatalogue holds the checks' own words to one form.
func TestCatalogue(t *testing.T) {
	id := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	layers := map[inspect.Layer]bool{}
	for _, c := range All() {
		if !id.MatchString(c.ID) || seen[c.ID] {
			t.Errorf("the ID %q is malformed or taken", c.ID)
		}
		seen[c.ID], layers[c.Layer] = true, true
		for what, text := range map[string]string{"title": c.Title, "question": c.Question, "danger": c.Danger, "fix": c.Fix, "may break": c.MayBreak} {
			if text == "" {
				t.Errorf("%s has no %s", c.ID, what)
			}
		}
		if !strings.HasSuffix(c.Question, "?") || !strings.HasSuffix(c.Danger, ".") || strings.HasSuffix(c.Fix, ".") || strings.HasSuffix(c.Title, ".") {
			t.Errorf("%s: a question ends in ?, a danger in a full stop, a title and a fix without", c.ID)
		}
		if len(c.References) == 0 || c.Run == nil {
			t.Errorf("%s has no references or does nothing", c.ID)
		}
	}
	for _, l := range inspect.Layers() {
		if !layers[l] {
			t.Errorf("no check looks at the layer %s", l)
		}
	}
	if _, ok := ByID("no-such-check"); ok {
		t.Error("a check that does not exist was found")
	}
}

// Every capability beyond the default set must be spoken of, also one that a
// later kernel adds.
func TestEveryAddedCapabilityIsSpokenOf(t *testing.T) {
	known := inspect.CapSet(0)
	for _, d := range capDangers {
		c, err := inspect.ParseCap(d.name)
		if err != nil {
			t.Errorf("%s: %v", d.name, err)
		}
		known |= c
	}
	if left := inspect.AllCaps.Without(known).Without(inspect.DefaultCaps); left != 0 {
		t.Errorf("nothing is said of %s", left)
	}
	if both := known.Intersect(inspect.DefaultCaps); both != 0 {
		t.Errorf("%s are given by default", both)
	}
}

func TestHostileNamesArePrintable(t *testing.T) {
	s := inspect.Settings{
		User: "\x1b[2J", Seccomp: "\x1b]0;x",
		Mounts:     []inspect.Mount{{Type: inspect.BindMount, Source: "/etc/ssh/\x1b[31m", Target: "\x1b\n"}},
		Devices:    []inspect.Device{{Host: "/dev/\x1bc", Permissions: "\x1b"}},
		Ports:      []inspect.Port{{HostIP: "\x1b", Protocol: "\x1b", Container: 1}, {Protocol: "\x1b[2J", Container: 2}},
		Namespaces: inspect.Namespaces{Network: ""},
		Env:        []string{"\x1b_PASSWORD"}, Runtime: "\x1b[1m", SELinux: []string{"\x1b"}, AppArmor: "\x1b",
	}
	w := container(s)
	w.Image, w.SecretLabels = "\x1b[2J", []string{"\x1b"}
	w.ImageFacts = &inspect.ImageFacts{User: "\x1b", Digests: []string{"\x1b@sha256:1"}}
	w.Processes = []inspect.Process{{Command: "\x1b[2J", Label: "\x1b"}, {Command: "\x1b", Executed: true, Effective: inspect.AllCaps}}
	w.ProcessesUnknown = "\x1b"
	host := engineHost
	host.AppArmor, host.DetectionUnknown = true, "\x1b"
	for _, l := range Audit(w, host).Layers {
		texts := []string{l.Reason}
		for _, f := range l.Findings {
			texts = append(texts, f.Title, f.Evidence, f.Why, f.Fix)
		}
		for _, text := range texts {
			if text != inspect.Printable(text) {
				t.Errorf("%s: %q is not printable", l.Layer, text)
			}
		}
	}
}

// ulimited is what is limited in every way, with this ulimit besides.
func ulimited(name string, hard int64) inspect.Limits {
	return inspect.Limits{Memory: 1, PIDs: 1, CPUs: 1, Ulimits: []inspect.Ulimit{{Name: name, Soft: min(hard, 1024), Hard: hard}}}
}
