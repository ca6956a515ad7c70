// Package report writes what an audit found, in forms for people and for
// programs. It only formats: it judges nothing and reads nothing.
package report

import (
	"encoding/json"
	"fmt"
	"io"

	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// SchemaVersion is the version of the JSON shapes. It changes when a field
// changes its meaning or goes.
const SchemaVersion = 1

type auditJSON struct {
	SchemaVersion int            `json:"schemaVersion"`
	Engine        *inspect.Host  `json:"engine,omitempty"`
	Workloads     []workloadJSON `json:"workloads"`
	Problems      []string       `json:"problems"`
}

type workloadJSON struct {
	Name     string               `json:"name"`
	Project  string               `json:"project,omitempty"`
	Service  string               `json:"service,omitempty"`
	ID       string               `json:"id,omitempty"`
	Image    string               `json:"image"`
	State    inspect.RunState     `json:"state"`
	Files    []string             `json:"files,omitempty"`
	Settings inspect.Settings     `json:"settings"`
	Layers   []inspect.LayerState `json:"layers"`
}

// JSON writes the audit in the shape other programs may rely on:
// {schemaVersion, engine, workloads:[{name, …, layers:[{layer, state, reason,
// findings:[…]}]}], problems}. It holds no value of any environment variable.
func JSON(w io.Writer, a workbench.Audit) error {
	out := auditJSON{SchemaVersion: SchemaVersion, Workloads: []workloadJSON{}, Problems: a.Problems}
	if a.Host.Known() {
		out.Engine = &a.Host
	}
	if out.Problems == nil {
		out.Problems = []string{}
	}
	for _, audited := range a.Workloads {
		wl := audited.Workload
		out.Workloads = append(out.Workloads, workloadJSON{
			Name: wl.Name, Project: wl.Project, Service: wl.Service, ID: wl.ID, Image: wl.Image,
			State: wl.State, Files: wl.Files, Settings: wl.Settings, Layers: layers(audited.Layers),
		})
	}
	return Indented(w, out)
}

// layers writes [] where there is no finding.
func layers(states []inspect.LayerState) []inspect.LayerState {
	out := make([]inspect.LayerState, len(states))
	for i, l := range states {
		if l.Findings == nil {
			l.Findings = []inspect.Finding{}
		}
		out[i] = l
	}
	return out
}

// Indented writes any of bulkhead's JSON shapes.
func Indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}
