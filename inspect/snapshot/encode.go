package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"bulkhead/inspect"
)

// document is a snapshot as it stands in a file.
type document struct {
	Schema    int          `json:"schemaVersion"`
	Kind      string       `json:"kind"`
	Taken     time.Time    `json:"taken"`
	Host      inspect.Host `json:"engine"`
	Workloads []workload   `json:"workloads"`
	Problems  []string     `json:"problems"`
}

// kind tells a snapshot from bulkhead's other JSON shapes.
const kind = "bulkhead snapshot"

// workload adds what inspect.Workload does not write: by which name its Sources
// know each mount and port, in their order.
type workload struct {
	inspect.Workload
	MountSettings []string `json:"mountSettings,omitempty"`
	PortSettings  []string `json:"portSettings,omitempty"`
}

// Encode writes the snapshot as JSON.
func Encode(w io.Writer, s Snapshot) error {
	out := document{
		Schema: SchemaVersion, Kind: kind, Taken: s.Taken, Host: s.Host, Workloads: []workload{}, Problems: s.Problems,
	}
	out.Host.Endpoint = withoutPassword(s.Host.Endpoint)
	if out.Problems == nil {
		out.Problems = []string{}
	}
	for _, wl := range s.Workloads {
		kept := workload{Workload: wl}
		for i, m := range wl.Settings.Mounts {
			kept.MountSettings = name(kept.MountSettings, i, m.Setting)
		}
		for i, p := range wl.Settings.Ports {
			kept.PortSettings = name(kept.PortSettings, i, p.Setting)
		}
		out.Workloads = append(out.Workloads, kept)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	return nil
}

// name puts a name at its place in the list, which stays nil without names.
func name(names []string, at int, setting string) []string {
	if setting == "" {
		return names
	}
	for len(names) < at {
		names = append(names, "")
	}
	return append(names, setting)
}

// withoutPassword takes a password out of an engine's address.
func withoutPassword(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.User == nil {
		return endpoint
	}
	u.User = url.User(u.User.Username())
	return u.String()
}

// Decode reads a snapshot. The error is a *FormatError where it is none.
func Decode(r io.Reader) (Snapshot, error) {
	data, err := io.ReadAll(io.LimitReader(r, Largest+1))
	if err != nil {
		return Snapshot{}, err
	}
	if len(data) > Largest {
		return Snapshot{}, &FormatError{What: fmt.Sprintf("it is larger than %d MB", Largest>>20)}
	}
	var head struct {
		Schema *int   `json:"schemaVersion"`
		Kind   string `json:"kind"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Snapshot{}, malformed(data, err)
	}
	switch {
	case head.Kind != kind || head.Schema == nil:
		return Snapshot{}, &FormatError{What: "it is JSON, but no snapshot"}
	case *head.Schema != SchemaVersion:
		return Snapshot{}, &FormatError{What: fmt.Sprintf("its schema version is %d, this bulkhead reads %d", *head.Schema, SchemaVersion), newer: *head.Schema > SchemaVersion}
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return Snapshot{}, malformed(data, err)
	}
	return d.snapshot(), nil
}

func (d document) snapshot() Snapshot {
	s := Snapshot{Taken: d.Taken, Host: d.Host, Problems: d.Problems}
	// A snapshot speaks for another time, so nothing in it is this machine's.
	s.Host.Local = false
	for _, kept := range d.Workloads {
		w := kept.Workload
		for i := range min(len(kept.MountSettings), len(w.Settings.Mounts)) {
			w.Settings.Mounts[i].Setting = kept.MountSettings[i]
		}
		for i := range min(len(kept.PortSettings), len(w.Settings.Ports)) {
			w.Settings.Ports[i].Setting = kept.PortSettings[i]
		}
		s.Workloads = append(s.Workloads, w)
	}
	return s
}

// malformed says where the text is not what it should be.
func malformed(data []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return &FormatError{What: fmt.Sprintf("line %d is not JSON: %s", line(data, syntax.Offset), clause(err)), Err: err}
	case errors.As(err, &kind):
		return &FormatError{What: fmt.Sprintf("line %d holds the wrong kind of value (%s at %s)", line(data, kind.Offset), kind.Value, clause(errors.New(kind.Field))), Err: err}
	}
	return &FormatError{What: clause(err), Err: err}
}

func line(data []byte, offset int64) int {
	return bytes.Count(data[:max(0, min(offset, int64(len(data)))-1)], []byte("\n")) + 1
}

func clause(err error) string { return inspect.Truncate(inspect.Printable(err.Error()), 120) }
