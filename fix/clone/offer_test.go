package clone

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		"no socket":       {refused: "mounts no socket of the engine"},
		"another socket":  {sockets: []SocketMount{{Source: "/run/php.sock", Target: "/php.sock"}}, refused: "mounts no socket of the engine"},
		"the whole host":  {sockets: []SocketMount{{Source: "/", Target: "/host"}}, refused: "mounts /host, in which bulkhead cannot tell"},
		"another runtime": {sockets: []SocketMount{{Source: "/run/containerd/containerd.sock", Target: "/c"}}, refused: "cannot tell"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Session{engine: &engine.Engine{}, pattern: &pattern{called: "web", spec: Spec{Sockets: c.sockets}}}
			at, places, err := s.socketPlaces(t.Context())
			var none *NoSocketError
			if c.refused != "" {
				if !errors.As(err, &none) || !strings.Contains(err.Error(), c.refused) || none.Hint() == "" {
					t.Errorf("error is %v", err)
				}
				return
			}
			var got []mount.Mount
			for _, p := range places {
				got = append(got, p.mount("v", "/volumes/v/_data"))
			}
			if diff := cmp.Diff(c.want, got); diff != "" || at != c.engine || err != nil {
				t.Errorf("the engine's is %s, error %v, mounts (-want +got):\n%s", at, err, diff)
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
