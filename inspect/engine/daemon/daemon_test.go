package daemon

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bulkhead/inspect"
	"bulkhead/inspect/engine/proc"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// machine is a fake machine on which dockerd runs with these arguments.
type machine struct {
	t *testing.T
	Place
}

func newMachine(t *testing.T, args ...string) machine {
	dir := t.TempDir()
	m := machine{t, Place{Proc: proc.Root(dir), Etc: filepath.Join(dir, "etc"), Socket: filepath.Join(dir, "docker.sock")}}
	listener, err := net.Listen("unix", m.Socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	gid, err := group(m.Socket)
	if err != nil {
		t.Fatal(err)
	}
	m.write("1/status", "Name:\tinit\n")
	m.dockerd(7, "0::/system.slice/docker.service\n", args...)
	m.write("etc/group", "root:x:0:\nbroken\ndocker:x:"+gid+":alice,bob,root\nother:x:99999:eve\n")
	m.write("etc/passwd", "root:x:0:0::/:/bin/sh\ncarol:x:1000:"+gid+"::/:/bin/sh\neve:x:1001:99999::/:/bin/sh\n")
	return m
}

func (m machine) dockerd(pid int, cgroup string, args ...string) {
	dir := strconv.Itoa(pid)
	m.write(dir+"/comm", "dockerd\n")
	m.write(dir+"/cgroup", cgroup)
	m.write(dir+"/cmdline", strings.Join(append([]string{"/usr/bin/dockerd"}, args...), "\x00")+"\x00")
}

func (m machine) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(string(m.Proc), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m machine) read() inspect.Daemon { return Read(m.t.Context(), m.Place) }

func on(v bool) *bool { return &v }

// defaults are dockerd's own (dockerd(8)).
func defaults() inspect.Daemon {
	return inspect.Daemon{
		ICC: on(true), LiveRestore: on(false), UserlandProxy: on(true), NoNewPrivileges: on(false),
		DefaultUlimits: on(false), Experimental: on(false), LogRotation: on(false), GroupMembers: []string{"alice", "bob", "carol"},
	}
}

func TestWhatTheDaemonIsStartedWith(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		args       []string
		change     func(*inspect.Daemon)
	}{
		{"nothing", "", []string{"-H", "fd://", "--containerd=/run/containerd/containerd.sock"}, func(*inspect.Daemon) {}},
		{"an empty file", " \n", nil, func(*inspect.Daemon) {}},
		{"a byte order mark", "\xef\xbb\xbf{\"icc\": false}", nil, func(d *inspect.Daemon) { d.ICC = on(false) }},
		{"all in the file", `{"icc": false, "live-restore": true, "userland-proxy": false, "no-new-privileges": true,
			"experimental": true, "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 1, "Soft": 1}},
			"insecure-registries": ["r:5000"], "hosts": ["tcp://0.0.0.0:2375", "unix:///x"]}`, nil,
			func(d *inspect.Daemon) {
				d.ICC, d.LiveRestore, d.UserlandProxy, d.NoNewPrivileges = on(false), on(true), on(false), on(true)
				d.Experimental, d.DefaultUlimits = on(true), on(true)
				d.InsecureRegistries, d.PlainTCP = []string{"r:5000"}, []string{"tcp://0.0.0.0:2375"}
			}},
		{"all on the command line", "", []string{"--icc=false", "--live-restore", "--userland-proxy=false", "--no-new-privileges=true",
			"--experimental", "--default-ulimit", "nofile=1:1", "--insecure-registry", "r:5000", "-Htcp://:2375", "-H=fd://"},
			func(d *inspect.Daemon) {
				d.ICC, d.LiveRestore, d.UserlandProxy, d.NoNewPrivileges = on(false), on(true), on(false), on(true)
				d.Experimental, d.DefaultUlimits = on(true), on(true)
				d.InsecureRegistries, d.PlainTCP = []string{"r:5000"}, []string{"tcp://:2375"}
			}},
		{"TLS verified", `{"tlsverify": true}`, []string{"-H", "tcp://0.0.0.0:2376", "-H", "fd://"}, func(*inspect.Daemon) {}},
		{"TLS without verifying", "", []string{"-H", "tcp://0.0.0.0:2376", "-H", "fd://", "--tls"}, func(d *inspect.Daemon) {
			d.PlainTCP = []string{"tcp://0.0.0.0:2376"}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t, tt.args...)
			if tt.file != "" {
				m.write("etc/docker/daemon.json", tt.file)
			}
			want := defaults()
			tt.change(&want)
			if diff := cmp.Diff(want, m.read(), cmpopts.IgnoreFields(inspect.Daemon{}, "Sources"), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnotherConfigurationFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.json")
	if err := os.WriteFile(path, []byte(`{"icc": false}`), 0o644); err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, "--config-file", path)
	m.write("etc/docker/daemon.json", `{"live-restore": true}`)
	d := m.read()
	if d.ICC == nil || *d.ICC || d.LiveRestore == nil || *d.LiveRestore {
		t.Errorf("%+v", d)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if d = m.read(); d.ICC != nil || len(d.Unread) != 1 || !strings.Contains(d.Unread[0], "mine.json was not read") {
		t.Errorf("%+v", d)
	}
}

func TestARootlessDaemonsFile(t *testing.T) {
	m := newMachine(t)
	m.write("home/.config/docker/daemon.json", `{"icc": false}`)
	m.Home = filepath.Join(string(m.Proc), "home")
	if d := m.read(); d.ICC == nil || *d.ICC {
		t.Errorf("%+v", d)
	}
}

// What is not read is not known: neither the setting nor its default.
func TestWhatCannotBeReadIsNotKnown(t *testing.T) {
	for _, tt := range []struct {
		name    string
		arrange func(machine)
		icc     *bool
		want    string
	}{
		{"broken", func(m machine) { m.write("etc/docker/daemon.json", "{\n  \"icc\": false,\n  \"x\": }\n") }, nil,
			"it is not JSON at line 3, column 8"},
		{"cut short", func(m machine) { m.write("etc/docker/daemon.json", "{\"icc\": false") }, nil, "it is not JSON at line 1"},
		{"a list", func(m machine) { m.write("etc/docker/daemon.json", "[1]") }, nil, "it is no JSON object (array"},
		{"too large", func(m machine) { m.write("etc/docker/daemon.json", strings.Repeat(" ", largest+1)) }, nil, "larger than"},
		{"a directory", func(m machine) { m.write("etc/docker/daemon.json/x", "") }, nil, "not a regular file"},
		{"a word for a switch", func(m machine) { m.write("etc/docker/daemon.json", `{"icc": "no"}`) }, nil, "icc in "},
		{"no dockerd", func(m machine) { os.Remove(filepath.Join(string(m.Proc), "7/comm")) }, nil, "No dockerd that serves"},
		{"no dockerd, but a file", func(m machine) {
			os.Remove(filepath.Join(string(m.Proc), "7/comm"))
			m.write("etc/docker/daemon.json", `{"icc": true}`)
		}, on(true), "No dockerd that serves"},
		{"two of them", func(m machine) {
			m.dockerd(8, "0::/x\n")
			m.write("etc/docker/daemon.json", `{"icc": false}`)
		}, nil, "2 processes called dockerd"},
		{"a directory service", func(m machine) {
			m.write("etc/nsswitch.conf", "passwd: files sss\ngroup: files [NOTFOUND=return] sss # x\n")
		},
			on(true), "Group members that sss knows of"},
		{"no group file", func(m machine) { os.Remove(filepath.Join(m.Etc, "group")) }, on(true), "Who may use the engine's socket"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t)
			tt.arrange(m)
			d := m.read()
			if diff := cmp.Diff(tt.icc, d.ICC); diff != "" {
				t.Errorf("icc (-want +got):\n%s", diff)
			}
			if len(d.Unread) != 1 || !strings.Contains(d.Unread[0], tt.want) {
				t.Errorf("unread: %q", d.Unread)
			}
		})
	}
}

// An engine inside a container, and one that serves another socket, are not the
// one that answers.
func TestTheRightDaemonIsRead(t *testing.T) {
	m := newMachine(t, "--icc=false")
	m.dockerd(8, "0::/docker/"+strings.Repeat("ab", 32)+"\n")
	m.dockerd(9, "0::/x\n", "-H", "unix:///elsewhere.sock")
	if d := m.read(); d.ICC == nil || *d.ICC || len(d.Unread) > 0 {
		t.Errorf("%+v", d)
	}
	m.dockerd(6, "0::/x\n")
	m.dockerd(7, "0::/x\n", "--icc=false", "-H", "unix://"+m.Socket)
	if d := m.read(); d.ICC == nil || *d.ICC || len(d.Unread) > 0 {
		t.Errorf("the one that names the socket is not taken: %+v", d)
	}
	m.Socket = ""
	if d := m.read(); !strings.Contains(strings.Join(d.Unread, " "), "not reached through a unix socket") {
		t.Errorf("%+v", d)
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(`{"icc": false, "hosts": ["tcp://x"], "default-ulimits": {}}`))
	f.Add([]byte("{\n\"icc\": }"))
	f.Add([]byte(`[{}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := parseFile(data)
		if err != nil {
			return
		}
		var d inspect.Daemon
		for _, key := range boolKeys {
			parsed.check(key, new(bool), &d, "daemon.json")
			if _, given := parsed.on(key); given && parsed.broken(key) {
				t.Errorf("%s in %q is both known and broken", key, data)
			}
		}
		plain(command{}, parsed)
	})
}

func FuzzCommand(f *testing.F) {
	f.Add("dockerd\x00-H\x00fd://\x00--icc=false\x00--tlsverify\x00-\x00--")
	f.Fuzz(func(t *testing.T, line string) {
		c := parseCommand(strings.Split(line, "\x00"))
		c.mayServe()
		if c.names("/run/docker.sock") && !strings.Contains(line, "docker.sock") {
			t.Errorf("%q names the socket", line)
		}
		if values := c.values("host"); len(values) > len(line) {
			t.Errorf("%q names %d hosts", line, len(values))
		}
	})
}
