package clone

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"bulkhead/fix/socketproxy"
	"bulkhead/inspect/engine"
)

// A copy finds the proxy's socket where the original has the engine's: the file
// where that is one, the volume where it is a directory that holds it.
func TestSocketPlaces(t *testing.T) {
	file := func(target string) mount.Mount {
		return mount.Mount{Type: mount.TypeBind, Source: "/volumes/v/_data/docker.sock", Target: target, ReadOnly: true}
	}
	directory := func(target string) mount.Mount {
		return mount.Mount{Type: mount.TypeVolume, Source: "v", Target: target, ReadOnly: true, VolumeOptions: &mount.VolumeOptions{NoCopy: true}}
	}
	for name, c := range map[string]struct {
		sockets []SocketMount
		engine  string
		want    []mount.Mount
		env     []string
		refused string
	}{
		"the socket": {
			sockets: []SocketMount{{Source: "/var/run/docker.sock", Target: "/docker.sock"}},
			engine:  "/var/run/docker.sock", want: []mount.Mount{file("/docker.sock")},
		},
		"rootless": {
			sockets: []SocketMount{{Source: "/run/user/1000/docker.sock", Target: "/var/run/docker.sock"}},
			engine:  "/run/user/1000/docker.sock", want: []mount.Mount{file("/var/run/docker.sock")},
		},
		"its directory": {
			sockets: []SocketMount{{Source: "/run", Target: "/host/run"}},
			engine:  "/run/docker.sock", want: []mount.Mount{directory("/host/run")},
		},
		"beside others": {
			sockets: []SocketMount{{Source: "/run/php.sock", Target: "/php.sock"}, {Source: "/run/docker.sock", Target: "/a"}, {Source: "/var/run/docker.sock", Target: "/b"}},
			engine:  "/run/docker.sock", want: []mount.Mount{file("/a"), file("/b")},
		},
		"no socket":                          {refused: "mounts no socket of the engine"},
		"another socket":                     {sockets: []SocketMount{{Source: "/run/php.sock", Target: "/php.sock"}}, refused: "mounts no socket of the engine"},
		"the whole host":                     {sockets: []SocketMount{{Source: "/", Target: "/host"}}, refused: "mounts / of the host on /host: the engine's socket is somewhere in it"},
		"all of /var":                        {sockets: []SocketMount{{Source: "/var", Target: "/var"}}, refused: "somewhere in it"},
		"another runtime":                    {sockets: []SocketMount{{Source: "/run/containerd/containerd.sock", Target: "/c"}}, refused: "no docker.sock that a recording proxy could stand in for"},
		"its directory, with no docker.sock": {sockets: []SocketMount{{Source: "/run/containerd", Target: "/c"}}, refused: "no docker.sock"},
		"every user's directory":             {sockets: []SocketMount{{Source: "/run/user", Target: "/u"}}, refused: "no docker.sock"},
		"a socket elsewhere":                 {env: []string{"DOCKER_HOST=unix:///srv/engine.sock"}, refused: "mounts no socket of the engine, so"},
	} {
		t.Run(name, func(t *testing.T) {
			original := container.InspectResponse{Config: &container.Config{Env: c.env}, HostConfig: &container.HostConfig{}}
			s := &Session{engine: &engine.Engine{}, pattern: &pattern{called: "web", original: original, spec: Spec{Sockets: c.sockets}}}
			use, err := s.socketUse(t.Context())
			var none *NoSocketError
			if c.refused != "" {
				if !errors.As(err, &none) || !strings.Contains(err.Error(), c.refused) || none.Hint() == "" {
					t.Errorf("error is %v", err)
				}
				return
			}
			var got []mount.Mount
			for _, p := range use.places {
				got = append(got, p.mount("v", "/volumes/v/_data"))
			}
			if diff := cmp.Diff(c.want, got); diff != "" || use.engine != c.engine || err != nil {
				t.Errorf("the engine's is %s, error %v, mounts (-want +got):\n%s", use.engine, err, diff)
			}
		})
	}
}

func TestNoProxyBesideAWayOut(t *testing.T) {
	for _, isolation := range []Isolation{Published, Egress} {
		s := &Session{pattern: &pattern{called: "web"}, opt: Options{Isolation: isolation}}
		var blocked *BlockedError
		if _, err := s.OfferSocket(t.Context(), "image", socketproxy.Policy{}); !errors.As(err, &blocked) {
			t.Errorf("with isolation %d the error is %v", isolation, err)
		}
	}
}
