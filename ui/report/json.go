// Package report writes what an audit found, in forms for people and for
// programs. It only formats: it judges nothing and reads nothing.
package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"bulkhead/inspect"
	"bulkhead/ui/policy"
)

// SchemaVersion is the version of the JSON shapes. It changes when a field
// changes its meaning or goes.
const SchemaVersion = 1

type auditJSON struct {
	SchemaVersion int            `json:"schemaVersion"`
	Engine        *inspect.Host  `json:"engine,omitempty"`
	EngineLayer   *layerJSON     `json:"engineLayer,omitempty"`
	Further       []engineJSON   `json:"furtherEngines,omitempty"`
	Workloads     []workloadJSON `json:"workloads"`
	Summary       []stepJSON     `json:"summary"`
	Problems      []string       `json:"problems"`
	Notes         []string       `json:"notes,omitempty"`
	Baseline      *baselineJSON  `json:"baseline,omitempty"`
}

// engineJSON is an engine beside the first, where several were looked at.
type engineJSON struct {
	Engine      inspect.Host `json:"engine"`
	EngineLayer *layerJSON   `json:"engineLayer,omitempty"`
}

// stepJSON is one thing to do, in its place among the others.
type stepJSON struct {
	Check    string           `json:"check"`
	Layer    inspect.Layer    `json:"layer"`
	Severity inspect.Severity `json:"severity"`
	Do       string           `json:"do"`
	Why      string           `json:"why"`
	Tryable  bool             `json:"tryable"`
	In       []string         `json:"in"`
}

// summaryOf is [] where there is nothing to do.
func summaryOf(o policy.Outcome) []stepJSON {
	out := []stepJSON{}
	for _, s := range steps(o) {
		one := stepJSON{Check: s.ID, Layer: s.Layer, Severity: s.Severity, Do: s.do(), Why: s.Why, Tryable: s.Tryable}
		for _, sub := range s.subjects {
			one.In = append(one.In, cmp.Or(sub.audited.Workload.Name, sub.name))
		}
		out = append(out, one)
	}
	return out
}

// baselineJSON says that only what was new is in the file.
type baselineJSON struct {
	Known int `json:"known"`
}

type workloadJSON struct {
	Name     string           `json:"name"`
	Project  string           `json:"project,omitempty"`
	Service  string           `json:"service,omitempty"`
	ID       string           `json:"id,omitempty"`
	Image    string           `json:"image"`
	State    inspect.RunState `json:"state"`
	Files    []string         `json:"files,omitempty"`
	Settings inspect.Settings `json:"settings"`
	Layers   []layerJSON      `json:"layers"`
}

type layerJSON struct {
	Layer      inspect.Layer        `json:"layer"`
	State      inspect.State        `json:"state"`
	Reason     string               `json:"reason"`
	Checks     []inspect.CheckState `json:"checks,omitempty"`
	Findings   []findingJSON        `json:"findings"`
	Suppressed []suppressedJSON     `json:"suppressed,omitempty"`
}

type findingJSON struct {
	inspect.Finding
	Fingerprint string `json:"fingerprint"`
}

type suppressedJSON struct {
	findingJSON
	Suppression suppressionJSON `json:"suppression"`
}

type suppressionJSON struct {
	Reason  string `json:"reason"`
	Expires string `json:"expires"`
	Line    int    `json:"line"`
}

// JSON writes the audit in the shape other programs may rely on, which
// assets/audit.schema.json describes: {schemaVersion, engine, engineLayer,
// workloads:[{name, …, layers:[{layer, state, reason, checks:[…],
// findings:[…]}]}], summary:[…], problems}. It holds no value of any
// environment variable.
func JSON(w io.Writer, o policy.Outcome) error {
	a := o.Audit
	out := auditJSON{SchemaVersion: SchemaVersion, Workloads: []workloadJSON{}, Summary: summaryOf(o), Problems: a.Problems, Notes: o.Notes}
	if a.Host.Known() {
		out.Engine = &a.Host
	}
	aside := asideByWorkload(o)
	out.EngineLayer = engineLayerOf(policy.OfEngine, a.Host, a.Engine, aside)
	for i, e := range a.Further {
		out.Further = append(out.Further, engineJSON{e.Host, engineLayerOf(policy.OfEngine-1-i, e.Host, e.Engine, aside)})
	}
	if out.Problems == nil {
		out.Problems = []string{}
	}
	if o.Policy.Baseline.Given() {
		out.Baseline = &baselineJSON{Known: o.Known()}
	}
	for i, audited := range a.Workloads {
		wl := audited.Workload
		one := workloadJSON{
			Name: wl.Name, Project: wl.Project, Service: wl.Service, ID: wl.ID, Image: wl.Image,
			State: wl.State, Files: wl.Files, Settings: wl.Settings, Layers: []layerJSON{},
		}
		for _, l := range audited.Layers {
			one.Layers = append(one.Layers, layerOf(wl.Name, l, aside[i]))
		}
		out.Workloads = append(out.Workloads, one)
	}
	return Indented(w, out)
}

// asideByWorkload sorts what was set aside by its workload.
func asideByWorkload(o policy.Outcome) map[int][]policy.Aside {
	by := map[int][]policy.Aside{}
	for _, a := range o.Aside {
		by[a.Workload] = append(by[a.Workload], a)
	}
	return by
}

// engineLayerOf is nil where the engine was not asked.
func engineLayerOf(place int, h inspect.Host, l inspect.LayerState, aside map[int][]policy.Aside) *layerJSON {
	if l.State == "" {
		return nil
	}
	return new(layerOf(policy.EngineKey(place, h), l, aside[place]))
}

// layerOf writes [] where there is no finding.
func layerOf(workload string, l inspect.LayerState, aside []policy.Aside) layerJSON {
	out := layerJSON{Layer: l.Layer, State: l.State, Reason: l.Reason, Checks: l.Checks, Findings: []findingJSON{}}
	for _, f := range l.Findings {
		out.Findings = append(out.Findings, findingJSON{f, policy.Fingerprint(workload, f)})
	}
	for _, a := range aside {
		if a.Rule == nil || a.Finding.Layer != l.Layer {
			continue
		}
		out.Suppressed = append(out.Suppressed, suppressedJSON{
			findingJSON{a.Finding, policy.Fingerprint(workload, a.Finding)},
			suppressionJSON{a.Rule.Reason, a.Rule.Day(), a.Rule.Line},
		})
	}
	return out
}

// Indented writes any of bulkhead's JSON shapes. What a terminal would take for
// a command, or would not show, is written as an escape: names come from
// containers, and a program reads the same text either way.
func Indented(w io.Writer, v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	if _, err := w.Write(escaped(buf.Bytes())); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// escaped writes every character that cannot be seen as \uXXXX. Beyond ASCII
// such characters stand only inside JSON's strings.
func escaped(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r < 0x7f || unicode.IsPrint(r):
			out = append(out, text[:size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out
}
