package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/ui/policy"
	"bulkhead/ui/workbench"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of the test's own name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s differs; -update writes it anew:\n%s", path, cmp.Diff(string(want), string(got)))
	}
}

var now = time.Date(2030, 1, 15, 12, 30, 0, 0, time.UTC)

const projectDir = "/home/ada/shop"

// selected are the checks of the fixture: the reports do not change when a
// check is added.
var selected = []string{"user-root", "seccomp-unconfined", "engine-socket", "devices", "default-bridge", "no-new-privileges"}

func at(line int) inspect.Source {
	return inspect.Source{Origin: inspect.FromCompose, File: projectDir + "/compose.yaml", Line: line, Column: 5}
}

func rootUser(src inspect.Source) inspect.Finding {
	return inspect.Finding{
		ID: "user-root", Layer: inspect.LayerUser, Severity: inspect.Medium, Title: "The main process starts as root",
		Evidence: "user is not set, and the image sets none.", Why: "Whoever takes the process over is root inside.",
		Reason: "more of itself, directly: medium", Source: src, Fix: "set a user that is not root",
		References: []string{"CIS Docker Benchmark 1.6.0: 4.1", "https://docs.docker.com/engine/security/"},
	}
}

func socket(src inspect.Source) inspect.Finding {
	return inspect.Finding{
		ID: "engine-socket", Layer: inspect.LayerBoundary, Severity: inspect.Critical, Title: "Commands the engine through its socket",
		Evidence: "/var/run/docker.sock is mounted.", Why: "Whoever reaches it is root on the host.",
		Reason: "the host, directly: critical", Source: src, Fix: "take the mount out, or put a filtering proxy before it",
	}
}

func setuid(src inspect.Source) inspect.Finding {
	return inspect.Finding{
		ID: "no-new-privileges", Layer: inspect.LayerEscalation, Severity: inspect.Low, Title: "Setuid programs can raise privileges",
		Evidence: "security_opt has no no-new-privileges.", Why: "A setuid program gives a process more than it started with.",
		Source: src, Fix: "set no-new-privileges", Changes: []inspect.Change{{Dial: inspect.DialNoNewPrivileges}},
		References: []string{"prctl(2)"},
	}
}

// layer is one in which every check of the fixture says the same.
func layer(l inspect.Layer, s inspect.State, reason string, findings ...inspect.Finding) inspect.LayerState {
	out := inspect.LayerState{Layer: l, State: s, Reason: reason, Findings: findings}
	for _, id := range append([]string{"engine-root"}, selected...) {
		if c, ok := check.ByID(id); ok && c.Layer == l {
			out.Checks = append(out.Checks, inspect.CheckState{Check: id, State: s, Reason: reason})
		}
	}
	return out
}

// unlike is the layer with one check that says otherwise.
func unlike(l inspect.LayerState, id string, s inspect.State, reason string) inspect.LayerState {
	for i, c := range l.Checks {
		if c.Check == id {
			l.Checks[i] = inspect.CheckState{Check: id, State: s, Reason: reason}
		}
	}
	return l
}

