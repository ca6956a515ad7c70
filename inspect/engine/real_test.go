package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/inspect/engine/enginetest"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

func TestRealEngine(t *testing.T) {
	e := enginetest.Connect(t)
	if h := e.Host; !h.Known() || h.OS != "linux" || h.Kernel == "" || h.APIVersion == "" || h.DefaultRuntime == "" {
		t.Errorf("the host is %+v", h)
	}
	if !enginetest.HasImage(t, e, enginetest.BaseImage) {
		t.Skipf("the engine does not have %s", enginetest.BaseImage)
	}
	create := func(name string, labels map[string]string, h *container.HostConfig, start bool) string {
		return enginetest.Create(t, e, client.ContainerCreateOptions{
			Name:       name,
			Config:     &container.Config{Image: enginetest.BaseImage, Cmd: []string{"sleep", "600"}, Labels: labels},
			HostConfig: h,
		}, start)
	}
	service := func(number string) map[string]string {
		return map[string]string{
			"com.docker.compose.project": "bulkheadenginetest", "com.docker.compose.service": "web",
			"com.docker.compose.container-number": number,
		}
	}
	hardened := &container.HostConfig{
		CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN"}, ReadonlyRootfs: true,
		SecurityOpt: []string{"no-new-privileges"}, Tmpfs: map[string]string{"/run": ""},
	}
	stopped := create("bulkheadenginetest-web-1", service("1"), hardened, false)
	running := create("bulkheadenginetest-web-2", service("2"), hardened, true)
	single := create("bulkheadenginetest-single", nil, &container.HostConfig{}, false)

	workloads, _, err := e.Workloads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]inspect.Workload{}
	for _, w := range workloads {
		byName[w.Name] = w
	}
	web := byName["bulkheadenginetest/web"]
	if web.ID != running || web.State != inspect.Running || !cmp.Equal([]string{stopped}, web.Replicas) {
		t.Errorf("the service is %+v", web)
	}
	want := inspect.Settings{
		CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN"}, NoNewPrivileges: true, ReadOnlyRoot: true,
		Tmpfs: []inspect.Tmpfs{{Path: "/run"}}, Networks: []string{"bridge"},
	}
	web.Settings.Env = nil // the image's
	if diff := cmp.Diff(want, web.Settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if got := byName["bulkheadenginetest-single"]; got.ID != single || got.State != inspect.Created {
		t.Errorf("the container is %+v", got)
	}

	for _, target := range []string{"bulkheadenginetest/web", running[:12], "bulkheadenginetest-web-2"} {
		found, err := e.Find(t.Context(), target)
		if err != nil || found.ID != running {
			t.Errorf("%s finds %s (%v), want %s", target, found.ID, err, running)
		}
	}
	c, raw, err := e.Inspect(t.Context(), single)
	if err != nil || c.ID != single || len(raw) == 0 {
		t.Errorf("inspect gives %q, %d bytes, %v", c.ID, len(raw), err)
	}
}

// What is configured and what the kernel enforces are read apart: an exec'd
// process has its own user, capabilities and privileges.
func TestProcessesOfARealContainer(t *testing.T) {
	e := enginetest.Connect(t)
	if !e.Host.Local || e.Host.Rootless || e.Host.UsernsRemap {
		t.Skip("the engine's containers do not run on this kernel under its own users")
	}
	if !enginetest.HasImage(t, e, enginetest.BaseImage) {
		t.Skipf("the engine does not have %s", enginetest.BaseImage)
	}
	id := enginetest.Create(t, e, client.ContainerCreateOptions{
		Config: &container.Config{Image: enginetest.BaseImage, Cmd: []string{"sh", "-c", "sleep 600 & wait"}},
		HostConfig: &container.HostConfig{
			CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN", "NET_BIND_SERVICE"}, SecurityOpt: []string{"no-new-privileges"},
			NetworkMode: "none",
		},
	}, true)
	exec, err := e.API.ExecCreate(t.Context(), id, client.ExecCreateOptions{User: "1234:4321", Cmd: []string{"sleep", "601"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.API.ExecStart(t.Context(), exec.ID, client.ExecStartOptions{Detach: true}); err != nil {
		t.Fatal(err)
	}
	want := map[string]inspect.Process{}
	granted := inspect.ParseCaps([]string{"CHOWN", "NET_BIND_SERVICE"})
	for _, p := range []inspect.Process{
		{Command: "sh", Effective: granted, Bounding: granted, NoNewPrivileges: true, Seccomp: 2},
		{Command: "sleep", Effective: granted, Bounding: granted, NoNewPrivileges: true, Seccomp: 2},
		{Command: "sleep", UID: 1234, GID: 4321, HostUID: 1234, Bounding: granted, NoNewPrivileges: true, Seccomp: 2, Executed: true},
	} {
		want[processName(p)] = p
	}
	var got map[string]inspect.Process
	deadline := time.Now().Add(30 * time.Second)
	for !cmp.Equal(want, got) && time.Now().Before(deadline) {
		w, err := e.Find(t.Context(), id)
		if err != nil || w.ProcessesUnknown != "" {
			t.Fatalf("%v; unknown: %s", err, w.ProcessesUnknown)
		}
		got = map[string]inspect.Process{}
		for _, p := range w.Processes {
			p.PID, p.Label = 0, ""
			got[processName(p)] = p
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A link to a socket named like an engine's is a way to the engine, whatever it
// is called; the one here leads to an empty file.
func TestALinkToAnEngineSocketIsRecognised(t *testing.T) {
	e := enginetest.Connect(t)
	if !e.Host.Local {
		t.Skip("the engine's paths are not this machine's")
	}
	if !enginetest.HasImage(t, e, enginetest.BaseImage) {
		t.Skipf("the engine does not have %s", enginetest.BaseImage)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	socket, other := filepath.Join(dir, "docker.sock"), filepath.Join(dir, "web.sock")
	for name, target := range map[string]string{"engine": socket, "twin": other} {
		if err := os.WriteFile(target, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	id := enginetest.Create(t, e, client.ContainerCreateOptions{
		Config: &container.Config{Image: enginetest.BaseImage, Cmd: []string{"true"}},
		HostConfig: &container.HostConfig{
			NetworkMode: "none", Binds: []string{dir + "/engine:/flaw", dir + "/twin:/good"},
		},
	}, false)
	w, err := e.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	want := []inspect.Mount{
		{Type: inspect.BindMount, Source: dir + "/engine", Target: "/flaw", Resolved: socket},
		{Type: inspect.BindMount, Source: dir + "/twin", Target: "/good", Resolved: other},
	}
	if diff := cmp.Diff(want, w.Settings.Mounts); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
	var found []string
	for _, f := range check.Audit(w, e.Host).Findings() {
		if f.ID == "engine-socket" {
			found = append(found, f.Evidence)
		}
	}
	if diff := cmp.Diff([]string{fmt.Sprintf("volumes holds %s/engine at /flaw, which leads to %s.", dir, socket)}, found); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func processName(p inspect.Process) string {
	if p.Executed {
		return p.Command + " by exec"
	}
	return p.Command
}

func TestSurveyOfARealEngine(t *testing.T) {
	e := enginetest.Connect(t)
	host, err := e.Survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := host.Daemon
	if d == nil || d.LiveRestore == nil || d.Experimental == nil || d.NoNewPrivileges == nil || len(d.Sources) == 0 {
		t.Errorf("the daemon is %+v", d)
	}
	if d.UserlandProxy == nil && len(d.Unread) == 0 {
		t.Error("a setting is not known, and no reason is given")
	}
}
