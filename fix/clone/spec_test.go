package clone

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"

	"bulkhead/fix"
	"bulkhead/fix/owner"
	"bulkhead/inspect"
)

const id = "4f3a9c1d2e5b6a7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f7"

// original is a container with everything that a copy must not share.
func original() container.InspectResponse {
	return container.InspectResponse{
		ID: id, Name: "/shop-web-1", Image: "sha256:abc",
		Config: &container.Config{
			Hostname: id[:12], Image: "shop/web:1", Env: []string{"A=1"}, AttachStdout: true,
			Labels:       map[string]string{"com.docker.compose.service": "web"},
			ExposedPorts: network.PortSet{network.MustParsePort("80/tcp"): {}},
			Volumes:      map[string]struct{}{"/data": {}},
			Healthcheck:  &container.HealthConfig{Test: []string{"CMD", "true"}, Interval: 30e9},
		},
		HostConfig: &container.HostConfig{
			NetworkMode:   "shop_default",
			Binds:         []string{"/srv/conf:/conf:ro", "/srv/up:/up", "/var/run/docker.sock:/var/run/docker.sock", "/run:/host/run:ro", "data:/data"},
			PortBindings:  network.PortMap{network.MustParsePort("80/tcp"): {{HostPort: "8080"}}},
			RestartPolicy: container.RestartPolicy{Name: "always"},
			AutoRemove:    true, Links: []string{"/db:/shop-web-1/db"}, PidMode: "host", CapAdd: []string{"CAP_NET_ADMIN"},
			SecurityOpt: []string{"no-new-privileges:false", "seccomp=unconfined"},
			Mounts:      []mount.Mount{{Type: mount.TypeTmpfs, Target: "/scratch"}},
			LogConfig:   container.LogConfig{Type: "syslog"},
			Tmpfs:       map[string]string{"/run": "size=1m"},
		},
		Mounts: []container.MountPoint{
			{Type: mount.TypeBind, Source: "/srv/conf", Destination: "/conf"},
			{Type: mount.TypeBind, Source: "/srv/up", Destination: "/up", RW: true},
			{Type: mount.TypeBind, Source: "/var/run/docker.sock", Destination: "/var/run/docker.sock", RW: true},
			{Type: mount.TypeBind, Source: "/run", Destination: "/host/run"},
			{Type: mount.TypeVolume, Name: "data", Destination: "/data", RW: true},
		},
		NetworkSettings: &container.NetworkSettings{Networks: map[string]*network.EndpointSettings{
			"shop_default": {Aliases: []string{"web", id[:12]}},
		}},
	}
}

func TestPrepareIsolates(t *testing.T) {
	c := original()
	s, err := Prepare(c, false)
	if err != nil {
		t.Fatal(err)
	}
	h := s.HostConfig
	if len(h.PortBindings) != 0 || h.RestartPolicy.Name != "no" || h.AutoRemove || h.PidMode != "" || len(h.Links) != 0 || len(h.Binds) != 0 {
		t.Errorf("host config ties the copy to its host: %+v", h)
	}
	if h.LogConfig.Type != "json-file" {
		t.Errorf("the copy logs to %s", h.LogConfig.Type)
	}
	if s.Config.Hostname != "" || s.Config.Labels != nil || s.Config.Volumes != nil || s.Config.Image != c.Image {
		t.Errorf("config: %+v", s.Config)
	}
	if s.Config.Healthcheck.Interval != healthInterval || c.Config.Healthcheck.Interval != 30e9 {
		t.Error("the healthcheck's interval")
	}
	if diff := cmp.Diff([]string{"shop-web-1", "web"}, s.Aliases); diff != "" {
		t.Error(diff)
	}
	var shared []string
	for _, m := range h.Mounts {
		shared = append(shared, string(m.Type)+" "+m.Target)
		if m.Type == mount.TypeBind && !m.ReadOnly {
			t.Errorf("%s is shared writable", m.Target)
		}
	}
	if diff := cmp.Diff([]string{"tmpfs /scratch", "bind /conf"}, shared); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Storage{{Target: "/up", Source: "/srv/up", Bind: true, Keep: true}, {Target: "/data", Source: "data", Keep: true}}, s.Storage); diff != "" {
		t.Error(diff)
	}
	for _, part := range []string{"/var/run/docker.sock is a socket", "/host/run holds the engine's socket", "not published", "PID"} {
		if !slices.ContainsFunc(s.Notes, func(n string) bool { return strings.Contains(n, part) }) {
			t.Errorf("no note about %q: %q", part, s.Notes)
		}
	}
}

func TestPrepareKeepsTheRest(t *testing.T) {
	s, err := Prepare(original(), false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A=1"}, s.Config.Env); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"/run": "size=1m"}, s.HostConfig.Tmpfs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"CAP_NET_ADMIN"}, s.HostConfig.CapAdd); diff != "" {
		t.Error(diff)
	}
}

// A copy of what uses the host's network may do there no more than the original.
func TestPrepareKeepsTheHostNetworksLimits(t *testing.T) {
	c := original()
	if s, err := Prepare(c, false); err != nil || len(s.HostConfig.Sysctls) > 0 {
		t.Errorf("sysctls %v, %v", s.HostConfig.Sysctls, err)
	}
	c.HostConfig.NetworkMode, c.HostConfig.Sysctls = "host", map[string]string{"kernel.shm_rmid_forced": "1"}
	s, err := Prepare(c, false)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"net.ipv4.ip_unprivileged_port_start": "1024", "net.ipv4.ping_group_range": "1 0", "kernel.shm_rmid_forced": "1"}
	if diff := cmp.Diff(want, s.HostConfig.Sysctls); diff != "" {
		t.Error(diff)
	}
	if len(c.HostConfig.Sysctls) != 1 {
		t.Error("the original's were changed")
	}
}

func TestPrepareRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*container.InspectResponse)
		want   string
	}{
		{"privileged", func(c *container.InspectResponse) { c.HostConfig.Privileged = true }, "privileged"},
		{"device", func(c *container.InspectResponse) {
			c.HostConfig.Devices = []container.DeviceMapping{{PathOnHost: "/dev/kvm"}}
		}, "devices"},
		{"device request", func(c *container.InspectResponse) {
			c.HostConfig.DeviceRequests = []container.DeviceRequest{{Driver: "nvidia"}}
		}, "devices"},
		{"strange mount", func(c *container.InspectResponse) { c.Mounts[0].Type = "cluster" }, "cluster mount on /conf"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := original()
			tt.change(&c)
			_, err := Prepare(c, false)
			var blocked *BlockedError
			if !errors.As(err, &blocked) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "shop-web-1") || blocked.Hint() == "" {
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := Prepare(container.InspectResponse{}, false); err == nil {
		t.Error("an empty inspect is accepted")
	}
}

func TestUnder(t *testing.T) {
	s, err := Prepare(original(), false)
	if err != nil {
		t.Fatal(err)
	}
	today := s.Under(fix.Plan{}).HostConfig
	if today.ReadonlyRootfs || len(today.CapDrop) != 0 {
		t.Error("the empty plan changes something")
	}
	h := s.Under(fix.NewPlan(
		inspect.Change{Dial: inspect.DialReadOnlyRoot},
		inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/run", Options: "mode=755"}},
		inspect.Change{Dial: inspect.DialNoNewPrivileges},
		inspect.Change{Dial: inspect.DialCapabilities, Keep: inspect.ParseCaps([]string{"SETUID", "CHOWN"})},
	)).HostConfig
	if !h.ReadonlyRootfs {
		t.Error("the root filesystem is writable")
	}
	if diff := cmp.Diff([]string{"ALL"}, h.CapDrop); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"CHOWN", "SETUID"}, h.CapAdd); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"seccomp=unconfined", "no-new-privileges:true"}, h.SecurityOpt); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"/run": "mode=755"}, h.Tmpfs); diff != "" {
		t.Error(diff)
	}
	if s.HostConfig.Tmpfs["/run"] != "size=1m" || len(s.HostConfig.SecurityOpt) != 2 {
		t.Error("Under changed the spec")
	}
}

// The writable mounts stand in Storage, where the plan must reach them, too.
func TestUnderTurnsStorage(t *testing.T) {
	up, data := Storage{Target: "/up", Source: "/srv/up", Bind: true, Keep: true}, Storage{Target: "/data", Source: "data", Keep: true}
	closed := data
	closed.ReadOnly = true
	for _, tt := range []struct {
		name   string
		change inspect.Change
		want   []Storage
	}{
		{"read-only", inspect.Change{Dial: inspect.DialReadOnlyMount, Path: "/data/"}, []Storage{up, closed}},
		{"removed", inspect.Change{Dial: inspect.DialRemoveMount, Path: "/up"}, []Storage{data}},
		{"under a tmpfs", inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/data"}}, []Storage{up}},
		{"a volume instead", inspect.Change{Dial: inspect.DialVolume, Path: "/up"}, []Storage{data, {Target: "/up", Keep: true}}},
		{"a volume more", inspect.Change{Dial: inspect.DialVolume, Path: "/var/lib/x"}, []Storage{up, data, {Target: "/var/lib/x", Keep: true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Prepare(original(), false)
			if err != nil {
				t.Fatal(err)
			}
			got := s.Under(fix.NewPlan(tt.change))
			if diff := cmp.Diff(tt.want, got.Storage); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]Storage{up, data}, s.Storage); diff != "" {
				t.Errorf("Under changed the spec: %s", diff)
			}
			for _, m := range got.HostConfig.Mounts {
				if m.Type == mount.TypeVolume && m.Source == "" {
					t.Errorf("the engine would make a volume without a label for %s", m.Target)
				}
			}
		})
	}
}

func TestDevicesOnlyWhenAsked(t *testing.T) {
	c := original()
	c.HostConfig.Devices = []container.DeviceMapping{{PathOnHost: "/dev/kvm", PathInContainer: "/dev/kvm"}}
	if _, err := Prepare(c, false); err == nil || !strings.Contains(err.Error(), "/dev/kvm") {
		t.Errorf("error %v", err)
	}
	s, err := Prepare(c, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.HostConfig.Devices) != 1 || !slices.ContainsFunc(s.Notes, func(n string) bool { return strings.Contains(n, "/dev/kvm") }) {
		t.Errorf("devices %v, notes %q", s.HostConfig.Devices, s.Notes)
	}
	c.HostConfig.Privileged = true
	if _, err := Prepare(c, true); err == nil {
		t.Error("a privileged container is copied")
	}
}

func TestOwnerInTag(t *testing.T) {
	me := owner.Self()
	if got, ok := ownerInTag("bulkhead-agent:0123456789ab." + strings.ReplaceAll(me, "/", ".") + ".use"); !ok || got != me {
		t.Errorf("owner in tag: %q, %v", got, ok)
	}
	if _, ok := ownerInTag("bulkhead-agent:0123456789ab"); ok {
		t.Error("an image that others use counts as a process's own")
	}
}
