package engine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
)

const recorded = "../../testdata/inspect"

// fixture reads a recorded inspect.
func fixture(t testing.TB, name string) container.InspectResponse {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(recorded, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var c container.InspectResponse
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatalf("decoding %s: %v", name, err)
	}
	return c
}

func TestToWorkloadSettings(t *testing.T) {
	bridge := []string{"bridge"}
	tests := map[string]inspect.Settings{
		"plain": {Networks: bridge},
		"privileged": {
			Privileged: true,
			Mounts: []inspect.Mount{
				{Type: inspect.BindMount, Source: "/", Target: "/host"},
				{Type: inspect.BindMount, Source: "/var/run/docker.sock", Target: "/var/run/docker.sock"},
			},
			Namespaces: inspect.Namespaces{PID: "host", IPC: "host", UTS: "host", Network: "host", User: "host"},
		},
		"hardened": {
			User:            "1000:1000",
			CapAdd:          []string{"CHOWN", "NET_BIND_SERVICE"},
			CapDrop:         []string{"ALL"},
			NoNewPrivileges: true,
			Seccomp:         "custom",
			AppArmor:        "web",
			SELinux:         []string{"type:web_t"},
			ReadOnlyRoot:    true,
			Tmpfs: []inspect.Tmpfs{
				{Path: "/cache", Options: "size=1048576,mode=700"},
				{Path: "/run", Options: "size=10m,mode=755"},
				{Path: "/tmp"},
			},
			Networks: bridge,
			Ports:    []inspect.Port{{HostIP: "127.0.0.1", HostPort: 8080, Container: 80, Protocol: "tcp"}},
			Limits:   inspect.Limits{Memory: 256 << 20, PIDs: 100, CPUs: 0.5},
			Restart:  "on-failure", RestartTries: 3,
			Healthcheck: inspect.Healthcheck{Defined: true},
		},
		"unconfined": {
			CapAdd:        []string{"ALL"},
			CapDrop:       []string{"NET_RAW"},
			Seccomp:       "unconfined",
			AppArmor:      "unconfined",
			SELinux:       []string{"disable"},
			UnmaskedPaths: true,
			Devices: []inspect.Device{
				{Host: "/dev/full", Container: "/dev/full", Permissions: "rwm"},
				{Host: "/dev/null", Container: "/dev/zero2", Permissions: "rw"},
			},
			Networks: bridge,
			Sysctls:  map[string]string{"net.ipv4.ip_unprivileged_port_start": "1024"},
		},
		"mounts": {
			Mounts: []inspect.Mount{
				{Type: inspect.VolumeMount, Source: "shop_data", Target: "/again"},
				{Type: inspect.VolumeMount, Target: "/anonymous"},
				{Type: inspect.VolumeMount, Source: "shop_data", Target: "/data"},
				{Type: inspect.BindMount, Source: "/etc", Target: "/host/etc", ReadOnly: true},
				{Type: inspect.BindMount, Source: "/var/log", Target: "/log"},
				{Type: inspect.BindMount, Source: "/srv", Target: "/srv", ReadOnly: true},
			},
			Networks: bridge,
		},
		"ports": {
			Networks: bridge,
			Ports: []inspect.Port{
				{HostPort: 80, Container: 80, Protocol: "tcp"},
				{HostIP: "::1", HostPort: 81, Container: 81, Protocol: "tcp"},
				{HostPort: 82, Container: 82, Protocol: "udp"},
				{Container: 83, Protocol: "tcp"},
				{Container: 99, Protocol: "tcp"},
				{HostPort: 9000, Container: 9000, Protocol: "tcp"},
				{HostPort: 9001, Container: 9001, Protocol: "tcp"},
			},
		},
		"environment": {Networks: bridge, Env: []string{"DB_PASSWORD", "EMPTY", "SPACED", "TZ"}},
		"shop-web-1":  {Networks: []string{"shop_front"}, Restart: "always"},
		"shop_old_1":  {Networks: bridge},
	}
	files, err := filepath.Glob(filepath.Join(recorded, "*.json"))
	if err != nil || len(files) != len(tests) {
		t.Errorf("there are %d recordings (%v) and %d expectations", len(files), err, len(tests))
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			got := ToWorkload(fixture(t, name)).Settings
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestToWorkloadIdentity(t *testing.T) {
	t.Run("container", func(t *testing.T) {
		c := fixture(t, "plain")
		got := ToWorkload(c)
		got.Settings = inspect.Settings{}
		want := inspect.Workload{
			Name: "plain", Container: "plain", ID: c.ID, Image: "debian:bookworm-slim", ImageID: c.Image,
			State:   inspect.Created,
			Sources: inspect.Sources{"": {Origin: inspect.FromRun}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("service of Compose 2", func(t *testing.T) {
		got := ToWorkload(fixture(t, "shop-web-1"))
		want := []string{"/srv/shop/compose.yaml", "/srv/shop/compose.prod.yaml"}
		if got.Name != "shop/web" || got.Container != "shop-web-1" || !cmp.Equal(want, got.Files) {
			t.Errorf("name %q, container %q, files %q", got.Name, got.Container, got.Files)
		}
		if src := got.Sources.Of("cap_add"); src.Origin != inspect.FromCompose || src.File != want[0] {
			t.Errorf("source %+v", src)
		}
	})
	t.Run("service of Compose 1, one file from standard input", func(t *testing.T) {
		got := ToWorkload(fixture(t, "shop_old_1"))
		if got.Name != "shop/old" || !cmp.Equal([]string{"/srv/shop/docker-compose.yml"}, got.Files) {
			t.Errorf("name %q, files %q", got.Name, got.Files)
		}
	})
}

func TestEngineDefaultsAreSubtracted(t *testing.T) {
	c := fixture(t, "plain")
	c.HostConfig.CgroupnsMode = container.CgroupnsModeHost
	c.HostConfig.Runtime = "kata"
	tests := []struct {
		name            string
		host            inspect.Host
		cgroup, runtime string
	}{
		{"nothing known of the engine", inspect.Host{}, "", "kata"},
		{"cgroup v1", inspect.Host{CgroupVersion: "1", DefaultRuntime: "runc"}, "", "kata"},
		{"cgroup v2", inspect.Host{CgroupVersion: "2", DefaultRuntime: "runc"}, "host", "kata"},
		{"another default runtime", inspect.Host{DefaultRuntime: "kata"}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := (&Engine{Host: tt.host}).ToWorkload(c).Settings
			if s.Namespaces.Cgroup != tt.cgroup || s.Runtime != tt.runtime {
				t.Errorf("cgroup %q, runtime %q; want %q, %q", s.Namespaces.Cgroup, s.Runtime, tt.cgroup, tt.runtime)
			}
		})
	}
}

func TestSecurityOptionSpellings(t *testing.T) {
	tests := []struct {
		option string
		want   inspect.Settings
	}{
		{"no-new-privileges", inspect.Settings{NoNewPrivileges: true}},
		{"no-new-privileges:true", inspect.Settings{NoNewPrivileges: true}},
		{"no-new-privileges=true", inspect.Settings{NoNewPrivileges: true}},
		{"no-new-privileges:false", inspect.Settings{}},
		{"no-new-privileges=maybe", inspect.Settings{}},
		{"seccomp:unconfined", inspect.Settings{Seccomp: "unconfined"}},
		{"seccomp=builtin", inspect.Settings{}},
		{`seccomp={"defaultAction":"SCMP_ACT_ERRNO"}`, inspect.Settings{Seccomp: "custom"}},
		{"apparmor=docker-default", inspect.Settings{}},
		{`seccomp:{"a":"b=c"}`, inspect.Settings{Seccomp: "custom"}},
		{"disable", inspect.Settings{SELinux: []string{"disable"}}},
		{"label:disable", inspect.Settings{SELinux: []string{"disable"}}},
		{"label=level:s0:c1,c2", inspect.Settings{SELinux: []string{"level:s0:c1,c2"}}},
		{"", inspect.Settings{}},
		{"writable-cgroups=true", inspect.Settings{}},
	}
	for _, tt := range tests {
		t.Run(tt.option, func(t *testing.T) {
			c := container.InspectResponse{HostConfig: &container.HostConfig{SecurityOpt: []string{tt.option}}}
			got := ToWorkload(c).Settings
			got.Networks = nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Missing mask lists are an old container's and mean the engine's default.
func TestUnmaskedPathsNeedEmptyLists(t *testing.T) {
	for _, tt := range []struct {
		body string
		want bool
	}{
		{`{"HostConfig":{"MaskedPaths":[],"ReadonlyPaths":[]}}`, true},
		{`{"HostConfig":{"MaskedPaths":null,"ReadonlyPaths":null}}`, false},
		{`{"HostConfig":{}}`, false},
		{`{"HostConfig":{"MaskedPaths":["/proc/kcore"],"ReadonlyPaths":[]}}`, false},
		{`{"HostConfig":{"Privileged":true,"MaskedPaths":[],"ReadonlyPaths":[]}}`, false},
	} {
		var c container.InspectResponse
		if err := json.Unmarshal([]byte(tt.body), &c); err != nil {
			t.Fatal(err)
		}
		if got := ToWorkload(c).Settings.UnmaskedPaths; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.body, got, tt.want)
		}
	}
}

func TestCPULimitFromQuota(t *testing.T) {
	for _, tt := range []struct {
		quota, period, nano int64
		want                float64
	}{
		{0, 0, 0, 0}, {50_000, 100_000, 0, 0.5}, {150_000, 0, 0, 1.5}, {-1, 0, 0, 0}, {50_000, 0, 2e9, 2},
	} {
		h := &container.HostConfig{Resources: container.Resources{CPUQuota: tt.quota, CPUPeriod: tt.period, NanoCPUs: tt.nano}}
		if got := limits(h).CPUs; got != tt.want {
			t.Errorf("quota %d period %d nano %d: %v, want %v", tt.quota, tt.period, tt.nano, got, tt.want)
		}
	}
}

func TestUlimits(t *testing.T) {
	h := &container.HostConfig{Resources: container.Resources{Ulimits: []*container.Ulimit{
		{Name: "nproc", Soft: 512, Hard: 512}, nil, {Name: "core"}, {Name: "nofile", Soft: 1024, Hard: -1},
	}}}
	want := []inspect.Ulimit{{Name: "core"}, {Name: "nofile", Soft: 1024, Hard: -1}, {Name: "nproc", Soft: 512, Hard: 512}}
	if diff := cmp.Diff(want, limits(h).Ulimits); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzToWorkload holds that no inspect JSON, however hostile, makes the
// conversion panic, that no environment value gets through, and that settings
// survive a JSON round trip.
func FuzzToWorkload(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(recorded, "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no recordings: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"Config":null,"HostConfig":null,"State":null,"NetworkSettings":null}`))
	f.Add([]byte(`{"Mounts":[{}],"HostConfig":{"Devices":[{}],"Mounts":[{"Type":"tmpfs"}],"SecurityOpt":["="],"PortBindings":{"1/tcp":[{"HostPort":"99999"}]}}}`))
	f.Add([]byte(`{"HostConfig":{"NetworkMode":"container:"},"NetworkSettings":{"Networks":{"x":null}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c container.InspectResponse
		if json.Unmarshal(data, &c) != nil {
			return
		}
		w := ToWorkload(c)
		for _, name := range w.Settings.Env {
			if strings.Contains(name, "=") {
				t.Errorf("environment name %q holds a value", name)
			}
		}
		if !sameSettings(w.Settings, ToWorkload(c).Settings) {
			t.Error("two conversions of the same inspect differ")
		}
	})
}