// theAudit is a project with one service that lacks much, one that lacks
// nothing, and a container of its own.
func theAudit() workbench.Audit {
	service := func(name, image string) inspect.Workload {
		return inspect.Workload{Name: "shop/" + name, Project: "shop", Service: name, Image: image, State: inspect.Running,
			ID: "f00d", Files: []string{projectDir + "/compose.yaml"}}
	}
	alone := inspect.Source{Origin: inspect.FromRun}
	return workbench.Audit{
		Host:   inspect.Host{Endpoint: "unix:///var/run/docker.sock", Context: "default", Name: "harbour", Version: "29.1.3", Kernel: "6.18.2", Local: true},
		Engine: layer(inspect.LayerEngine, inspect.Partly, "the engine runs as root"),
		Workloads: []inspect.Audited{
			{Workload: service("db", "postgres:16"), Layers: []inspect.LayerState{
				layer(inspect.LayerUser, inspect.Closed, "it runs as 999"),
				layer(inspect.LayerSeccomp, inspect.Closed, "the engine's default profile"),
				layer(inspect.LayerEscalation, inspect.Closed, "no-new-privileges is set"),
				layer(inspect.LayerBoundary, inspect.Closed, "nothing of the host is inside"),
				layer(inspect.LayerNetwork, inspect.NotApplicable, "it is on no network of the engine's"),
			}},
			{Workload: service("web", "nginx:1"), Layers: []inspect.LayerState{
				layer(inspect.LayerUser, inspect.Open, "the process is root", rootUser(at(4))),
				layer(inspect.LayerSeccomp, inspect.Unknown, "security_opt could not be read: ${PROFILE} is not set"),
				layer(inspect.LayerEscalation, inspect.Open, "setuid programs work", setuid(at(4))),
				unlike(layer(inspect.LayerBoundary, inspect.Open, "the engine's socket is inside", socket(at(7))),
					"devices", inspect.Unknown, "devices could not be read: ${DISK} is not set"),
				layer(inspect.LayerNetwork, inspect.Closed, "on a network of its own"),
			}},
			{Workload: inspect.Workload{Name: "backup", Image: "restic:1", State: inspect.Exited, ID: "beef"}, Layers: []inspect.LayerState{
				layer(inspect.LayerUser, inspect.Open, "the process is root", rootUser(alone)),
				layer(inspect.LayerSeccomp, inspect.Closed, "the engine's default profile"),
				layer(inspect.LayerEscalation, inspect.Open, "setuid programs work", setuid(alone)),
				layer(inspect.LayerBoundary, inspect.Closed, "nothing of the host is inside"),
				layer(inspect.LayerNetwork, inspect.Closed, "on a network of its own"),
			}},
		},
		Problems: []string{"The container old vanished while it was looked at. Run the audit again."},
	}
}

const rules = `suppress:
  - {check: no-new-privileges, workload: backup, reason: "it runs for a minute a day", expires: 2030-06-30}
  - {check: user-root, workload: backup, reason: "until the volume is migrated", expires: 2029-12-31}
`

func theOutcome(t *testing.T) policy.Outcome {
	t.Helper()
	return outcomeOf(t, theAudit())
}

func outcomeOf(t *testing.T, a workbench.Audit) policy.Outcome {
	t.Helper()
	cfg, err := policy.Parse(projectDir+"/.bulkhead.yaml", []byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	selection, err := policy.Select(append([]string{"engine-root"}, selected...), nil)
	if err != nil {
		t.Fatal(err)
	}
	return policy.Policy{Selection: selection, Config: cfg, Now: now}.Apply(a)
}

// hostile tries, with every foreign text, to be markup, a command to the
// terminal, or a mention.
const hostile = "\x1b]0;owned\x07\x1b[31m<script>alert('x')</script>\"'><img src=x onerror=alert(1)>\r\n# @everyone | [a](javascript:alert(1)) `x` ]]>&amp;\u202eevil\u009b2J\U000e0041\xff"

func hostileAudit() workbench.Audit {
	a := theAudit()
	a.Host.Version, a.Host.Name, a.Host.Kernel, a.Engine.Reason = hostile, hostile, hostile, hostile
	a.Problems = []string{hostile}
	for i := range a.Workloads {
		w := &a.Workloads[i].Workload
		w.Name, w.Image, w.State, w.Files = hostile+w.Name, hostile, inspect.RunState(hostile), []string{hostile}
		for j := range a.Workloads[i].Layers {
			l := &a.Workloads[i].Layers[j]
			l.Reason = hostile
			for k := range l.Checks {
				l.Checks[k].Reason = hostile
			}
			for k := range l.Findings {
				f := &l.Findings[k]
				f.Title, f.Evidence, f.Why, f.Fix, f.Reason = hostile, hostile, hostile, hostile, hostile
				f.Source.File, f.Source.Line = "/tmp/"+hostile, 3
				f.References = []string{hostile, "javascript:alert(1)", "https://example.org/" + hostile}
			}
		}
	}
	return a
}
