package engine

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bulkhead/inspect"

	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/system"
)

// refusal connects, which must fail, and checks the sentence and the hint.
func refusal(t *testing.T, o Options, what, hint string) {
	t.Helper()
	_, err := Connect(t.Context(), o)
	var refused *ConnectError
	if !errors.As(err, &refused) {
		t.Fatalf("the error is %T (%v), not a *ConnectError", err, err)
	}
	if !strings.Contains(refused.What, what) {
		t.Errorf("what happened is %q, want it to say %q", refused.What, what)
	}
	if !strings.Contains(refused.Next, hint) {
		t.Errorf("the hint is %q, want it to say %q", refused.Next, hint)
	}
	for _, text := range []string{refused.What, refused.Next} {
		if text != inspect.Printable(text) || strings.Contains(text, "\n") {
			t.Errorf("%q is not one printable line", text)
		}
	}
}

func TestNoEngine(t *testing.T) {
	none := env(t, nil)
	missing := "unix://" + filepath.Join(t.TempDir(), "none.sock")
	refusal(t, Options{Host: missing, Getenv: none}, "the socket does not exist", "Start it")

	// A socket file that nobody listens on, as a crash leaves it.
	dead := filepath.Join(t.TempDir(), "dead.sock")
	listener, err := net.Listen("unix", dead)
	if err != nil {
		t.Fatal(err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	listener.Close()
	refusal(t, Options{Host: "unix://" + dead, Getenv: none}, "nothing listens there", "Start it")

	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcp.Close()
	refusal(t, Options{Host: "tcp://" + tcp.Addr().String(), Getenv: none}, "nothing listens there", "came from --host")
}

func TestSocketWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may use every socket")
	}
	host := serve(t, newFake())
	path := strings.TrimPrefix(host, "unix://")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	refusal(t, Options{Host: host, Getenv: env(t, nil)}, "You may not use the engine's socket "+path, "sudo")
}

// The kernel's word is enough for the sentence, so root can test it too.
func TestPermissionSentenceNamesSocketAndGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "engine.sock")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var at address
	at.Host = "unix://" + path
	denied := &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", os.ErrPermission)}
	for _, gid := range []int{0, 54321} {
		if err := os.Chown(path, -1, gid); err != nil {
			t.Skipf("changing the group needs root: %v", err)
		}
		var refused *ConnectError
		if !errors.As(explainDial(at, denied), &refused) {
			t.Fatal("not a *ConnectError")
		}
		if !strings.Contains(refused.What, path) {
			t.Errorf("%q does not name the socket", refused.What)
		}
		namesGroup := strings.Contains(refused.What, "54321") && strings.Contains(refused.Next, "usermod -aG 54321")
		if namesGroup != (gid != 0) {
			t.Errorf("group %d: %q, %q", gid, refused.What, refused.Next)
		}
	}
}

func TestNotAnEngine(t *testing.T) {
	none := env(t, nil)
	web := serve(t, http.NotFoundHandler())
	refusal(t, Options{Host: web, Getenv: none}, "not a Docker Engine", "--host")

	hangup := filepath.Join(t.TempDir(), "hangup.sock")
	listener, err := net.Listen("unix", hangup)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	refusal(t, Options{Host: "unix://" + hangup, Getenv: none}, "not a Docker Engine", "--host")

	filtered := newFake()
	filtered.forbidden = []string{"/info"}
	refusal(t, Options{Host: serve(t, filtered), Getenv: none}, "refused by the proxy", "allow GET on")
}

func TestEnginesThatWillNotDo(t *testing.T) {
	for _, api := range []string{"1.24", "1.39", "1.40"} {
		old := newFake()
		old.api = api
		refusal(t, Options{Host: serve(t, old), Getenv: env(t, nil)}, "too old: it speaks API "+api, "20.10 or newer")
	}
	windows := newFake()
	windows.os = "windows"
	refusal(t, Options{Host: serve(t, windows), Getenv: env(t, nil)}, "runs Windows containers", "Linux containers")
}

func TestEngineThatDoesNotAnswer(t *testing.T) {
	release := make(chan struct{})
	host := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer close(release)
	refusal(t, Options{Host: host, Getenv: env(t, nil), Timeout: 50 * time.Millisecond}, "did not answer within 50ms", "stuck")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Connect(ctx, Options{Host: host, Getenv: env(t, nil)}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context gives %v", err)
	}
}

