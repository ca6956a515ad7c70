package socketproxy

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// decoded is the path that net/http gives a server for a request's target.
func decoded(t testing.TB, target string) string {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		method, target, want string
		nature               Nature
		grade                Grade
	}{
		{"GET", "/_ping", "GET /_ping", Reads, Plain},
		{"HEAD", "/_ping", "HEAD /_ping", Reads, Plain},
		{"GET", "/v1.41/containers/json?all=1", "GET /containers/json", Reads, Exposes},
		{"GET", "/containers/web/json", "GET /containers/{id}/json", Reads, Exposes},
		{"HEAD", "/containers/web/json", "HEAD /containers/{id}/json", Reads, Exposes},
		{"HEAD", "/containers/web/archive", "HEAD /containers/{id}/archive", Discloses, Exposes},
		{"GET", "/containers/web/archive?path=/etc/shadow", "GET /containers/{id}/archive", Discloses, Exposes},
		{"GET", "/images/registry:5000/team/app@sha256:00/json", "GET /images/{id}/json", Reads, Exposes},
		{"GET", "/images/search?term=x", "GET /images/search", Discloses, Plain},
		{"GET", "/containers/web/attach/ws", "GET /containers/{id}/attach/ws", Hijacks, Controls},
		{"POST", "/exec/abc/start", "POST /exec/{id}/start", Hijacks, Root},
		{"POST", "/session", "POST /session", Hijacks, Controls},
		{"POST", "/v1.41/containers/create", "POST /containers/create", Changes, Root},
		{"DELETE", "/containers/web/checkpoints/one", "DELETE /containers/{id}/checkpoints/{checkpoint}", Changes, Controls},
		{"DELETE", "/containers/web", "DELETE /containers/{id}", Changes, Controls},
		{"OPTIONS", "/containers/create", "OPTIONS /{any}", Reads, Plain},
		{"GET", "/networks/", "GET /networks/", Reads, Plain},

		// Encoded once is what the engine decodes once.
		{"GET", "/%63ontainers/json", "GET /containers/json", Reads, Exposes},
		{"POST", "/v1.41/%63ontainers/cre%61te", "POST /containers/create", Changes, Root},
		{"GET", "/%2563ontainers/json", "GET (unknown)", Unknown, Plain},
		{"GET", "/containers/a%2Fb/json", "GET /containers/{id}/json", Reads, Exposes},
		{"GET", "/containers/x%0A/json", "GET (unknown)", Unknown, Plain},
		// A name may look like another endpoint; the end decides.
		{"GET", "/containers/x/archive/json", "GET /containers/{id}/json", Reads, Exposes},
		{"GET", "/containers/json/archive", "GET /containers/{id}/archive", Discloses, Exposes},

		// What the engine redirects to its clean form, it does not carry out.
		{"GET", "//containers/json", "GET (not a clean path)", Unknown, Plain},
		{"GET", "/v1.41/../containers/json", "GET (not a clean path)", Unknown, Plain},
		{"POST", "/containers/json/../create", "POST (not a clean path)", Unknown, Plain},
		{"GET", "/containers/%2e%2e/json", "GET (not a clean path)", Unknown, Plain},
		{"GET", "/./_ping", "GET (not a clean path)", Unknown, Plain},

		{"GET", "/containers/json/", "GET (unknown)", Unknown, Plain},
		{"GET", "/_PING", "GET (unknown)", Unknown, Plain},
		{"GET", "/v1.41/v1.41/_ping", "GET (unknown)", Unknown, Plain},
		{"GET", "/vx/_ping", "GET (unknown)", Unknown, Plain},
		{"GET", "/containers/create", "GET (unknown)", Unknown, Plain},
		{"get", "/_ping", "OTHER (unknown)", Unknown, Plain},
		{"PROPFIND", "/_ping", "OTHER (unknown)", Unknown, Plain},
	} {
		got := Classify(c.method, decoded(t, c.target))
		if got.String() != c.want || got.Nature != c.nature || got.Grade != c.grade {
			t.Errorf("%s %s is %s (nature %d, grade %q), want %s (%d, %q)", c.method, c.target, got, got.Nature, got.Grade, c.want, c.nature, c.grade)
		}
	}
}

