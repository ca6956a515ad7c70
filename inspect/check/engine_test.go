package check

import (
	"strings"
	"testing"

	"bulkhead/inspect"
)

// TestEngineChecks plants a flaw of the engine for each check, beside a twin
// without it and one where it could not be read.
func TestEngineChecks(t *testing.T) {
	on, off := new(bool), new(bool)
	*on = true
	plain := func(change func(*inspect.Host)) inspect.Host {
		h := engineHost
		change(&h)
		return h
	}
	daemon := func(d inspect.Daemon) inspect.Host {
		return plain(func(h *inspect.Host) { h.Daemon = &d; h.LogDriver = "json-file" })
	}
	unread := daemon(inspect.Daemon{Unread: []string{"daemon.json was not read: this is not permitted."}})
	for _, tt := range []struct {
		check, name string
		host        inspect.Host
		state       inspect.State
		want, says  string
	}{
		{"engine-root", "root", engineHost, inspect.Open, "high", "root on the host"},
		{"engine-root", "good: rootless", plain(func(h *inspect.Host) { h.Rootless = true }), inspect.Closed, "", "ordinary user"},
		{"engine-root", "good: mapped users", plain(func(h *inspect.Host) { h.UsernsRemap = true }), inspect.Closed, "", "mapped"},

		{"engine-tcp", "an open port", daemon(inspect.Daemon{PlainTCP: []string{"tcp://0.0.0.0:2375"}}), inspect.Open, "critical", "0.0.0.0:2375"},
		{"engine-tcp", "an open port, the rest not read", daemon(inspect.Daemon{PlainTCP: []string{"tcp://\x1b:1"}, Unread: []string{"x"}}), inspect.Open, "critical", ""},
		{"engine-tcp", "not read", unread, inspect.Unknown, "", "not permitted"},
		{"engine-tcp", "good", daemon(inspect.Daemon{}), inspect.Closed, "", ""},

		{"engine-group", "members", daemon(inspect.Daemon{GroupMembers: []string{"ann", "bob\x1b[2J"}}), inspect.Partly, "high", "ann and bob"},
		{"engine-group", "not read", unread, inspect.Unknown, "", "not permitted"},
		{"engine-group", "rootless", plain(func(h *inspect.Host) { h.Rootless = true }), inspect.NotApplicable, "", ""},
		{"engine-group", "good", daemon(inspect.Daemon{}), inspect.Closed, "", ""},

		{"engine-icc", "on", daemon(inspect.Daemon{ICC: on, Sources: []string{"/etc/docker/daemon.json"}}), inspect.Partly, "low", "daemon.json"},
		{"engine-icc", "not read", unread, inspect.Unknown, "", "not permitted"},
		{"engine-icc", "nothing read", engineHost, inspect.Unknown, "", "could not be read"},
		{"engine-icc", "good", daemon(inspect.Daemon{ICC: off}), inspect.Closed, "", "off"},

		{"engine-no-new-privileges", "off", daemon(inspect.Daemon{NoNewPrivileges: off}), inspect.Partly, "low", ""},
		{"engine-no-new-privileges", "not read", unread, inspect.Unknown, "", ""},
		{"engine-no-new-privileges", "good", daemon(inspect.Daemon{NoNewPrivileges: on}), inspect.Closed, "", ""},

		{"engine-registries", "one", daemon(inspect.Daemon{InsecureRegistries: []string{"r:5000"}}), inspect.Partly, "medium", "r:5000"},
		{"engine-registries", "not read", engineHost, inspect.Unknown, "", ""},
		{"engine-registries", "good", daemon(inspect.Daemon{}), inspect.Closed, "", ""},

		{"engine-log", "none", plain(func(h *inspect.Host) { h.LogDriver = "none" }), inspect.Open, "medium", "is none"},
		{"engine-log", "without end", daemon(inspect.Daemon{LogRotation: off}), inspect.Partly, "medium", "max-size"},
		{"engine-log", "rotation not read", unread, inspect.Unknown, "", "rotated"},
		{"engine-log", "driver not read", engineHost, inspect.Unknown, "", ""},
		{"engine-log", "good: rotated", daemon(inspect.Daemon{LogRotation: on}), inspect.Closed, "", ""},
		{"engine-log", "good: journald", plain(func(h *inspect.Host) { h.LogDriver = "journald" }), inspect.Closed, "", ""},

		{"engine-ulimits", "none", daemon(inspect.Daemon{DefaultUlimits: off}), inspect.Partly, "info", ""},
		{"engine-ulimits", "not read", unread, inspect.Unknown, "", ""},
		{"engine-ulimits", "good", daemon(inspect.Daemon{DefaultUlimits: on}), inspect.Closed, "", ""},
		{"engine-live-restore", "off", daemon(inspect.Daemon{LiveRestore: off}), inspect.Partly, "info", ""},
		{"engine-live-restore", "not read", unread, inspect.Unknown, "", ""},
		{"engine-live-restore", "good", daemon(inspect.Daemon{LiveRestore: on}), inspect.Closed, "", ""},
		{"engine-userland-proxy", "on", daemon(inspect.Daemon{UserlandProxy: on}), inspect.Partly, "info", ""},
		{"engine-userland-proxy", "not read", unread, inspect.Unknown, "", ""},
		{"engine-userland-proxy", "good", daemon(inspect.Daemon{UserlandProxy: off}), inspect.Closed, "", ""},
		{"engine-experimental", "on", daemon(inspect.Daemon{Experimental: on}), inspect.Partly, "info", ""},
		{"engine-experimental", "not read", unread, inspect.Unknown, "", ""},
		{"engine-experimental", "good", daemon(inspect.Daemon{Experimental: off}), inspect.Closed, "", ""},
	} {
		t.Run(tt.check+"/"+tt.name, func(t *testing.T) {
			expect(t, tt.check, inspect.Workload{}, tt.host, tt.state, tt.want, tt.says)
		})
	}
}

func TestEngineIsOneLayer(t *testing.T) {
	if l := Engine(inspect.Host{}); l.Layer != inspect.LayerEngine || l.State != inspect.Unknown || l.Reason == "" || l.Findings == nil {
		t.Errorf("without an engine: %+v", l)
	}
	h := engineHost
	h.Rootless, h.LogDriver = true, "local"
	l := Engine(h)
	if l.State != inspect.Unknown || len(l.Findings) != 0 || strings.Count(l.Reason, "could not be read") < 3 {
		t.Errorf("with nothing of the daemon read: %+v", l)
	}
	h.Daemon = &inspect.Daemon{PlainTCP: []string{"tcp://:2375"}}
	l = Engine(h)
	if l.State != inspect.Open || len(l.Findings) != 1 || l.Findings[0].Source.Origin != inspect.FromEngine {
		t.Errorf("with an open port: %+v", l)
	}
}