func TestTLS(t *testing.T) {
	server := tlsServer(t, nil)
	host := "tcp://" + server.Listener.Addr().String()
	certs := certDir(t, server)
	t.Run("no certificates", func(t *testing.T) {
		refusal(t, Options{Host: host, Getenv: env(t, nil)}, "speaks TLS, and no certificates were given", "DOCKER_CERT_PATH")
	})
	t.Run("unreadable certificates", func(t *testing.T) {
		vars := env(t, map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": filepath.Join(certs, "none")})
		refusal(t, Options{Host: host, Getenv: vars}, "certificates for the engine", "DOCKER_CERT_PATH")
	})
	t.Run("trusted authority", func(t *testing.T) {
		vars := env(t, map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs})
		e, err := Connect(t.Context(), Options{Host: host, Getenv: vars})
		if err != nil {
			t.Fatal(err)
		}
		e.Close()
	})
	t.Run("unknown authority", func(t *testing.T) {
		other := tlsServer(t, &tls.Config{Certificates: []tls.Certificate{selfSigned(t, "127.0.0.1")}})
		vars := env(t, map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs})
		refusal(t, Options{Host: "tcp://" + other.Listener.Addr().String(), Getenv: vars}, "an authority that is not trusted", "ca.pem")
	})
	t.Run("another name", func(t *testing.T) {
		_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
		vars := env(t, map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs})
		refusal(t, Options{Host: "tcp://localhost:" + port, Getenv: vars}, "for another name", "name")
	})
	t.Run("engine without TLS", func(t *testing.T) {
		plain := httptest.NewServer(newFake())
		defer plain.Close()
		vars := env(t, map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs})
		refusal(t, Options{Host: "tcp://" + plain.Listener.Addr().String(), Getenv: vars}, "does not speak TLS", "ssh://")
	})
	t.Run("refused client certificate", func(t *testing.T) {
		strict := tlsServer(t, &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert})
		vars := env(t, map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs})
		refusal(t, Options{Host: "tcp://" + strict.Listener.Addr().String(), Getenv: vars}, "refused the client's certificate", "cert.pem")
	})
}

func TestBadAddresses(t *testing.T) {
	none := env(t, nil)
	refusal(t, Options{Host: "ftp://x", Getenv: none}, "bulkhead knows unix", "unix:///var/run/docker.sock")
	refusal(t, Options{Host: "unix://", Getenv: none}, "cannot be used", "--host")
	refusal(t, Options{Host: "ssh://", Getenv: none}, "cannot be used", "--host")
	refusal(t, Options{Host: "gopher://\x1b[2J", Getenv: none}, "cannot be used", "unix:///")
}

func TestHostAndContextExcludeEachOther(t *testing.T) {
	_, err := Connect(t.Context(), Options{Host: "unix:///x", Context: "y", Getenv: env(t, nil)})
	var usage *UsageError
	if !errors.As(err, &usage) {
		t.Errorf("the error is %T (%v), not a *UsageError", err, err)
	}
}

