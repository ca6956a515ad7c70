package socketproxy

import (
	"regexp"
	"slices"
	"strings"
)

// What is written here follows the README of github.com/Tecnativa/docker-socket-proxy
// ("Grant or revoke access to certain API sections") and its haproxy.cfg. Two
// rule books are in use. In the releases up to 0.4, POST=1 lets every method
// through to the sections that are on. The later one (system_files/.../haproxy.cfg.template)
// has a switch for each method, and further ones before logs, archives, exports,
// exec, kill and attach. Variables that a release does not know do nothing, so
// that those of both are written; what is said to be allowed is what the older
// book allows, which is more.

const tecnativaImage = "tecnativa/docker-socket-proxy:0.4.1"

// section is one part of the API that a variable opens. haproxy.cfg matches the
// start of the path, in any case.
type section struct{ variable, path string }

var sections = []section{
	{"AUTH", "/auth"}, {"BUILD", "/build"}, {"COMMIT", "/commit"}, {"CONFIGS", "/configs"}, {"CONTAINERS", "/containers"},
	{"DISTRIBUTION", "/distribution"}, {"EVENTS", "/events"}, {"EXEC", "/exec"}, {"GRPC", "/grpc"}, {"IMAGES", "/images"},
	{"INFO", "/info"}, {"NETWORKS", "/networks"}, {"NODES", "/nodes"}, {"PING", "/_ping"}, {"PLUGINS", "/plugins"},
	{"SECRETS", "/secrets"}, {"SERVICES", "/services"}, {"SESSION", "/session"}, {"SWARM", "/swarm"}, {"SYSTEM", "/system"},
	{"TASKS", "/tasks"}, {"VERSION", "/version"}, {"VOLUMES", "/volumes"},
}

// onByDefault are the sections that are open unless they are closed.
var onByDefault = []string{"EVENTS", "PING", "VERSION"}

// action is a single call below /containers that a variable of its own opens,
// even where the section is closed; POST has to be on besides.
type action struct{ variable, verbs string }

var actions = []action{{"ALLOW_START", "start"}, {"ALLOW_STOP", "stop"}, {"ALLOW_RESTARTS", "stop|restart|kill"}}

// gates are the later rule book's own switches before calls below /containers.
var gates = []action{
	{"ALLOW_ARCHIVE", "archive"}, {"ALLOW_ATTACH", "attach"}, {"ALLOW_EXEC", "exec"}, {"ALLOW_EXPORT", "export"},
	{"ALLOW_KILL", "kill"}, {"ALLOW_LOGS", "logs"},
}

func (p *Proxy) tecnativa() {
	p.Image = tecnativaImage
	p.User = "0:0" // haproxy.cfg keeps its process ID below /run
	p.Tmpfs = []string{"/run", "/tmp"}
	on := map[string]bool{}
	writes := false
	for _, c := range p.Allowed {
		if c.Method == "GET" || c.Method == "HEAD" {
			continue
		}
		if c.Method == "OPTIONS" {
			p.note("This dialect lets OPTIONS through only together with POST, so that it stays closed.")
			continue
		}
		writes = true
		if c.Method != "POST" {
			on[c.Method] = true // the later rule book's
		}
	}
	on["POST"] = writes
	for _, c := range p.Allowed {
		p.tecnativaOpen(on, c)
	}
	if single, section := p.actionsAlone(); section {
		for _, a := range actions {
			on[a.variable] = false
		}
	} else {
		for variable := range single {
			on[variable] = true
		}
	}
	for _, variable := range slices.Sorted(slices.Values(tecnativaVariables())) {
		switch {
		case on[variable]:
			p.Environment = append(p.Environment, Variable{variable, "1"})
		case slices.Contains(onByDefault, variable) || variable == "POST":
			p.Environment = append(p.Environment, Variable{variable, "0"})
		}
	}
	allows := p.Rules()
	for _, c := range p.Allowed {
		if c.Method != "OPTIONS" && !allows(c.Method, sample(c.Endpoint)) {
			p.note("This dialect has no switch for %s, so that it stays closed.", c)
		}
	}
	p.note("Assumed: the image works with a read-only root filesystem and without capabilities. Its README starts it with --privileged, for hosts where SELinux or AppArmor would keep it from the socket.")
}

// tecnativaOpen opens the section of a call, and its gates.
func (p Proxy) tecnativaOpen(on map[string]bool, c Call) {
	if c.Method == "OPTIONS" {
		return
	}
	for _, s := range sections {
		if s.variable != "CONTAINERS" && strings.HasPrefix(c.Endpoint, s.path) {
			on[s.variable] = true
		}
	}
	if strings.HasPrefix(c.Endpoint, "/containers") {
		if len(verbsOf(c)) == 0 {
			on["CONTAINERS"] = true
		}
		for _, g := range gates {
			if strings.HasPrefix(c.Endpoint, "/containers/{id}/"+g.verbs) {
				on[g.variable] = true
			}
		}
	}
}

// verbsOf are the variables of the single actions that the call is among.
func verbsOf(c Call) []string {
	var out []string
	for _, a := range actions {
		if c.Method == "POST" && slices.Contains(strings.Split(a.verbs, "|"), strings.TrimPrefix(c.Endpoint, "/containers/{id}/")) {
			out = append(out, a.variable)
		}
	}
	return out
}

// actionsAlone are the variables of the single actions that open the calls to
// containers; section says that the whole section is open anyway.
func (p Proxy) actionsAlone() (variables map[string]bool, section bool) {
	variables = map[string]bool{}
	for _, c := range p.Allowed {
		verbs := verbsOf(c)
		if strings.HasPrefix(c.Endpoint, "/containers") && len(verbs) == 0 {
			section = true
		}
		if len(verbs) > 0 {
			variables[verbs[0]] = true
		}
	}
	return variables, section
}

func tecnativaVariables() []string {
	all := []string{"POST", "PUT", "DELETE", "PATCH"}
	for _, s := range sections {
		all = append(all, s.variable)
	}
	for _, a := range slices.Concat(actions, gates) {
		all = append(all, a.variable)
	}
	return all
}

// tecnativaRules are those of haproxy.cfg up to release 0.4, in their order.
func (p Proxy) tecnativaRules() Rules {
	on := map[string]bool{}
	for _, v := range p.Environment {
		on[v.Name] = v.Value == "1"
	}
	var open []*regexp.Regexp
	add := func(variable, pattern string) {
		if on[variable] {
			open = append(open, regexp.MustCompile(`(?i)^(?:/v[0-9.]+)?`+pattern))
		}
	}
	for _, a := range actions {
		add(a.variable, `/containers/[a-zA-Z0-9_.-]+/(?:`+a.verbs+`)`)
	}
	for _, s := range sections {
		add(s.variable, s.path)
	}
	return func(method, decoded string) bool {
		// METH_GET is GET and HEAD (HAProxy configuration manual, predefined ACLs).
		reads := method == "GET" || method == "HEAD"
		return (reads || on["POST"]) && slices.ContainsFunc(open, func(p *regexp.Regexp) bool { return p.MatchString(decoded) })
	}
}
