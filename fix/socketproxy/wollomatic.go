package socketproxy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What is written here follows the README of github.com/wollomatic/socket-proxy
// (1.12, "Allowing access" and "All parameters and environment variables") and
// its cmd/socket-proxy/handlehttprequest.go: a request passes where its method
// has a pattern that matches all of the decoded path.

const wollomaticImage = "wollomatic/socket-proxy:1"

// name matches what the engine takes for a name or an ID: no element of it is
// "." or "..", and nothing in it is a slash.
const name = `[a-zA-Z0-9][a-zA-Z0-9_.:@-]*`

// version matches the API's version before a path, which clients agree on with
// the engine. Not ours to fix: an upgrade of either changes it.
const version = `(?:/v1[.][0-9]{1,3})?`

// manyNamed are the sections whose names may hold slashes: images and plugins.
var manyNamed = regexp.MustCompile(`^/(?:images|distribution|plugins)/`)

func (p *Proxy) wollomatic() {
	p.Image = wollomaticImage
	p.User = "0:0"
	if p.Group >= 0 {
		// The image's own user with the group that owns the socket.
		p.User = fmt.Sprintf("65534:%d", p.Group)
	} else {
		p.note("Which group owns the engine's socket is not known, so that the proxy runs as root without any capability. With that group's number, user: \"65534:GROUP\" is better.")
	}
	p.Command = []string{
		"-loglevel=info",
		"-listenip=0.0.0.0",
		// Hostnames are looked up at each request, on the network of the two.
		"-allowfrom=" + p.Client,
	}
	for _, method := range methods {
		if pattern := p.pattern(method); pattern != "" {
			p.Command = append(p.Command, "-allow"+method+"="+pattern)
		}
	}
	// A socket that the engine made anew is noticed only by looking.
	p.Command = append(p.Command, "-watchdoginterval=300", "-stoponwatchdog", "-shutdowngracetime=5")
}

// Rows are the arguments that say which calls are let through, in wollomatic's
// dialect.
func (p Proxy) Rows() []string {
	return slices.DeleteFunc(slices.Clone(p.Command), func(arg string) bool {
		return !slices.ContainsFunc(methods, func(m string) bool { return strings.HasPrefix(arg, "-allow"+m+"=") })
	})
}

// pattern is the regular expression of a method, "" where it has no call. The
// proxy puts ^ and $ around it (internal/config/config.go, compileRegexp), which
// in ^a|b$ hold only the ends: the group holds all of it.
func (p Proxy) pattern(method string) string {
	var paths []string
	for _, c := range p.Allowed {
		if c.Method == method {
			paths = append(paths, wollomaticPath(c.Endpoint))
		}
	}
	if len(paths) == 0 {
		return ""
	}
	slices.Sort(paths)
	return version + "(?:" + strings.Join(slices.Compact(paths), "|") + ")"
}

// wollomaticPath matches the paths of an endpoint, with any name in it.
func wollomaticPath(template string) string {
	if template == "/{any}" || template == "/debug/{any}" {
		return strings.TrimSuffix(template, "{any}") + ".*"
	}
	one := name
	if manyNamed.MatchString(template) {
		one = name + "(?:/" + name + ")*"
	}
	return expression(template, func(string) string { return one })
}

func (p Proxy) wollomaticRules() Rules {
	patterns := map[string]*regexp.Regexp{}
	for _, arg := range p.Command {
		for _, method := range methods {
			if text, ok := strings.CutPrefix(arg, "-allow"+method+"="); ok {
				patterns[method] = regexp.MustCompile("^" + text + "$")
			}
		}
	}
	return func(method, decoded string) bool {
		pattern := patterns[method]
		return pattern != nil && pattern.MatchString(decoded)
	}
}
