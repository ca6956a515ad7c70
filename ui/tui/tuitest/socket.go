package tuitest

import (
	"context"
	"strings"

	udiff "github.com/aymanbagabas/go-udiff"

	"bulkhead/fix/socketproxy"
	"bulkhead/fix/trial"
	"bulkhead/fix/writes"
	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// Dashboard is a service that mounts the engine's socket.
func Dashboard() inspect.Audited {
	a := admin()
	a.Workload.Name, a.Workload.Service, a.Workload.State = "bulkhead-lab/dashboard", "dashboard", inspect.Running
	a.Workload.Settings.Mounts = []inspect.Mount{{Type: inspect.BindMount, Source: "/var/run/docker.sock", Target: "/var/run/docker.sock"}}
	return a
}

// ObserveSocket answers with what a dashboard was seen to ask, whatever the
// workload.
func (b *Backend) ObserveSocket(ctx context.Context, _ inspect.Workload, _ workbench.ObserveOptions, p socketproxy.Policy, _ func(trial.Event)) (workbench.Learned, error) {
	if !b.wait(ctx, 8) {
		return workbench.Learned{}, ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.policies = append(b.policies, p)
	return Learned(), b.ObserveErr
}

// Policies are those of the recordings that were asked for.
func (b *Backend) Policies() []socketproxy.Policy {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]socketproxy.Policy{}, b.policies...)
}

// Learned is what a dashboard was seen to ask of its engine in two runs.
func Learned() workbench.Learned {
	r := socketproxy.Recording{Calls: []socketproxy.Call{
		{Method: "HEAD", Endpoint: "/_ping", Count: 4},
		{Method: "POST", Endpoint: "/containers/create", Count: 2, Refused: 2},
		{Method: "GET", Endpoint: "/containers/json", Count: 18},
		{Method: "GET", Endpoint: "/containers/{id}/json", Count: 36},
		{Method: "POST", Endpoint: "/containers/{id}/restart", Count: 2, Refused: 2},
		{Method: "GET", Endpoint: "/events", Count: 2},
	}}
	return workbench.Learned{
		Run: r, All: r, Runs: 2,
		Notes: []string{
			"On /var/run/docker.sock the copy has bulkhead's recording proxy, not the engine's socket.",
			"The copy runs in a network of its own without a way out.",
		},
	}
}

const dashboard = `services:
  dashboard:
    image: bulkhead-lab/admin:1
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
`

// Proxied is the edit that puts a proxy before the dashboard's engine.
func Proxied() workbench.Draft {
	after := strings.Replace(dashboard, `    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
`, `    environment:
      DOCKER_HOST: tcp://dashboard-socket-proxy:2375
    networks: [default, dashboard-socket]
  dashboard-socket-proxy:
    image: wollomatic/socket-proxy:1
    command:
      - '-allowfrom=dashboard'
      - '-allowGET=(?:/v1[.][0-9]{1,3})?(?:/containers/json|/events)'
`, 1)
	return workbench.Draft{
		Kind: workbench.ToCompose, Path: composeFile, Before: []byte(dashboard), After: []byte(after),
		Diff: udiff.Unified("a/compose.yaml", "b/compose.yaml", dashboard, after), Next: "docker compose up -d dashboard",
		Notes: []string{"POST /containers/create is left out, because it amounts to root on the host."},
	}
}

// WithProfile is a command that names a file.
func WithProfile() workbench.Draft {
	d := Command()
	d.Command = strings.Replace(d.Command, "  --read-only", "  --security-opt seccomp=pg-staging.seccomp.json \\\n  --read-only", 1)
	const profile = "{\n  \"defaultAction\": \"SCMP_ACT_ERRNO\"\n}\n"
	d.Beside = []writes.File{{Path: "/srv/pg/pg-staging.seccomp.json", Content: []byte(profile), Mode: 0o644}}
	d.Diff = udiff.Unified("a/srv/pg/pg-staging.seccomp.json", "b/srv/pg/pg-staging.seccomp.json", "", profile)
	return d
}
