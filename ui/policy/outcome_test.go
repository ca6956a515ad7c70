package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

var now = time.Date(2030, 1, 15, 12, 0, 0, 0, time.UTC)

func finding(id string, s inspect.Severity, evidence string) inspect.Finding {
	return inspect.Finding{ID: id, Severity: s, Evidence: evidence}
}

func audit() workbench.Audit {
	return workbench.Audit{
		Engine: inspect.LayerState{Layer: inspect.LayerEngine, State: inspect.Open, Findings: []inspect.Finding{finding("engine-rootful", inspect.Low, "root")}},
		Workloads: []inspect.Audited{{
			Workload: inspect.Workload{Name: "shop/web"},
			Layers: []inspect.LayerState{
				{Layer: inspect.LayerUser, State: inspect.Open, Findings: []inspect.Finding{finding("user-root", inspect.High, "user is not set")}},
				{Layer: inspect.LayerBoundary, State: inspect.Open, Findings: []inspect.Finding{
					finding("devices", inspect.High, "/dev/kvm"), finding("engine-socket", inspect.Critical, "docker.sock"),
				}},
				{Layer: inspect.LayerLimits, State: inspect.Unknown, Reason: "mem_limit could not be read"},
			},
		}},
	}
}

func config(t *testing.T, rules string) Config {
	t.Helper()
	cfg, err := Parse("/p/.bulkhead.yaml", []byte("suppress:\n"+rules))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// reported are the IDs that an outcome reports, the engine's first.
func reported(o Outcome) []string {
	var ids []string
	for _, f := range o.Audit.Engine.Findings {
		ids = append(ids, f.ID)
	}
	for _, w := range o.Audit.Workloads {
		for _, l := range w.Layers {
			for _, f := range l.Findings {
				ids = append(ids, f.ID)
			}
		}
	}
	return ids
}

func TestSuppression(t *testing.T) {
	before := audit()
	p := Policy{Now: now, Config: config(t, "- {check: engine-socket, workload: shop/*, reason: r, expires: 2030-01-15}\n")}
	o := p.Apply(before)
	if diff := cmp.Diff([]string{"engine-rootful", "user-root", "devices"}, reported(o)); diff != "" {
		t.Error(diff)
	}
	if o.Suppressed() != 1 || o.Known() != 0 || o.Aside[0].Rule.Reason != "r" || o.Aside[0].Finding.Layer != inspect.LayerBoundary {
		t.Errorf("aside = %+v", o.Aside)
	}
	if s := o.Audit.Workloads[0].Layers[1].State; s != inspect.Open {
		t.Errorf("the layer became %s", s)
	}
	if worst, ok := o.Worst(); !ok || worst != inspect.High {
		t.Errorf("worst = %v, %v", worst, ok)
	}
	if diff := cmp.Diff(audit(), before); diff != "" {
		t.Error("the audit was touched:", diff)
	}
}

func TestExpiredSuppressionsComeBack(t *testing.T) {
	p := Policy{Now: now.AddDate(0, 0, 1), Config: config(t, "- {check: engine-socket, reason: r, expires: 2030-01-15}\n")}
	o := p.Apply(audit())
	if o.Suppressed() != 0 {
		t.Error("an expired rule suppresses")
	}
	if len(o.Notes) != 1 || !strings.Contains(o.Notes[0], "2030-01-15") || !strings.Contains(o.Notes[0], ".bulkhead.yaml:2") {
		t.Errorf("notes = %q", o.Notes)
	}
	p.Config = config(t, "- {check: engine-socket, reason: r, expires: 2030-01-15}\n- {check: engine-socket, reason: anew, expires: 2031-01-15}\n")
	if o := p.Apply(audit()); o.Suppressed() != 1 || len(o.Notes) != 0 {
		t.Errorf("a later rule in force does not hold: %+v, %q", o.Aside, o.Notes)
	}
}

func TestSelection(t *testing.T) {
	for _, tt := range []struct {
		name       string
		only, skip []string
		want       []string
		layers     int
	}{
		{"all", nil, nil, []string{"engine-rootful", "user-root", "devices", "engine-socket"}, 3},
		{"one check", []string{"devices"}, nil, []string{"devices"}, 1},
		{"one layer", []string{"Boundary"}, nil, []string{"devices", "engine-socket"}, 1},
		{"a layer without one of its checks", []string{"boundary"}, []string{"devices"}, []string{"engine-socket"}, 1},
		{"without a check", nil, []string{"user-root", "devices"}, []string{"engine-rootful", "engine-socket"}, 3},
		{"without a layer", nil, []string{"boundary", "engine"}, []string{"user-root"}, 2},
		{"a layer of two words that is not there", []string{"root filesystem"}, nil, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Select(tt.only, tt.skip)
			if err != nil {
				t.Fatal(err)
			}
			o := Policy{Selection: s}.Apply(audit())
			if diff := cmp.Diff(tt.want, reported(o)); diff != "" {
				t.Error(diff)
			}
			if n := len(o.Audit.Workloads[0].Layers); n != tt.layers {
				t.Errorf("%d layers", n)
			}
		})
	}
	_, err := Select(nil, []string{"root-filesytem"})
	var e *NameError
	if !errors.As(err, &e) || !strings.Contains(e.Error(), "--skip") || !strings.Contains(e.Hint(), "root-filesystem") {
		t.Errorf("error = %v", err)
	}
}

