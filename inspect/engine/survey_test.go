package engine

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/registry"
)

func TestSurveyOfARemoteEngine(t *testing.T) {
	fake := newFake()
	fake.info.LiveRestoreEnabled = true
	fake.info.SecurityOptions = []string{"name=no-new-privileges"}
	fake.info.Warnings = []string{
		"WARNING: No swap limit support",
		"[DEPRECATION NOTICE]: API is accessible on http://0.0.0.0:2375 without encryption.\n  Access to the remote API",
		"WARNING: API is accessible on https://10.0.0.1:2376 without TLS client verification.",
	}
	fake.info.RegistryConfig = &registry.ServiceConfig{
		InsecureRegistryCIDRs: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.0.0.0/8")},
		IndexConfigs: map[string]*registry.IndexInfo{
			"docker.io": {Secure: true}, "old.example:5000": {}, "localhost:5000": {}, "127.0.0.1:5000": {},
		},
	}
	fake.networks = []network.Inspect{{Network: network.Network{
		Name: "bridge", Options: map[string]string{"com.docker.network.bridge.enable_icc": "true"},
	}}}
	e := connectFake(t, fake)
	e.at.Host = "ssh://user@host"
	host, err := e.Survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := host.Daemon
	if d.ICC == nil || !*d.ICC || d.LiveRestore == nil || !*d.LiveRestore || d.NoNewPrivileges == nil || !*d.NoNewPrivileges {
		t.Errorf("the daemon is %+v", d)
	}
	if d.UserlandProxy != nil || d.DefaultUlimits != nil {
		t.Error("what only this machine's files say is said to be known of another machine")
	}
	if diff := cmp.Diff([]string{"10.0.0.0/8", "old.example:5000"}, d.InsecureRegistries); diff != "" {
		t.Errorf("registries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"tcp://0.0.0.0:2375", "tcp://10.0.0.1:2376"}, d.PlainTCP); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
	if len(d.Unread) != 1 || !strings.HasPrefix(d.Unread[0], "The engine is remote (ssh), so daemon.json") {
		t.Errorf("unread: %q", d.Unread)
	}
	if host.Detection != "" || !strings.Contains(host.DetectionUnknown, "remote (ssh)") {
		t.Errorf("detection %q, unknown %q", host.Detection, host.DetectionUnknown)
	}
}

func TestDetectionSeenAsAContainer(t *testing.T) {
	c := made("a1", "watch", "running", nil)
	c.Config.Image = "docker.io/falcosecurity/falco:0.40@sha256:00"
	host, err := connectFake(t, newFake(c)).Survey(t.Context())
	if err != nil || host.Detection != "Falco" {
		t.Errorf("detection %q, %v", host.Detection, err)
	}
}

func TestNoDetectionOnlyWhereAllProcessesAreSeen(t *testing.T) {
	e := connectFake(t, newFake())
	e.Host.Local = true // its /proc is empty: not even the first process shows
	host, err := e.Survey(t.Context())
	if err != nil || host.Detection != "" || !strings.Contains(host.DetectionUnknown, "hidden") {
		t.Errorf("detection %q, unknown %q, %v", host.Detection, host.DetectionUnknown, err)
	}
	if !strings.Contains(strings.Join(host.Daemon.Unread, " "), "No dockerd that serves") {
		t.Errorf("unread: %q", host.Daemon.Unread)
	}
}

func TestABridgeThatCannotBeReadIsSaid(t *testing.T) {
	host, err := connectFake(t, newFake()).Survey(t.Context())
	if err != nil || host.Daemon.ICC != nil || !strings.Contains(strings.Join(host.Daemon.Unread, " "), "default bridge") {
		t.Errorf("icc %v, unread %q, %v", host.Daemon.ICC, host.Daemon.Unread, err)
	}
}
