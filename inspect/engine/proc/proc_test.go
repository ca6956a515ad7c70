package proc

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
)

var (
	web   = strings.Repeat("a1", 32)
	other = strings.Repeat("b2", 32)
)

// fake is a /proc directory.
type fake struct {
	t    *testing.T
	root string
}

func newFake(t *testing.T) fake {
	f := fake{t, t.TempDir()}
	f.process(1, 0, "init", "0::/init.scope\n", "")
	return f
}

// process writes the files of a process; extra are lines of its status that
// come before the usual ones.
func (f fake) process(pid, parent int, name, cgroup, extra string) {
	f.t.Helper()
	for file, text := range map[string]string{
		"comm":   name + "\n",
		"cgroup": cgroup,
		"status": "Name:\t" + name + "\n" + extra + fmt.Sprintf("PPid:\t%d\n", parent) +
			"Uid:\t100000\t100101\t100101\t100101\nGid:\t100000\t100102\t100102\t100102\n" +
			"CapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t0\nSeccomp:\t2\n",
		"uid_map":      "         0     100000      65536\n",
		"gid_map":      "         0     100000      65536\n",
		"attr/current": "docker-default (enforce)\n",
	} {
		f.write(pid, file, text)
	}
}

func (f fake) write(pid int, file, text string) {
	f.t.Helper()
	path := filepath.Join(f.root, strconv.Itoa(pid), file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f fake) remove(pid int, file string) {
	if err := os.Remove(filepath.Join(f.root, strconv.Itoa(pid), file)); err != nil {
		f.t.Fatal(err)
	}
}

func (f fake) scan() *Scan {
	f.t.Helper()
	s, err := Root(f.root).Scan(f.t.Context(), []string{web, other})
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

func cgroupOf(id string) string { return "12:pids:/docker/" + id + "\n0::/docker/" + id + "\n" }

func TestProcessIsReadAsTheKernelSaysIt(t *testing.T) {
	f := newFake(t)
	f.process(40, 2, "sleep", cgroupOf(web), "")
	got, err := Root(f.root).Process(40)
	if err != nil {
		t.Fatal(err)
	}
	want := inspect.Process{
		PID: 40, Command: "sleep", UID: 101, GID: 102, HostUID: 100101, Seccomp: 2,
		Effective: inspect.DefaultCaps, Bounding: inspect.DefaultCaps, Label: "docker-default (enforce)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnIDWithoutAMappingIsTheOverflowID(t *testing.T) {
	f := newFake(t)
	f.process(40, 2, "sleep", cgroupOf(web), "")
	f.write(40, "uid_map", "0 5 1\n")
	got, err := Root(f.root).Process(40)
	if err != nil || got.UID != overflow || got.HostUID != 100101 {
		t.Errorf("uid %d, on the host %d, %v", got.UID, got.HostUID, err)
	}
}

func TestAKernelWithoutTheFilesIsNoFailure(t *testing.T) {
	f := newFake(t)
	f.process(40, 2, "sleep", cgroupOf(web), "")
	for _, file := range []string{"uid_map", "gid_map", "attr/current"} {
		f.remove(40, file)
	}
	got, err := Root(f.root).Process(40)
	if err != nil || got.UID != 100101 || got.Label != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestBrokenStatusIsAnError(t *testing.T) {
	for _, status := range []string{"", "Name:\tx\n", "Uid:\t1\nGid:\t1\nCapEff:\tzz\nCapBnd:\t0\nNoNewPrivs:\t0\n",
		"Uid:\t0 0 0 0\nGid:\t0 0 0 0\nCapEff:\t0\nCapBnd:\t0\n"} {
		if _, _, err := parseStatus(status); err == nil {
			t.Errorf("%q was read without an error", status)
		}
	}
}

func TestExecutedProcessesAreToldApart(t *testing.T) {
	f := newFake(t)
	f.process(7, 1, "containerd-shim", "0::/system.slice/containerd.service\n", "")
	f.process(40, 7, "main", cgroupOf(web), "")
	f.process(41, 40, "worker", cgroupOf(web), "")
	f.process(42, 41, "grandchild", "0::/docker/"+web+"/init.scope\n", "")
	f.process(43, 7, "sh", "0::/system.slice/docker-"+web+".scope\n", "")
	f.process(44, 43, "ls", cgroupOf(web), "")
	f.process(50, 7, "db", cgroupOf(other), "")
	for _, tt := range []struct {
		name string
		c    Container
		want string
	}{
		{"own namespace", Container{ID: web, Main: 40}, "40 41 42 43x 44x"},
		{"shared, no exec known", Container{ID: web, Main: 40, SharedPID: true}, "40 41 42 43 44"},
		{"shared, an exec known", Container{ID: web, Main: 40, SharedPID: true, Execs: true}, "40 41 42 43x 44x"},
		{"the other", Container{ID: other, Main: 50}, "50"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			processes, unknown := f.scan().Processes(tt.c)
			if unknown != "" {
				t.Errorf("unknown: %s", unknown)
			}
			var got []string
			for _, p := range processes {
				word := strconv.Itoa(p.PID)
				if p.Executed {
					word += "x"
				}
				got = append(got, word)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsNotKnownIsSaid(t *testing.T) {
	main := Container{ID: web, Main: 40}
	for _, tt := range []struct {
		name    string
		arrange func(fake)
		read    int
		want    string
	}{
		{"no such process", func(f fake) {}, 0, "its main process (PID 40) cannot be seen"},
		{"the PID is another's", func(f fake) { f.process(40, 1, "bash", "0::/user.slice\n", "") }, 0, "cannot be seen"},
		{"a worker that says nonsense", func(f fake) {
			f.process(40, 1, "main", cgroupOf(web), "")
			f.process(41, 40, "bad", cgroupOf(web), "Uid:\t-1\x1b[2J\n")
		}, 1, "process 41 of it could not be read"},
		{"hidepid", func(f fake) {
			f.process(40, 1, "main", cgroupOf(web), "")
			f.remove(1, "status")
		}, 1, "hidden from you"},
		{"very many", func(f fake) {
			for i := range most + 3 {
				f.process(40+i, 1, "main", cgroupOf(web), "")
			}
		}, most, "only the first 256 of its 259 processes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			tt.arrange(f)
			processes, unknown := f.scan().Processes(main)
			if len(processes) != tt.read || !strings.Contains(unknown, tt.want) {
				t.Errorf("%d processes; unknown: %q", len(processes), unknown)
			}
			if strings.ContainsRune(unknown, 0x1b) {
				t.Errorf("a control sequence got through: %q", unknown)
			}
		})
	}
}

func TestAProcessThatEndsIsPassedOver(t *testing.T) {
	f := newFake(t)
	f.process(40, 1, "main", cgroupOf(web), "")
	f.process(41, 40, "short", cgroupOf(web), "")
	s := f.scan()
	if err := os.RemoveAll(filepath.Join(f.root, "41")); err != nil {
		t.Fatal(err)
	}
	processes, unknown := s.Processes(Container{ID: web, Main: 40})
	if len(processes) != 1 || unknown != "" {
		t.Errorf("%d processes; unknown: %q", len(processes), unknown)
	}
	if err := os.RemoveAll(filepath.Join(f.root, "40")); err != nil {
		t.Fatal(err)
	}
	if processes, unknown = s.Processes(Container{ID: web, Main: 40}); len(processes) != 0 || unknown == "" {
		t.Errorf("%d processes; unknown: %q", len(processes), unknown)
	}
}

func TestNamed(t *testing.T) {
	f := newFake(t)
	f.process(7, 1, "dockerd", "0::/system.slice/docker.service\n", "")
	f.write(7, "cmdline", "/usr/bin/dockerd\x00-H\x00fd://\x00")
	f.process(8, 1, "dockerd", cgroupOf(web), "")
	f.process(9, 1, "sleep", cgroupOf(web), "")
	got, err := Root(f.root).Named(t.Context(), "dockerd")
	if err != nil {
		t.Fatal(err)
	}
	want := []Program{
		{PID: 7, Name: "dockerd", Args: []string{"/usr/bin/dockerd", "-H", "fd://"}},
		{PID: 8, Name: "dockerd", Contained: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzStatus(f *testing.F) {
	f.Add("Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nCapEff:\tff\nCapBnd:\tff\nNoNewPrivs:\t1\n", "0::/docker/x")
	f.Fuzz(func(t *testing.T, status, cgroup string) {
		if p, _, err := parseStatus(status); err == nil && (p.HostUID < 0 || p.Seccomp < 0) {
			t.Errorf("%q gives %+v", status, p)
		}
		if id := containerOf(cgroup, map[string]bool{web: true}); id != "" && !strings.Contains(cgroup, web) {
			t.Errorf("%q is said to be in %s", cgroup, id)
		}
		contained(cgroup)
	})
}