// contextHome is a home directory with the contexts and the configuration.
func contextHome(t *testing.T, current string, contexts map[string]string) string {
	t.Helper()
	home := t.TempDir()
	dir := filepath.Join(home, ".docker")
	s := store.New(filepath.Join(dir, "contexts"), store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(docker.DockerEndpoint, func() any { return &docker.EndpointMeta{} })))
	for name, host := range contexts {
		err := s.CreateOrUpdate(store.Metadata{Name: name, Metadata: map[string]any{},
			Endpoints: map[string]any{docker.DockerEndpoint: docker.EndpointMeta{Host: host}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	config := `{"currentContext":"` + current + `"}`
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return home
}

func TestWhichEngine(t *testing.T) {
	home := contextHome(t, "configured", map[string]string{
		"configured": "unix:///configured.sock", "other": "tcp://other:2376", "far": "ssh://me@far",
	})
	none := t.TempDir()
	tests := []struct {
		name    string
		options Options
		env     map[string]string
		host    string
		context string
	}{
		{"default", Options{}, map[string]string{"HOME": none}, "unix:///var/run/docker.sock", "default"},
		{"current context", Options{}, nil, "unix:///configured.sock", "configured"},
		{"DOCKER_CONTEXT before current context", Options{}, map[string]string{"DOCKER_CONTEXT": "other"}, "tcp://other:2376", "other"},
		{"DOCKER_HOST before DOCKER_CONTEXT", Options{}, map[string]string{"DOCKER_CONTEXT": "other", "DOCKER_HOST": "tcp://h:1"}, "tcp://h:1", "default"},
		{"--context before DOCKER_HOST", Options{Context: "far"}, map[string]string{"DOCKER_HOST": "tcp://h:1"}, "ssh://me@far", "far"},
		{"--host before everything", Options{Host: "tcp://a:2"}, map[string]string{"DOCKER_CONTEXT": "other", "DOCKER_HOST": "tcp://h:1"}, "tcp://a:2", "default"},
		{"--host without a scheme", Options{Host: "a:2375"}, nil, "tcp://a:2375", "default"},
		{"the context named default", Options{Context: "default"}, nil, "unix:///var/run/docker.sock", "default"},
		{"DOCKER_CONFIG", Options{}, map[string]string{"HOME": none, "DOCKER_CONFIG": filepath.Join(home, ".docker")}, "unix:///configured.sock", "configured"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			vars := map[string]string{"HOME": home}
			for k, v := range tt.env {
				vars[k] = v
			}
			tt.options.Getenv = func(name string) string { return vars[name] }
			at, err := resolve(tt.options)
			if err != nil {
				t.Fatal(err)
			}
			if at.Host != tt.host || at.Context != tt.context {
				t.Errorf("%s in context %s, want %s in %s", at.Host, at.Context, tt.host, tt.context)
			}
		})
	}
}

func TestUnknownContext(t *testing.T) {
	home := contextHome(t, "", map[string]string{"production": "tcp://p:1", "staging": "tcp://s:1"})
	refusal(t, Options{Context: "prodution", Getenv: env(t, map[string]string{"HOME": home})},
		`no docker context "prodution" (--context)`, `Did you mean "production"?`)
	refusal(t, Options{Context: "zzzz", Getenv: env(t, map[string]string{"HOME": home})},
		"no docker context", "docker context ls")
	refusal(t, Options{Context: "../../etc", Getenv: env(t, map[string]string{"HOME": home})},
		"no docker context", "docker context ls")
}

func TestBrokenConfiguration(t *testing.T) {
	home := contextHome(t, "", nil)
	file := filepath.Join(home, ".docker", "config.json")
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	refusal(t, Options{Getenv: env(t, map[string]string{"HOME": home})}, file, "Mend the file")
}

func TestContextCarriesCertificates(t *testing.T) {
	server := tlsServer(t, nil)
	home := contextHome(t, "", map[string]string{"secure": "tcp://" + server.Listener.Addr().String()})
	s := store.New(filepath.Join(home, ".docker", "contexts"), store.NewConfig(func() any { return nil }))
	data := dockercontext.TLSData{CA: pemOf(server)}
	if err := s.ResetEndpointTLSMaterial("secure", docker.DockerEndpoint, data.ToStoreTLSData()); err != nil {
		t.Fatal(err)
	}
	e, err := Connect(t.Context(), Options{Context: "secure", Getenv: env(t, map[string]string{"HOME": home})})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Host.Context != "secure" {
		t.Errorf("the context is %q", e.Host.Context)
	}
}

func TestHost(t *testing.T) {
	fake := newFake()
	fake.info = system.Info{
		Name: "box", ServerVersion: "dev", OSType: "linux", Architecture: "x86_64", KernelVersion: "6.1.0",
		CgroupVersion: "2", Driver: "overlay2", DefaultRuntime: "runc", DockerRootDir: "/srv/docker.d/100000.200000",
		SecurityOptions: []string{"name=apparmor", "name=seccomp,profile=builtin", "name=rootless", "name=userns", "name=no-new-privileges", "name=selinux"},
	}
	e := connectFake(t, fake)
	want := inspect.Host{
		Endpoint: e.Host.Endpoint, Context: "default", Name: "box", Version: "dev", APIVersion: "1.41",
		OS: "linux", Arch: "x86_64", Kernel: "6.1.0", CgroupVersion: "2", StorageDriver: "overlay2", DefaultRuntime: "runc",
		Rootless: true, UsernsRemap: true, Remap: inspect.Remap{UID: 100000, GID: 200000}, Seccomp: true, SeccompProfile: "builtin", NoNewPrivileges: true,
		AppArmor: true, SELinux: true,
	}
	if diff := cmp.Diff(want, e.Host); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLocalNeedsTheSameKernelAndName(t *testing.T) {
	kernel, name := kernelRelease(), hostname()
	if kernel == "" {
		t.Skip("containers do not run on this system's kernel")
	}
	for _, tt := range []struct {
		why, at string
		host    inspect.Host
		want    bool
	}{
		{"this machine", "unix:///var/run/docker.sock", inspect.Host{OS: "linux", Kernel: kernel, Name: name}, true},
		{"a virtual machine behind the socket", "unix:///home/me/.docker/desktop/docker.sock", inspect.Host{OS: "linux", Kernel: "6.6.1-linuxkit", Name: "docker-desktop"}, false},
		{"a tunnel to a twin", "unix:///tmp/tunnel.sock", inspect.Host{OS: "linux", Kernel: kernel, Name: name + "2"}, false},
		{"tcp", "tcp://127.0.0.1:2375", inspect.Host{OS: "linux", Kernel: kernel, Name: name}, false},
		{"an engine that says nothing", "unix:///var/run/docker.sock", inspect.Host{OS: "linux"}, false},
	} {
		var at address
		at.Host = tt.at
		if got := local(at, tt.host); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.why, got, tt.want)
		}
	}
}

// tlsServer is a fake engine behind TLS; its complaints about handshakes are
// what these tests are after, so they are not logged.
func tlsServer(t *testing.T, config *tls.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(newFake())
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// certDir holds the server's authority and a client certificate.
func certDir(t *testing.T, server *httptest.Server) string {
	t.Helper()
	dir := t.TempDir()
	cert, key := pemPair(t, selfSigned(t, "client"))
	for name, data := range map[string][]byte{"ca.pem": pemOf(server), "cert.pem": cert, "key.pem": key} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func pemOf(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}
