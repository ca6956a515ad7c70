package socketproxy

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var site = Site{Name: "web-socket-proxy", Client: "web", Socket: "/var/run/docker.sock", Group: 998}

func calls(texts ...string) []Call {
	var r Recording
	for _, text := range texts {
		e, ok := Named(text)
		if !ok {
			panic(text)
		}
		r.Add(e, false)
	}
	return r.Calls
}

var dashboard = calls("HEAD /_ping", "GET /version", "GET /containers/json", "GET /containers/{id}/json", "GET /events")

// paths are ways to write what leads to an endpoint.
func paths(template string) []string {
	var out []string
	for _, id := range []string{"x1", "0123456789abcdef", "my_web-1.app"} {
		for _, prefix := range []string{"", "/v1.24", "/v1.41"} {
			out = append(out, prefix+braces.ReplaceAllString(template, id))
		}
	}
	return out
}

func TestWollomaticAdmitsJustTheCalls(t *testing.T) {
	p := Write(Wollomatic, dashboard, site)
	allows := p.Rules()
	want := []string{
		"-loglevel=info", "-listenip=0.0.0.0", "-allowfrom=web",
		`-allowGET=(?:/v1[.][0-9]{1,3})?(?:/containers/(?:[a-zA-Z0-9][a-zA-Z0-9_.:@-]*)/json|/containers/json|/events|/version)`,
		`-allowHEAD=(?:/v1[.][0-9]{1,3})?(?:/_ping)`,
		"-watchdoginterval=300", "-stoponwatchdog", "-shutdowngracetime=5",
	}
	if diff := cmp.Diff(want, p.Command); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
	if p.User != "65534:998" || len(p.Beyond) > 0 || len(p.Notes) > 0 {
		t.Errorf("user %s, beyond %v, notes %q", p.User, p.Beyond, p.Notes)
	}
	for _, e := range Endpoints() {
		seen := slices.ContainsFunc(dashboard, func(c Call) bool { return c.String() == e.String() })
		for _, at := range paths(e.Path) {
			if got := allows(e.Method, at); got != seen {
				t.Errorf("%s %s is let through: %v", e.Method, at, got)
			}
		}
	}
	for _, at := range []string{
		"/containers/json/", "/containers/json\n", "x/containers/json", "/containers/json?all=1", "/containers/../json", "/containers/a/b/json",
		"//containers/json", "/v2.41/containers/json", "/v1.41/v1.41/containers/json", "/containers/x/json/../../create", "/events/x", "/versionx",
	} {
		if allows("GET", at) {
			t.Errorf("GET %q is let through", at)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		if allows(method, "/containers/json") {
			t.Errorf("%s is let through", method)
		}
	}
}

// Whatever a pattern admits is classified as one of the calls it was made of.
func TestWollomaticPatternsAdmitOnlyTheirEndpoints(t *testing.T) {
	for _, e := range Endpoints() {
		if e.Path == "/{any}" || e.Path == "/debug/{any}" {
			continue
		}
		allows := Write(Wollomatic, calls(e.String()), site).Rules()
		for _, other := range Endpoints() {
			for _, at := range append(paths(other.Path), paths(strings.ReplaceAll(other.Path, "{id}", "team/{id}"))...) {
				if allows(e.Method, at) && Classify(e.Method, at).String() != e.String() {
					t.Errorf("the pattern for %s admits %s, which is %s", e, at, Classify(e.Method, at))
				}
			}
		}
		if !allows(e.Method, "/v1.41"+sample(e.Path)) {
			t.Errorf("the pattern for %s does not admit it", e)
		}
	}
	images := Write(Wollomatic, calls("GET /images/{id}/json"), site)
	if !images.Rules()("GET", "/v1.41/images/registry.example:5000/team/app@sha256:0a/json") {
		t.Error("an image with a registry is not admitted")
	}
}

func TestPatternsCompileAsTheProxyWrapsThem(t *testing.T) {
	var all []string
	for _, e := range Endpoints() {
		all = append(all, e.String())
	}
	for _, arg := range Write(Wollomatic, calls(all...), site).Command {
		if _, pattern, ok := strings.Cut(arg, "="); ok && regexp.MustCompile(`^-allow[A-Z]`).MatchString(arg) {
			if _, err := regexp.Compile("^" + pattern + "$"); err != nil {
				t.Errorf("%s: %v", arg, err)
			}
		}
	}
}

func environment(p Proxy) string {
	var out []string
	for _, v := range p.Environment {
		out = append(out, v.Name+"="+v.Value)
	}
	return strings.Join(out, " ")
}

func TestTecnativa(t *testing.T) {
	for name, c := range map[string]struct {
		calls       []Call
		environment string
		// allowed and refused are further requests; note is part of one.
		allowed, refused []string
		note             string
	}{
		"reads only": {
			calls:       dashboard,
			environment: "CONTAINERS=1 EVENTS=1 PING=1 POST=0 VERSION=1",
			allowed:     []string{"GET /v1.41/containers/x/logs", "GET /containers/x/export"},
			refused:     []string{"POST /containers/create", "GET /images/json", "DELETE /containers/x", "OPTIONS /version"},
			note:        "also lets through GET /containers/{id}/checkpoints, HEAD /containers/{id}/archive, GET /containers/{id}/export",
		},
		"what is on by default is closed": {
			calls: calls("GET /info"), environment: "EVENTS=0 INFO=1 PING=0 POST=0 VERSION=0",
			refused: []string{"GET /_ping", "GET /events", "GET /version"},
		},
		"one action alone": {
			calls: calls("POST /containers/{id}/start"), environment: "ALLOW_START=1 EVENTS=0 PING=0 POST=1 VERSION=0",
			refused: []string{"POST /containers/create", "POST /containers/x/stop", "GET /containers/json"},
		},
		"restart brings stop and kill": {
			calls: calls("POST /containers/{id}/restart"), environment: "ALLOW_RESTARTS=1 EVENTS=0 PING=0 POST=1 VERSION=0",
			allowed: []string{"POST /containers/x/kill", "POST /containers/x/stop"}, refused: []string{"POST /containers/create"},
			note: "POST /containers/{id}/kill, POST /containers/{id}/stop",
		},
		"an action beside reads opens create": {
			calls: calls("GET /containers/json", "POST /containers/{id}/restart"), environment: "CONTAINERS=1 EVENTS=0 PING=0 POST=1 VERSION=0",
			allowed: []string{"POST /containers/create", "DELETE /containers/x"},
			note:    "amount to root on the host: POST /containers/create",
		},
		"the later rule book's switches": {
			calls:       calls("GET /containers/{id}/logs", "DELETE /containers/{id}", "POST /containers/{id}/exec"),
			environment: "ALLOW_EXEC=1 ALLOW_LOGS=1 CONTAINERS=1 DELETE=1 EVENTS=0 PING=0 POST=1 VERSION=0",
		},
		"OPTIONS stays closed": {
			calls: calls("OPTIONS /{any}", "GET /version"), environment: "EVENTS=0 PING=0 POST=0 VERSION=1",
			refused: []string{"OPTIONS /version"}, note: "OPTIONS through only together with POST",
		},
		"no switch": {
			calls: calls("GET /debug/{any}"), environment: "EVENTS=0 PING=0 POST=0 VERSION=0",
			refused: []string{"GET /debug/vars"}, note: "no switch for GET /debug/{any}",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := Write(Tecnativa, c.calls, site)
			allows := p.Rules()
			if diff := cmp.Diff(c.environment, environment(p)); diff != "" {
				t.Errorf("environment (-want +got):\n%s", diff)
			}
			for _, call := range c.calls {
				if call.Method != "OPTIONS" && call.Endpoint != "/debug/{any}" && !allows(call.Method, "/v1.41"+sample(call.Endpoint)) {
					t.Errorf("%s was seen and is not let through", call)
				}
			}
			for _, want := range []bool{true, false} {
				requests := c.refused
				if want {
					requests = c.allowed
				}
				for _, r := range requests {
					method, path, _ := strings.Cut(r, " ")
					if got := allows(method, path); got != want {
						t.Errorf("%s is let through: %v", r, got)
					}
				}
			}
			if notes := strings.Join(p.Notes, "\n"); !strings.Contains(notes, c.note) {
				t.Errorf("notes are\n%s\nwant %q in them", notes, c.note)
			}
		})
	}
}

