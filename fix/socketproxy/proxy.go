package socketproxy

import (
	"fmt"
	"slices"
	"strings"
)

// Dialect is whose proxy is written down.
type Dialect string

// The proxies that are known.
const (
	// Wollomatic is github.com/wollomatic/socket-proxy: a regular expression for
	// each method.
	Wollomatic Dialect = "wollomatic"
	// Tecnativa is github.com/Tecnativa/docker-socket-proxy: one switch for each
	// section of the API.
	Tecnativa Dialect = "tecnativa"
)

// Dialects are the names, the default first.
var Dialects = []string{string(Wollomatic), string(Tecnativa)}

// Port is where both proxies listen unless told otherwise.
const Port = 2375

// Variable is one variable of an environment.
type Variable struct{ Name, Value string }

// Site is where a proxy is to stand.
type Site struct {
	// Name is the proxy's name on its network, Client that of what it serves.
	Name, Client string
	// Socket is the engine's socket on its host.
	Socket string
	// Group is the group that owns the socket; negative where that is not known.
	Group int
	// SELinux says that the engine labels containers.
	SELinux bool
}

// Proxy is a filtering proxy as a service. Everything in it is as Compose and
// docker run name it.
type Proxy struct {
	Dialect Dialect
	Site
	Image       string
	User        string
	Command     []string
	Environment []Variable
	Tmpfs       []string
	SecurityOpt []string
	Memory      string
	// Allowed are the calls that were to be let through and are.
	Allowed []Call
	// Beyond are endpoints that it lets through although nobody asked for them.
	Beyond []Endpoint
	// Notes say what a person should know, a sentence each.
	Notes []string
}

// Endpoint is where the client finds the proxy, as DOCKER_HOST has it.
func (p Proxy) Endpoint() string { return fmt.Sprintf("tcp://%s:%d", p.Name, Port) }

// Write makes the proxy that lets the calls through, and as little else as its
// dialect can say.
func Write(d Dialect, calls []Call, at Site) Proxy {
	p := Proxy{
		Dialect: d, Site: at,
		SecurityOpt: []string{"no-new-privileges:true"}, Memory: "64m",
	}
	if at.SELinux {
		p.SecurityOpt = append(p.SecurityOpt, "label:disable")
		p.note("On an engine with SELinux a container may not speak to the socket unless its label is disabled, for the proxy alone.")
	}
	for _, c := range calls {
		if _, ok := c.Known(); ok {
			p.Allowed = append(p.Allowed, c)
		}
	}
	if n := len(calls) - len(p.Allowed); n > 0 {
		p.note("%s that no known engine has: no rule is written for %s.", counted(n, "recorded call leads to a path", "recorded calls lead to paths"), itOrThem(n))
	}
	switch d {
	case Tecnativa:
		p.tecnativa()
	default:
		p.wollomatic()
	}
	p.beyond()
	return p
}

func (p *Proxy) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// Rules are a proxy's answer to a request: whether it lets it through. decoded
// is the path after percent-decoding.
type Rules func(method, decoded string) bool

// Rules are the proxy's, as its documentation gives them.
func (p Proxy) Rules() Rules {
	if p.Dialect == Tecnativa {
		return p.tecnativaRules()
	}
	return p.wollomaticRules()
}

// beyond asks the rules of every endpoint that was not asked for, and says what
// that means.
func (p *Proxy) beyond() {
	allows := p.Rules()
	for _, e := range Endpoints() {
		asked := slices.ContainsFunc(p.Allowed, func(c Call) bool { return c.String() == e.String() })
		if !asked && allows(e.Method, sample(e.Path)) {
			p.Beyond = append(p.Beyond, e)
		}
	}
	if len(p.Beyond) == 0 {
		return
	}
	var root, others []string
	for _, e := range p.Beyond {
		if e.Grade == Root {
			root = append(root, e.String())
		} else {
			others = append(others, e.String())
		}
	}
	if len(others) > 0 {
		p.note("This dialect is coarse: it also lets through %s.", strings.Join(others, ", "))
	}
	if len(root) > 0 {
		p.note("Among what it also lets through are calls that amount to root on the host: %s. The dialect wollomatic leaves them out.", strings.Join(root, ", "))
	}
}

// sample is a path that leads to the endpoint.
func sample(template string) string { return braces.ReplaceAllString(template, "x") }

func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func itOrThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}
