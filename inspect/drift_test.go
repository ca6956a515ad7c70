package inspect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDrift(t *testing.T) {
	file := Settings{
		CapDrop: []string{"ALL"}, Env: []string{"A"}, Healthcheck: Healthcheck{Defined: true},
		Mounts: []Mount{{Type: VolumeMount, Source: "data", Target: "/data", Setting: "volumes.0"}},
		Ports:  []Port{{Container: 80, Protocol: "tcp", Setting: "ports.0"}},
	}
	same := file.Clone()
	same.User = "www-data"
	same.Env = []string{"A", "PATH"}
	same.Mounts = []Mount{{Type: VolumeMount, Target: "/cache"}, {Type: VolumeMount, Source: "data", Target: "/data"}}
	same.Ports = []Port{{Container: 80, Protocol: "tcp", HostPort: 49153}}
	for _, tt := range []struct {
		name   string
		change func(*Settings)
		want   []string
	}{
		{"what the image and the engine add", func(*Settings) {}, nil},
		{"capabilities", func(s *Settings) { s.CapDrop, s.CapAdd = nil, []string{"SYS_ADMIN"} }, []string{"cap_add", "cap_drop"}},
		{"a mount", func(s *Settings) { s.Mounts[1].ReadOnly = true }, []string{"volumes"}},
		{"where a mount leads", func(s *Settings) { s.Mounts[1].Resolved, s.Mounts[1].Propagation = "/srv", "rslave" }, nil},
		{"what is mounted inside shows on the host", func(s *Settings) { s.Mounts[1].Propagation = "rshared" }, []string{"volumes"}},
		{"the host's cgroups", func(s *Settings) { s.Namespaces.Cgroup = "host" }, []string{"cgroup"}},
		{"swap", func(s *Settings) { s.Limits.MemorySwap = 1 << 30 }, []string{"memswap_limit"}},
		{"no swap accounting", func(s *Settings) { s.Limits.MemorySwap = -1 }, nil},
		{"no healthcheck", func(s *Settings) { s.Healthcheck.Defined = false }, []string{"healthcheck"}},
		{"a port", func(s *Settings) { s.Ports[0].HostIP = "127.0.0.1" }, []string{"ports"}},
		{"a variable", func(s *Settings) { s.Env = []string{"PATH"} }, []string{"environment"}},
		{"root filesystem", func(s *Settings) { s.ReadOnlyRoot, s.NoNewPrivileges = true, true }, []string{"read_only", "security_opt"}},
	} {
		running := same.Clone()
		tt.change(&running)
		if diff := cmp.Diff(tt.want, Drift(file, running)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}