func TestBeyondIsWhatTheRulesAdmit(t *testing.T) {
	p := Write(Tecnativa, dashboard, site)
	allows := p.Rules()
	for _, e := range Endpoints() {
		asked := slices.ContainsFunc(dashboard, func(c Call) bool { return c.String() == e.String() })
		if got := slices.Contains(p.Beyond, e); got != (allows(e.Method, sample(e.Path)) && !asked) {
			t.Errorf("%s is beyond: %v", e, got)
		}
	}
}

func TestUnknownCallsAreLeftOutAndSaid(t *testing.T) {
	seen := append(calls("GET /version"), Call{Method: "GET", Endpoint: UnknownEndpoint, Count: 3, Refused: 3})
	p := Write(Wollomatic, seen, Site{Name: "p", Client: "web", Group: -1})
	if len(p.Allowed) != 1 || !strings.Contains(strings.Join(p.Notes, "\n"), "1 recorded call leads to a path that no known engine has") {
		t.Errorf("allowed %v, notes %q", p.Allowed, p.Notes)
	}
	if p.User != "0:0" {
		t.Errorf("without a known group it runs as %s", p.User)
	}
}

func TestMerge(t *testing.T) {
	var a, b Recording
	restart, _ := Named("POST /containers/{id}/restart")
	version, _ := Named("GET /version")
	a.Add(restart, true)
	a.Add(restart, false)
	b.Add(version, false)
	b.Add(restart, true)
	want := []Call{{"POST", "/containers/{id}/restart", 3, 2}, {"GET", "/version", 1, 0}}
	if diff := cmp.Diff(want, Merge(a, b).Calls); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Merge(a, b), Merge(b, a)); diff != "" {
		t.Errorf("the order matters:\n%s", diff)
	}
	if a.Calls[0].Count != 2 {
		t.Error("merging changed what was merged")
	}
}
