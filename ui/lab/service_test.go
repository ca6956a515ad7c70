package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bulkhead/inspect/engine/enginetest"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// published publishes a container's port on a free one of this machine.
func published(port string) network.PortMap {
	return network.PortMap{network.MustParsePort(port): {{HostIP: netip.MustParseAddr("127.0.0.1")}}}
}

// address is where a published port answers.
func (r running) address(port string) string {
	r.t.Helper()
	bindings := r.inspect().NetworkSettings.Ports[network.MustParsePort(port)]
	if len(bindings) == 0 {
		r.t.Fatalf("port %s is not published; the log says:\n%s", port, r.log())
	}
	return net.JoinHostPort("127.0.0.1", bindings[0].HostPort)
}

// get asks once, and gives up quickly.
func get(url string) (int, string, error) {
	answer, err := (&http.Client{Timeout: 2 * time.Second}).Get(url)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

// serves waits until the URL answers 200 with the text.
func (r running) serves(port, path, text string) {
	r.t.Helper()
	until(r.t, path+" on port "+port+" answers "+text, func() bool {
		code, body, err := get("http://" + r.address(port) + path)
		return err == nil && code == http.StatusOK && strings.Contains(body, text)
	})
}

func TestWebNeedsThreeCapabilities(t *testing.T) {
	e := enginetest.Connect(t)
	image := testImage(t, e, "web")
	r := start(t, e, image, container.Config{}, container.HostConfig{
		CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN", "SETGID", "SETUID"},
		SecurityOpt: []string{"no-new-privileges"}, PortBindings: published("80/tcp"),
	})
	r.serves("80/tcp", "/health", "ok")
	r.serves("80/tcp", "/", "uid 101, gid 101")
	r.serves("80/tcp", "/", "CHOWN SETGID SETUID")
	diff, err := e.API.ContainerDiff(t.Context(), r.id, client.ContainerDiffOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(diff.Changes); !strings.Contains(text, "/var/cache/web/index.html") || !strings.Contains(text, "/run/web.pid") {
		t.Errorf("it wrote %s, want the cached page and the pid file", text)
	}
	if _, err := e.API.ContainerKill(t.Context(), r.id, client.ContainerKillOptions{Signal: "HUP"}); err != nil {
		t.Fatal(err)
	}
	r.logs("reloading")
	r.serves("80/tcp", "/health", "ok")
	if code := r.stop(); code != 0 {
		t.Errorf("after SIGTERM it exits %d, want 0; the log says:\n%s", code, r.log())
	}
	r.again()
	r.serves("80/tcp", "/", "uid 101, gid 101")
}

func TestWebFails(t *testing.T) {
	e := enginetest.Connect(t)
	image := testImage(t, e, "web")
	three := []string{"CHOWN", "SETGID", "SETUID"}
	for name, test := range map[string]struct {
		host container.HostConfig
		want string
	}{
		"without CHOWN": {
			container.HostConfig{CapDrop: []string{"ALL"}, CapAdd: three[1:]},
			"chown /var/cache/web: operation not permitted",
		},
		"on a read-only root filesystem": {
			container.HostConfig{ReadonlyRootfs: true},
			"mkdir /var/cache/web: read-only file system",
		},
		"without a privileged port": {
			container.HostConfig{
				CapDrop: []string{"ALL"}, CapAdd: three,
				Sysctls: map[string]string{"net.ipv4.ip_unprivileged_port_start": "1024"},
			},
			"bind: permission denied",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, e, image, container.Config{}, test.host)
			if code := r.exits(); code != 1 || !strings.Contains(r.log(), test.want) {
				t.Errorf("it exits %d and says:\n%s\nwant 1 and %q", code, r.log(), test.want)
			}
		})
	}
}

func TestWebStaysSilentWithoutSetuid(t *testing.T) {
	e := enginetest.Connect(t)
	image := testImage(t, e, "web")
	for _, missing := range []string{"SETUID", "SETGID"} {
		t.Run(missing, func(t *testing.T) {
			r := start(t, e, image, container.Config{}, container.HostConfig{
				CapDrop:      []string{"ALL"},
				CapAdd:       []string{"CHOWN", map[string]string{"SETUID": "SETGID", "SETGID": "SETUID"}[missing]},
				PortBindings: published("80/tcp"),
			})
			r.logs("operation not permitted; trying again")
			if code, body, err := get("http://" + r.address("80/tcp") + "/health"); err == nil {
				t.Errorf("it answers %d %q", code, body)
			}
			if !r.inspect().State.Running {
				t.Error("the master ended; it should go on trying")
			}
			if code := r.stop(); code != 0 {
				t.Errorf("after SIGTERM it exits %d, want 0", code)
			}
		})
	}
}

func TestWebOnReadOnlyRootWithTmpfs(t *testing.T) {
	e := enginetest.Connect(t)
	image := testImage(t, e, "web")
	r := start(t, e, image, container.Config{}, container.HostConfig{
		ReadonlyRootfs: true, Tmpfs: map[string]string{"/run": "", "/var/cache": ""},
		CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN", "SETGID", "SETUID"}, PortBindings: published("80/tcp"),
	})
	r.serves("80/tcp", "/", "uid 101, gid 101")
}

