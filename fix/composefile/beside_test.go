package composefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix"
	"bulkhead/fix/socketproxy"
	"bulkhead/inspect"
)

// besideRequest points the service web of the content at a proxy.
func besideRequest(t testing.TB, content string, d socketproxy.Dialect) Request {
	t.Helper()
	path := filepath.Join(t.TempDir(), "compose.yaml")
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	var r socketproxy.Recording
	for _, call := range []string{"HEAD /_ping", "GET /containers/json", "GET /events"} {
		e, _ := socketproxy.Named(call)
		r.Add(e, false)
	}
	site := socketproxy.Site{Name: "web-socket-proxy", Client: "web", Socket: "/var/run/docker.sock", Group: 998}
	return Request{
		Path: path, Content: []byte(content), Service: "web", ProjectName: "shop",
		Plan:   fix.NewPlan(inspect.Change{Dial: inspect.DialRemoveMount, Path: "/var/run/docker.sock"}),
		Beside: &Beside{Proxy: socketproxy.Write(d, r.Calls, site), Network: "web-socket", Variable: "DOCKER_HOST"},
	}
}

// golden compares with a file of testdata/beside.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "beside", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestBesideGolden(t *testing.T) {
	for name, dialect := range map[string]socketproxy.Dialect{
		"plain": socketproxy.Wollomatic, "tecnativa": socketproxy.Tecnativa, "lists": socketproxy.Wollomatic,
		"mappings": socketproxy.Wollomatic, "only_service_last": socketproxy.Wollomatic, "shared_mount": socketproxy.Wollomatic, "json": socketproxy.Tecnativa,
	} {
		t.Run(name, func(t *testing.T) {
			before, err := os.ReadFile(filepath.Join("testdata", "beside", name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			edited, err := Edit(t.Context(), besideRequest(t, string(before), dialect))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".after.yaml", edited.Content)
		})
	}
}

func TestBesideIsRefused(t *testing.T) {
	const mount = "\n    volumes: [/var/run/docker.sock:/var/run/docker.sock]\n"
	for name, c := range map[string]struct{ content, want string }{
		"the service's name is taken": {"services:\n  web:\n    image: x" + mount + "  web-socket-proxy: {image: y}\n", "has a service web-socket-proxy already"},
		"the network's name is taken": {"services:\n  web:\n    image: x" + mount + "networks: {web-socket: {}}\n", "has a network web-socket already"},
		"no network of its own":       {"services:\n  web:\n    image: x\n    network_mode: host" + mount, "network_mode is host"},
		"through a merge key":         {"x-env: &env\n  environment: {A: b}\nservices:\n  web:\n    <<: *env\n    image: x" + mount, "environment comes through a merge key"},
		"an anchor":                   {"services:\n  web:\n    image: x\n    environment: &e {A: b}" + mount + "  other: {image: y, environment: *e}\n", "anchor"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Edit(t.Context(), besideRequest(t, c.content, socketproxy.Wollomatic))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestBesideInAnOverride(t *testing.T) {
	const base = `x-env: &env
  environment:
    - A=b
services:
  web:
    <<: *env
    image: x
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock:ro
      - data:/data
  db:
    image: y
volumes:
  data:
`
	r := besideRequest(t, base, socketproxy.Wollomatic)
	r.Files, r.Path, r.Content = []string{r.Path}, filepath.Join(filepath.Dir(r.Path), "compose.override.yaml"), nil
	r.Override, r.Tags = true, true
	edited, err := Edit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "override.yaml", edited.Content)
	// One that is there keeps what it says.
	r.Content = []byte("services:\n  db:\n    image: z\n")
	if err := os.WriteFile(r.Path, r.Content, 0o644); err != nil {
		t.Fatal(err)
	}
	edited, err = Edit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(edited.Content); !strings.HasPrefix(text, string(r.Content)) || !strings.Contains(text, "web-socket-proxy:\n") {
		t.Errorf("the override becomes\n%s", text)
	}
	r.Tags = false
	if _, err := Edit(t.Context(), r); err == nil || !strings.Contains(err.Error(), "cannot do for the Compose program in use") {
		t.Errorf("without tags: %v", err)
	}
}

// What is read back is compared with the proxy that was asked for: a file that
// says more of it is refused.
func TestBesideHoldsTheProxyToWhatWasAsked(t *testing.T) {
	const base = "services:\n  web:\n    image: x\n    volumes: [/var/run/docker.sock:/var/run/docker.sock]\n"
	r := besideRequest(t, base, socketproxy.Wollomatic)
	edited, err := Edit(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"another image":    {"wollomatic/socket-proxy:1", "evil/socket-proxy:1"},
		"another rule":     {"-allowHEAD=", "-allowPOST="},
		"a published port": {"restart: unless-stopped", "restart: unless-stopped\n    ports: ['2375:2375']"},
		"a way out":        {"internal: true", "internal: false"},
		"another host":     {"tcp://web-socket-proxy:2375", "tcp://elsewhere:2375"},
		"write mount":      {"docker.sock:ro", "docker.sock"},
	} {
		text := strings.Replace(string(edited.Content), change[0], change[1], 1)
		if text == string(edited.Content) {
			t.Fatalf("%s: %q does not stand in\n%s", name, change[0], text)
		}
		p, err := r.load(t.Context(), []string{r.Path}, map[string][]byte{r.Path: []byte(text)})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if (verifier{request: r}).hasBeside(p) {
			t.Errorf("%s is taken for what was asked:\n%s", name, text)
		}
	}
}