func TestBaselineHoldsWhatWasThere(t *testing.T) {
	b, err := ParseBaseline("old.json", []byte(`{"schemaVersion": 1,
		"engineLayer": {"findings": [{"id": "engine-rootful", "evidence": "root"}]},
		"workloads": [
			{"name": "shop/web", "layers": [{"findings": [{"id": "devices", "evidence": "/dev/kvm"}],
				"suppressed": [{"id": "engine-socket", "evidence": "docker.sock"}]}]},
			{"name": "shop/db", "layers": [{"findings": [{"id": "user-root", "evidence": "user is not set"}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	a := audit()
	a.Workloads[0].Layers[1].Findings = append(a.Workloads[0].Layers[1].Findings, finding("devices", inspect.High, "/dev/kvm"))
	p := Policy{Baseline: b}
	for range 2 {
		// A second time gives the same: nothing of the baseline is used up.
		o := p.Apply(a)
		if diff := cmp.Diff([]string{"user-root", "engine-socket", "devices"}, reported(o)); diff != "" {
			t.Error(diff)
		}
		if o.Known() != 2 || o.Suppressed() != 0 {
			t.Errorf("known %d, suppressed %d", o.Known(), o.Suppressed())
		}
	}
}

func TestFind(t *testing.T) {
	top := t.TempDir()
	deep := filepath.Join(top, "project", "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(path string) {
		t.Helper()
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	above := filepath.Join(top, FileName)
	write(above)
	if got, err := Find(deep); got != above || err != nil {
		t.Errorf("from below: %q, %v", got, err)
	}
	if err := os.Mkdir(filepath.Join(top, "project", ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(deep); got != "" || err != nil {
		t.Errorf("above the repository: %q, %v", got, err)
	}
	own := filepath.Join(top, "project", FileName)
	write(own)
	if got, err := Find(deep); got != own || err != nil {
		t.Errorf("at the repository's top: %q, %v", got, err)
	}
}

// A rule that covers nothing is told from one that another was before, and from
// one whose check was not asked.
func TestUnusedRulesAreTold(t *testing.T) {
	cfg := config(t, `
  - {check: devices, workload: shop/*, reason: r, expires: 2031-01-01}
  - {check: devices, workload: shop/web, reason: r, expires: 2031-01-01}
  - {check: user-root, reason: r, expires: 2029-01-01}
  - {check: engine-socket, workload: shop/db, reason: r, expires: 2031-01-01}
  - {check: read-only-root, reason: r, expires: 2031-01-01}
`)
	selection, err := Select(nil, []string{"read-only-root"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range (Policy{Selection: selection, Config: cfg, Now: now}).Apply(audit()).Unused {
		got = append(got, r.Check+" "+r.Place())
	}
	if diff := cmp.Diff([]string{"engine-socket .bulkhead.yaml:6"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Of a layer's checks only the selected ones are reported; what the audit holds
// is not touched.
func TestChecksAreSelected(t *testing.T) {
	a := audit()
	a.Workloads[0].Layers[1].Checks = []inspect.CheckState{
		{Check: "devices", State: inspect.Open, Reason: "r"}, {Check: "engine-socket", State: inspect.Unknown, Reason: "r"},
	}
	selection, err := Select([]string{"engine-socket"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := Policy{Selection: selection, Now: now}.Apply(a)
	want := []inspect.CheckState{{Check: "engine-socket", State: inspect.Unknown, Reason: "r"}}
	if diff := cmp.Diff(want, o.Audit.Workloads[0].Layers[0].Checks); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(a.Workloads[0].Layers[1].Checks) != 2 {
		t.Error("the audit was changed")
	}
}