func TestEveryEndpointIsReachedAndNamed(t *testing.T) {
	for _, e := range Endpoints() {
		for _, prefix := range []string{"", "/v1.41", "/v1.51"} {
			if got := Classify(e.Method, prefix+sample(e.Path)); got.String() != e.String() {
				t.Errorf("%s %s%s is classified as %s", e.Method, prefix, sample(e.Path), got)
			}
		}
		named, ok := Named(e.String())
		if !ok || named != e {
			t.Errorf("%s is named as %+v, %v", e, named, ok)
		}
		if e.Grade != Plain && e.Why == "" {
			t.Errorf("%s is graded %s without a reason", e, e.Grade)
		}
		if e.Grade == Root && e.Nature == Reads {
			t.Errorf("%s amounts to root and would be passed on", e)
		}
	}
}

func TestWhatAmountsToRoot(t *testing.T) {
	var got []string
	for _, e := range Endpoints() {
		if e.Grade == Root {
			got = append(got, e.String())
		}
	}
	want := []string{
		"POST /containers/create", "POST /containers/{id}/exec", "POST /exec/{id}/start", "PUT /containers/{id}/archive",
		"POST /volumes/create", "POST /swarm/init", "POST /swarm/join", "POST /services/create", "POST /services/{id}/update",
		"POST /plugins/{id}/enable", "POST /plugins/pull", "POST /plugins/{id}/upgrade", "POST /plugins/{id}/set", "POST /plugins/create",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("root (-want +got):\n%s", diff)
	}
}

func TestPolicy(t *testing.T) {
	if _, err := NewPolicy([]string{"POST /containers/{name}/restart", "post /containers/{id}/restart"}); err != nil {
		t.Error(err)
	}
	for _, refused := range []string{
		"POST /containers/create", "POST /containers/{id}/exec", "PUT /containers/{id}/archive", "GET /containers/{id}/attach/ws",
		"POST /session", "POST /containers/abc/restart", "all", "", "POST (unknown)",
	} {
		if p, err := NewPolicy([]string{refused}); err == nil {
			t.Errorf("%q is let through: %v", refused, p)
		}
	}
	p := Policy{LetThrough: []string{"POST /containers/{id}/restart", "POST /containers/create", "GET (unknown)"}}
	for target, want := range map[string]bool{
		"GET /info": true, "HEAD /_ping": true, "GET /containers/x/logs": true, "POST /containers/x/restart": true,
		"POST /containers/x/stop": false, "POST /containers/create": false, "GET /nowhere": false, "GET /containers/x/export": false,
		"GET /swarm": false, "GET /configs": false, "GET /secrets": false, "GET /images/search": false, "GET /images/x/get": false,
	} {
		method, path, _ := strings.Cut(target, " ")
		if got := p.Passes(Classify(method, path)); got != want {
			t.Errorf("%s passes: %v, want %v", target, got, want)
		}
	}
}

// FuzzClassify holds the classifier to what keeps the engine safe: a request is
// passed on only where the engine, which reads what the proxy writes anew, would
// come to the same endpoint.
func FuzzClassify(f *testing.F) {
	for _, target := range []string{"/_ping", "/v1.41/containers/json", "/containers/%2e%2e/json", "//x", "/containers/a%2Fb%3Fc/json", "/%2563", "/images/a/b:c@d/json", "*"} {
		f.Add("GET", target)
	}
	f.Fuzz(func(t *testing.T, method, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		e := Classify(method, u.Path)
		if strings.ContainsAny(e.String(), "\n\r\x1b") {
			t.Errorf("%q is kept as %q", target, e)
		}
		var r Recording
		r.Add(e, false)
		if e.Nature == Unknown {
			return
		}
		if clean(u.Path) != u.Path {
			t.Errorf("%q has an unclean path and is %s", u.Path, e)
		}
		again := (&url.URL{Path: u.Path}).RequestURI()
		var got Endpoint
		server := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = Classify(r.Method, r.URL.Path) })
		request, err := http.NewRequest(e.Method, "http://engine"+again, nil)
		if err != nil {
			t.Fatalf("%q cannot be written anew: %v", again, err)
		}
		server.ServeHTTP(httptest.NewRecorder(), request)
		if got != e {
			t.Errorf("%s %q is %s, written anew as %q it is %s", method, target, e, again, got)
		}
	})
}
