package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/swarm"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func TestAHangingContainerHoldsNothingUp(t *testing.T) {
	stuck, fine := made("a1", "stuck\x1b[2J", "running", nil), made("a2", "fine", "running", nil)
	fake := newFake(stuck, fine)
	fake.hanging = map[string]bool{stuck.ID: true}
	e := connectFake(t, fake)
	e.patience = 50 * time.Millisecond
	var got []string
	problems, err := e.Each(t.Context(), func(w inspect.Workload) { got = append(got, w.Name) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"fine"}, got); diff != "" {
		t.Errorf("workloads (-want +got):\n%s", diff)
	}
	if len(problems) != 1 || !strings.Contains(problems[0], "did not answer within 50ms") || strings.ContainsRune(problems[0], 0x1b) {
		t.Errorf("problems %q", problems)
	}
}

// The first workload is handed over while another container still hangs: the
// hanging one is let go only by the callback.
func TestWorkloadsComeAsTheyAreRead(t *testing.T) {
	stuck, fine := made("a1", "stuck", "running", nil), made("a2", "fine", "running", nil)
	fake := newFake(stuck, fine)
	fake.hanging = map[string]bool{stuck.ID: true}
	e := connectFake(t, fake)
	e.patience = time.Hour
	ctx, stop := context.WithCancel(t.Context())
	seen := 0
	_, err := e.Each(ctx, func(inspect.Workload) { seen++; stop() })
	if seen != 1 || err == nil {
		t.Errorf("%d workloads, error %v", seen, err)
	}
}

func TestImagesAreReadOnceAndTheirLabelsAreNotTheWorkloads(t *testing.T) {
	labels := map[string]string{
		"maintainer": "image", "version": "mine", "api_token": "hunter22", "plain": "x",
		"mirror": "https://user:hunter22@host/", "com.docker.compose.version": "2", "empty_password": "",
	}
	a, b := made("a1", "a", "exited", labels), made("a2", "b", "exited", nil)
	a.Image, b.Image = "sha256:i", "sha256:i"
	fake := newFake(a, b)
	fake.images = map[string]image.InspectResponse{"sha256:i": {
		RepoTags: []string{"shop:1"}, RepoDigests: []string{"shop@sha256:d"},
		Config: &dockerspec.DockerOCIImageConfig{
			ImageConfig: ocispec.ImageConfig{User: "app", Labels: map[string]string{"maintainer": "image", "version": "image's"}},
			DockerOCIImageConfigExt: dockerspec.DockerOCIImageConfigExt{
				Healthcheck: &dockerspec.HealthcheckConfig{Test: []string{"CMD", "true"}},
			},
		},
	}}
	workloads, problems, err := connectFake(t, fake).Workloads(t.Context())
	if err != nil || len(problems) > 0 {
		t.Fatalf("problems %q, error %v", problems, err)
	}
	if n := fake.asked["/images/sha256:i/json"]; n != 1 {
		t.Errorf("the image was asked for %d times", n)
	}
	want := &inspect.ImageFacts{User: "app", Healthcheck: true, Tags: []string{"shop:1"}, Digests: []string{"shop@sha256:d"}}
	for _, w := range workloads {
		if diff := cmp.Diff(want, w.ImageFacts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", w.Name, diff)
		}
	}
	if diff := cmp.Diff([]string{"api_token", "empty_password", "mirror", "plain", "version"}, workloads[0].LabelNames); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"api_token", "mirror"}, workloads[0].SecretLabels); diff != "" {
		t.Errorf("secret labels (-want +got):\n%s", diff)
	}
	if text := fmt.Sprintf("%+v", workloads[0]); strings.Contains(text, "hunter22") {
		t.Errorf("a label's value was kept: %s", text)
	}
}

