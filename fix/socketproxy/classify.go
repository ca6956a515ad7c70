package socketproxy

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// The endpoints of requests that the engine has no route for. What such a path
// says is not kept: it could be anything.
const (
	// UnknownEndpoint is a path that no known engine answers.
	UnknownEndpoint = "(unknown)"
	// UncleanEndpoint is a path with empty elements, "." or "..", which the
	// engine answers with a redirect to the clean one (gorilla/mux, Router.SkipClean).
	UncleanEndpoint = "(not a clean path)"
)

// Endpoint is where a request leads: a method and a path without the names and
// IDs in it.
type Endpoint struct {
	// Method is GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, or OTHER.
	Method string
	// Path is like "/containers/{id}/json", without the API's version, or one of
	// the two endpoints in brackets.
	Path   string
	Nature Nature
	Grade  Grade
	// Why says what the grade or the nature means, a sentence; "" where there is
	// nothing to say.
	Why string
}

// String is the method and the path.
func (e Endpoint) String() string { return e.Method + " " + e.Path }

// methods are those by which calls are told apart.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// Classify says where the engine would route a request. decoded is the path
// after percent-decoding, once, as net/http has it in URL.Path: the engine
// matches that, and so does Classify, with the engine's own patterns in the
// engine's own order. HEAD is what GET would be where the engine has no HEAD of
// its own, which it answers with 404.
func Classify(method, decoded string) Endpoint {
	if !slices.Contains(methods, method) {
		method = "OTHER"
	}
	if clean(decoded) != decoded {
		return Endpoint{Method: method, Path: UncleanEndpoint}
	}
	for _, as := range []string{method, "GET"} {
		for _, r := range compiled {
			if r.method == as && r.pattern.MatchString(decoded) {
				return Endpoint{Method: method, Path: r.template, Nature: r.nature, Grade: r.grade, Why: r.why}
			}
		}
		if method != "HEAD" {
			break
		}
	}
	return Endpoint{Method: method, Path: UnknownEndpoint}
}

// clean is the path as gorilla/mux cleans it: a slash at the end stays.
func clean(p string) string {
	if p == "" || p[0] != '/' {
		p = "/" + p
	}
	c := path.Clean(p)
	if strings.HasSuffix(p, "/") && c != "/" {
		c += "/"
	}
	return c
}

type compiledRoute struct {
	route
	// template is the path for people: {id} whatever it matches.
	template string
	pattern  *regexp.Regexp
}

// variable is one {name} or {name:pattern} of a route.
var variable = regexp.MustCompile(`\{(\w+)(?::([^}]+))?\}`)

var compiled = compile(routes)

// compile makes the patterns that gorilla/mux makes of the paths, each with and
// without the version (moby api/server/server.go, versionMatcher).
func compile(routes []route) []compiledRoute {
	var out []compiledRoute
	for _, r := range routes {
		c := compiledRoute{route: r, template: variable.ReplaceAllString(r.path, "{$1}")}
		c.pattern = regexp.MustCompile(`^(?:/v[0-9.]+)?` + expression(r.path, func(pattern string) string {
			if pattern == "" {
				return "[^/]+"
			}
			return pattern
		}) + `$`)
		out = append(out, c)
	}
	return out
}

// expression is the path as a regular expression, with each variable replaced
// by what is made of its pattern.
func expression(p string, of func(pattern string) string) string {
	var b strings.Builder
	at := 0
	for _, m := range variable.FindAllStringSubmatchIndex(p, -1) {
		b.WriteString(regexp.QuoteMeta(p[at:m[0]]))
		pattern := ""
		if m[4] >= 0 {
			pattern = p[m[4]:m[5]]
		}
		b.WriteString("(?:" + of(pattern) + ")")
		at = m[1]
	}
	return b.String() + regexp.QuoteMeta(p[at:])
}

// Endpoints are all that are known, in the engine's order.
func Endpoints() []Endpoint {
	var out []Endpoint
	for _, r := range compiled {
		out = append(out, Endpoint{Method: r.method, Path: r.template, Nature: r.nature, Grade: r.grade, Why: r.why})
	}
	return out
}

// Named finds an endpoint as a person writes it: "POST /containers/{id}/stop".
// Whatever stands in braces is taken for a variable.
func Named(text string) (Endpoint, bool) {
	method, p, ok := strings.Cut(strings.TrimSpace(text), " ")
	if !ok {
		return Endpoint{}, false
	}
	method, p = strings.ToUpper(method), loose(strings.TrimSpace(p))
	for _, e := range Endpoints() {
		if loose(e.Path) == p && (e.Method == method || method == "HEAD" && e.Method == "GET") {
			e.Method = method
			return e, true
		}
	}
	return Endpoint{}, false
}

var braces = regexp.MustCompile(`\{[^}]*\}`)

// loose is a template whose variables have no names.
func loose(template string) string { return braces.ReplaceAllString(template, "{}") }
