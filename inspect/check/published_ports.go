package check

import (
	"fmt"
	"net/netip"
	"strings"

	"bulkhead/inspect"
)

var publishedPorts = Check{
	ID:       "published-ports",
	Settings: []string{"ports"},
	Layer:    inspect.LayerNetwork,
	Title:    "A port is published on every address",
	Question: "From where can its ports be reached?",
	Danger: "Everyone who reaches one of the host's addresses reaches the service. " +
		"The engine's own rules come before those of ufw and firewalld, so a firewall set up with them does not help.",
	Read:       "ports: the host's address of each. An empty one is 0.0.0.0 and [::]",
	Fix:        "publish on the address that is needed: 127.0.0.1 for what only this machine uses",
	MayBreak:   "Clients on other machines; put a reverse proxy before it, or name the address they use.",
	Bad:        service(`ports: ["8080:80"]`),
	Good:       service(`ports: ["127.0.0.1:8080:80"]`),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.9, 5.14", "https://docs.docker.com/engine/network/packet-filtering-firewalls/"},
	Run:        runPublishedPorts,
}

// inward are ports of services that are made for other services, not for the
// world: many let anyone in who reaches them.
var inward = map[uint16]string{
	1433: "SQL Server", 1521: "Oracle", 2375: "Docker Engine", 2376: "Docker Engine", 2379: "etcd", 2380: "etcd",
	3306: "MySQL", 4369: "Erlang port mapper", 5432: "PostgreSQL", 5672: "AMQP", 5984: "CouchDB", 6379: "Redis",
	8086: "InfluxDB", 8500: "Consul", 9042: "Cassandra", 9092: "Kafka", 9200: "Elasticsearch", 9300: "Elasticsearch",
	11211: "memcached", 15672: "RabbitMQ management", 27017: "MongoDB",
}

func runPublishedPorts(w inspect.Workload, _ inspect.Host) Result {
	s := w.Settings
	switch mode := s.Namespaces.Network; mode {
	case "":
	case "none":
		return Result{State: inspect.NotApplicable, Reason: "it has no network"}
	case "host":
		return Result{State: inspect.NotApplicable, Reason: "on the host's network nothing is published"}
	default:
		return Result{State: inspect.NotApplicable, Reason: fmt.Sprintf("its ports are published by %s", show(mode))}
	}
	var findings []inspect.Finding
	var addresses []string
	for _, p := range s.Ports {
		where, everywhere := reach(p.HostIP)
		if !everywhere {
			addresses = append(addresses, where)
			continue
		}
		f := rate(itself, withStep, inspect.Finding{
			Title:    fmt.Sprintf("Port %d/%s is published on %s", p.Container, show(p.Protocol), where),
			Evidence: fmt.Sprintf("ports publishes %d/%s on %s of %s.", p.Container, show(p.Protocol), hostPort(p), where),
			Source:   portSource(w, p),
		})
		if name, ok := inward[p.Container]; ok {
			f = rate(others, withStep, f)
			f.Why = fmt.Sprintf("%d is the port of %s, which is made for other services, not for the world. %s", p.Container, name, publishedDanger)
		}
		findings = append(findings, f)
	}
	switch {
	case len(s.Ports) == 0:
		return Result{State: inspect.Closed, Reason: "nothing is published"}
	case len(findings) == 0:
		return Result{State: inspect.Closed, Reason: "published on " + list(unique(addresses)) + " alone"}
	}
	return Result{State: inspect.Partly, Reason: count(len(findings), "port") + " published on every address", Findings: findings}
}

const publishedDanger = "Everyone who reaches one of the host's addresses reaches it, past ufw and firewalld."

// reach says which of the host's addresses a published port is on, and whether
// these are all of one kind.
func reach(ip string) (where string, everywhere bool) {
	if ip == "" {
		return "every address (0.0.0.0 and [::])", true
	}
	addr, err := netip.ParseAddr(strings.Trim(ip, "[]"))
	switch {
	case err != nil:
		return show(ip), false
	case addr.IsUnspecified() && addr.Is4():
		return "every IPv4 address (0.0.0.0)", true
	case addr.IsUnspecified():
		return "every IPv6 address ([::])", true
	case addr.Unmap().IsLoopback():
		return "loopback", false
	}
	return addr.String(), false
}

func hostPort(p inspect.Port) string {
	if p.HostPort == 0 {
		return "a port that the engine chooses"
	}
	return fmt.Sprintf("port %d", p.HostPort)
}

func portSource(w inspect.Workload, p inspect.Port) inspect.Source {
	if p.Setting == "" {
		return w.Sources.Of("ports")
	}
	return w.Sources.Of(p.Setting, "ports")
}

// unique drops doubles and keeps the order.
func unique(words []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, w := range words {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}