func TestProcessesOfALocalEngine(t *testing.T) {
	c := made("a1", "web", "running", nil)
	c.State.Running, c.State.Pid = true, 40
	stopped := made("a2", "stopped", "exited", nil)
	e := connectFake(t, newFake(c, stopped))
	for pid, cgroup := range map[string]string{"1": "0::/init.scope", "40": "0::/docker/" + c.ID} {
		dir := filepath.Join(string(e.proc), pid)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{
			"cgroup": cgroup + "\n", "uid_map": "0 0 4294967295\n", "gid_map": "0 0 4294967295\n",
			"status": "Name:\tnginx\nPPid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nCapEff:\t0\nCapBnd:\t0\nNoNewPrivs:\t1\nSeccomp:\t2\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	e.Host.Local = true
	read := func() map[string]string {
		workloads, _, err := e.Workloads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, w := range workloads {
			out[w.Name] = w.ProcessesUnknown
			for _, p := range w.Processes {
				out[w.Name] += fmt.Sprint(p.Command, p.PID, p.NoNewPrivileges)
			}
		}
		return out
	}
	if diff := cmp.Diff(map[string]string{"web": "nginx40 true", "stopped": "it is not running"}, read()); diff != "" {
		t.Errorf("local (-want +got):\n%s", diff)
	}
	e.Host.Local, e.at.Host = false, "ssh://user@host"
	if diff := cmp.Diff(map[string]string{"web": "the engine is remote (ssh)", "stopped": "it is not running"}, read()); diff != "" {
		t.Errorf("remote (-want +got):\n%s", diff)
	}
}

func TestServicesOfASwarm(t *testing.T) {
	task := made("a1", "web.1.x", "running", map[string]string{labelSwarmService: "s1"})
	task.Config.User = "app"
	alone := made("a2", "alone", "running", nil)
	fake := newFake(task, alone)
	fake.info.Swarm.ControlAvailable = true
	fake.networks = []network.Inspect{{Network: network.Network{ID: "n1", Name: "front"}}, {Network: network.Network{ID: "n2", Name: "host", Driver: "host"}}}
	spec := func(name string, c swarm.ContainerSpec, networks ...string) swarm.ServiceSpec {
		s := swarm.ServiceSpec{TaskTemplate: swarm.TaskSpec{ContainerSpec: &c}}
		s.Name = name
		for _, n := range networks {
			s.TaskTemplate.Networks = append(s.TaskTemplate.Networks, swarm.NetworkAttachmentConfig{Target: n})
		}
		return s
	}
	fake.services = []swarm.Service{
		{ID: "s1", Spec: spec("web", swarm.ContainerSpec{
			Image: "nginx:1", ReadOnly: true, CapabilityDrop: []string{"CAP_ALL"}, Env: []string{"DB_PASSWORD=hunter22"},
			Privileges: &swarm.Privileges{NoNewPrivileges: true, Seccomp: &swarm.SeccompOpts{Mode: swarm.SeccompModeUnconfined}},
		}, "n1")},
		{ID: "s2", Spec: spec("far", swarm.ContainerSpec{Image: "far:1"}, "n2")},
		{ID: "s3", Spec: spec("odd", swarm.ContainerSpec{Image: "far:1", User: "1"}, "n3")},
	}
	fake.tasks = []swarm.Task{{ServiceID: "s1", Status: swarm.TaskStatus{State: swarm.TaskStateRunning}},
		{ServiceID: "s2", Status: swarm.TaskStatus{State: swarm.TaskStateFailed}}}
	workloads, problems, err := connectFake(t, fake).Workloads(t.Context())
	if err != nil || len(problems) > 0 {
		t.Fatalf("problems %q, error %v", problems, err)
	}
	want := []inspect.Workload{
		{Name: "alone", Container: "alone", ID: alone.ID, Image: "i", State: inspect.Running,
			Settings: inspect.Settings{Networks: []string{"bridge"}}},
		{Name: "far", Image: "far:1", State: inspect.Defined, Unresolved: map[string]string{"user": "the service names none, and its image is not on this engine"},
			Settings: inspect.Settings{Namespaces: inspect.Namespaces{Network: "host"}, Restart: "always"}},
		{Name: "odd", Image: "far:1", State: inspect.Defined, Unresolved: map[string]string{"network_mode": "a network of the service could not be inspected"},
			Settings: inspect.Settings{User: "1", Networks: []string{"n3"}, Restart: "always"}},
		{Name: "web", Container: "web.1.x", ID: task.ID, Image: "nginx:1", State: inspect.Running,
			Settings: inspect.Settings{User: "app", ReadOnlyRoot: true, CapDrop: []string{"ALL"}, Env: []string{"DB_PASSWORD"},
				NoNewPrivileges: true, Seccomp: "unconfined", Networks: []string{"front"}, Restart: "always"}},
	}
	ignore := cmpopts.IgnoreFields(inspect.Workload{}, "Sources", "ProcessesUnknown")
	if diff := cmp.Diff(want, workloads, ignore); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestASwarmThatDoesNotListIsAProblem(t *testing.T) {
	fake := newFake(made("a1", "fine", "running", nil))
	fake.info.Swarm.ControlAvailable = true
	fake.forbidden = []string{"/services"}
	workloads, problems, err := connectFake(t, fake).Workloads(t.Context())
	if err != nil || len(workloads) != 1 || len(problems) != 1 || !strings.Contains(problems[0], "services of the swarm") {
		t.Errorf("%d workloads, problems %q, error %v", len(workloads), problems, err)
	}
}

func TestAnImageThatCannotBeReadIsSaidOnce(t *testing.T) {
	a, b := made("a1", "a", "exited", nil), made("a2", "b", "exited", nil)
	a.Image, b.Image = "sha256:i", "sha256:i"
	a.Config.Image, b.Config.Image = "shop:1", "shop:1"
	fake := newFake(a, b)
	fake.forbidden = []string{"/images/sha256:i/json"}
	workloads, problems, err := connectFake(t, fake).Workloads(t.Context())
	if err != nil || len(workloads) != 2 || workloads[0].ImageFacts != nil {
		t.Fatalf("%+v, %v", workloads, err)
	}
	if len(problems) != 1 || !strings.Contains(problems[0], "The image shop:1 could not be inspected") {
		t.Errorf("problems %q", problems)
	}
}

// A link on the engine's machine is followed where that is this machine, and
// nowhere else.
func TestLinksOfBindMountsAreFollowed(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.WriteFile(at("docker.sock"), nil, 0o600),
		os.Mkdir(at("engine"), 0o700),
		os.Symlink("docker.sock", at("link")),
		os.Symlink(at("link"), at("link to a link")),
		os.Symlink("loop", at("loop")),
		os.Symlink("engine", at("way")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	sources := map[string]string{
		"docker.sock": "", "link": at("docker.sock"), "link to a link": at("docker.sock"),
		"loop": "", "gone": "", "way/../link": at("docker.sock"), "way": at("engine"),
	}
	c := made("a1", "web", "exited", nil)
	for name := range sources {
		c.Mounts = append(c.Mounts, container.MountPoint{Type: mount.TypeBind, Source: dir + "/" + name, Destination: "/" + name})
	}
	c.Mounts = append(c.Mounts, container.MountPoint{Type: mount.TypeVolume, Name: at("link"), Destination: "/volume"})
	e := connectFake(t, newFake(c))
	for _, local := range []bool{false, true} {
		e.Host.Local = local
		workloads, problems, err := e.Workloads(t.Context())
		if err != nil || len(problems) > 0 {
			t.Fatalf("problems %q, error %v", problems, err)
		}
		got := map[string]string{}
		for _, m := range workloads[0].Settings.Mounts {
			got[strings.TrimPrefix(m.Target, "/")] = m.Resolved
		}
		want := map[string]string{"volume": ""}
		for name, resolved := range sources {
			want[name] = ""
			if local {
				want[name] = resolved
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("local %v (-want +got):\n%s", local, diff)
		}
	}
}

// What a link may lead to and could not be seen is said: a path that never
// answers, which holds nothing up, and one that may not be looked at.
func TestLinksThatCannotBeFollowedAreSaid(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	over, stop := context.WithCancel(t.Context())
	stop()
	for _, tt := range []struct {
		name  string
		ctx   context.Context
		links func(string) (string, error)
		says  string
	}{
		{"no answer", over, func(string) (string, error) { <-hang; return "", os.ErrNotExist }, "where its bind mounts lead was not found out within"},
		{"not permitted", t.Context(), func(path string) (string, error) {
			return "", &os.PathError{Op: "lstat", Path: path, Err: os.ErrPermission}
		}, "where /srv/hidden leads may not be seen by you"},
		{"gone", t.Context(), func(string) (string, error) { return "", os.ErrNotExist }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := connectFake(t, newFake())
			e.Host.Local, e.links = true, tt.links
			w := inspect.Workload{Name: "web\x1b", Settings: inspect.Settings{Mounts: []inspect.Mount{{Type: inspect.BindMount, Source: "/srv/hidden"}}}}
			said := e.follow(tt.ctx, &w)
			if !strings.Contains(said, tt.says) || (said == "") != (tt.says == "") || said != inspect.Printable(said) {
				t.Errorf("it says %q", said)
			}
			if len(w.Settings.Mounts) != 1 || w.Settings.Mounts[0].Resolved != "" {
				t.Errorf("mounts %+v", w.Settings.Mounts)
			}
		})
	}
}