// talk sends lines to the store and returns the answers.
func talk(t *testing.T, address string, lines ...string) []string {
	t.Helper()
	var answers []string
	until(t, "the store answers", func() bool {
		conn, err := net.DialTimeout("tcp", address, 2*time.Second)
		if err != nil {
			return false
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		answers = nil
		in := bufio.NewScanner(conn)
		for _, line := range lines {
			if _, err := fmt.Fprintln(conn, line); err != nil || !in.Scan() {
				return false
			}
			answers = append(answers, in.Text())
		}
		return true
	})
	return answers
}

// volume makes a volume that the test's end removes. It is made before the
// container that uses it, so that it is removed after.
func volume(t *testing.T) string {
	t.Helper()
	e := enginetest.Connect(t)
	made, err := e.API.VolumeCreate(t.Context(), client.VolumeCreateOptions{Labels: enginetest.Labels(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := removeVolume(context.Background(), e.API, made.Volume.Name); err != nil {
			t.Error(err)
		}
	})
	return made.Volume.Name
}

func TestStoreKeepsItsData(t *testing.T) {
	e := enginetest.Connect(t)
	image := testImage(t, e, "store")
	data := volume(t)
	host := container.HostConfig{
		Binds: []string{data + ":/data"}, PortBindings: published("6379/tcp"),
		CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN", "SETGID", "SETUID"}, SecurityOpt: []string{"no-new-privileges"},
	}
	r := start(t, e, image, container.Config{}, host)
	got := talk(t, r.address("6379/tcp"), "PING", "SET color deep blue", "GET color", "GET none", "SAVE", "SET late 1", "FLY")
	want := "[PONG OK deep blue (nil) OK OK ERR unknown command; there are PING, SET key value, GET key, SAVE]"
	if fmt.Sprint(got) != want {
		t.Errorf("it answers %v, want %s", got, want)
	}
	r.logs("as uid 999")
	if code := r.stop(); code != 0 {
		t.Fatalf("after SIGTERM it exits %d, want 0; the log says:\n%s", code, r.log())
	}
	r.again()
	if got := talk(t, r.address("6379/tcp"), "GET color", "GET late"); fmt.Sprint(got) != "[deep blue 1]" {
		t.Errorf("after a restart it answers %v", got)
	}
	r.stop()

	// On a volume that has its owner already, CHOWN is not needed any more.
	host.CapAdd = []string{"SETGID", "SETUID"}
	r = start(t, e, image, container.Config{}, host)
	if got := talk(t, r.address("6379/tcp"), "GET color"); fmt.Sprint(got) != "[deep blue]" {
		t.Errorf("a new container on the old volume answers %v", got)
	}
}

func TestStoreEntrypointFails(t *testing.T) {
	e := enginetest.Connect(t)
	image := testImage(t, e, "store")
	for name, test := range map[string]struct {
		caps []string
		want string
	}{
		"CHOWN":  {[]string{"SETGID", "SETUID"}, "cannot give /data to 999:999: lchown /data: operation not permitted"},
		"SETGID": {[]string{"CHOWN", "SETUID"}, "cannot switch to 999:999: setgroups: operation not permitted"},
		"SETUID": {[]string{"CHOWN", "SETGID"}, "cannot switch to 999:999: setuid: operation not permitted"},
	} {
		t.Run("without "+name, func(t *testing.T) {
			r := start(t, e, image, container.Config{}, container.HostConfig{CapDrop: []string{"ALL"}, CapAdd: test.caps})
			if code := r.exits(); code != 1 || !strings.Contains(r.log(), test.want) {
				t.Errorf("it exits %d and says:\n%s\nwant 1 and %q", code, r.log(), test.want)
			}
		})
	}
}

func TestPingNeedsRawSockets(t *testing.T) {
	e := enginetest.Connect(t)
	image := testImage(t, e, "ping")
	check := &container.HealthConfig{Test: []string{"CMD", "/bulkhead", "agent", "service", "ping", "check"}, Interval: time.Second}
	r := start(t, e, image, container.Config{Healthcheck: check}, container.HostConfig{CapDrop: []string{"ALL"}, CapAdd: []string{"NET_RAW"}})
	r.logs("web (127.0.0.1): replies")
	until(t, "it is healthy", func() bool { return r.inspect().State.Health.Status == container.Healthy })
	if code := r.stop(); code != 0 {
		t.Errorf("after SIGTERM it exits %d, want 0", code)
	}
	r = start(t, e, image, container.Config{}, container.HostConfig{CapDrop: []string{"NET_RAW"}})
	if code := r.exits(); code != 1 || !strings.Contains(r.log(), "socket: operation not permitted") {
		t.Errorf("without NET_RAW it exits %d and says:\n%s", code, r.log())
	}
}

func TestAdminNeverShowsItsSecrets(t *testing.T) {
	e := enginetest.Connect(t)
	image := testImage(t, e, "admin")
	config := container.Config{Env: []string{"DB_PASSWORD=correct-horse", "API_TOKEN=battery-staple"}}
	for name, test := range map[string]struct {
		binds []string
		want  string
	}{
		"with the socket":    {[]string{"/var/run/docker.sock:/var/run/docker.sock"}, "The engine has "},
		"without the socket": {nil, "The engine cannot be asked: its socket /var/run/docker.sock is not there."},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, e, image, config, container.HostConfig{
				Binds: test.binds, CapDrop: []string{"ALL"}, PortBindings: published("8080/tcp"),
			})
			r.serves("8080/tcp", "/", test.want)
			r.logs("DB_PASSWORD is set")
			_, page, err := get("http://" + r.address("8080/tcp") + "/")
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"correct-horse", "battery-staple"} {
				if strings.Contains(page+r.log(), secret) {
					t.Errorf("it shows %s", secret)
				}
			}
			if code := r.stop(); code != 0 {
				t.Errorf("after SIGTERM it exits %d, want 0", code)
			}
		})
	}
}
