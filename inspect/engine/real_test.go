package engine_test

import (
	"testing"

	"bulkhead/inspect"
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
