package policy

import (
	"encoding/json"
	"errors"
	"fmt"

	"bulkhead/inspect"
)

// Baseline is what an earlier audit held. The zero value holds nothing.
type Baseline struct {
	// File is where it was read from, "" where there is none.
	File  string
	known map[string]int
}

// baselineSchema is the version of the JSON shape that can be read.
const baselineSchema = 1

// earlier are the parts of the JSON shape that a baseline needs. Pointers tell
// what is missing from what is empty.
type earlier struct {
	SchemaVersion *int               `json:"schemaVersion"`
	Baseline      *json.RawMessage   `json:"baseline"`
	EngineLayer   earlierLayer       `json:"engineLayer"`
	Further       []earlierEngine    `json:"furtherEngines"`
	Workloads     *[]earlierWorkload `json:"workloads"`
}

type earlierEngine struct {
	Engine      inspect.Host `json:"engine"`
	EngineLayer earlierLayer `json:"engineLayer"`
}

type earlierWorkload struct {
	Name   *string         `json:"name"`
	Layers *[]earlierLayer `json:"layers"`
}

type earlierLayer struct {
	Findings []earlierFinding `json:"findings"`
}

type earlierFinding struct {
	ID       string `json:"id"`
	Evidence string `json:"evidence"`
}

// LoadBaseline reads an earlier audit's JSON. The error is an *Error.
func LoadBaseline(path string) (Baseline, error) {
	content, err := readBounded("baseline", path, maxBaseline)
	if err != nil {
		return Baseline{}, err
	}
	return ParseBaseline(path, content)
}

// ParseBaseline reads the text of an earlier audit. A finding that was suppressed
// then is not held to be known: when its suppression ends, it comes back.
func ParseBaseline(path string, content []byte) (Baseline, error) {
	b := Baseline{File: path, known: map[string]int{}}
	wrong := func(next, format string, args ...any) (Baseline, error) {
		return Baseline{}, &Error{What: "baseline", File: path, Problem: fmt.Sprintf(format, args...), Next: next}
	}
	const write = "Write one with `bulkhead audit --format json -o FILE`."
	var e earlier
	if err := json.Unmarshal(content, &e); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return wrong(write, "it is not whole JSON: %s at byte %d", syntax.Error(), syntax.Offset)
		}
		return wrong(write, "it is not an audit of bulkhead's")
	}
	switch {
	case e.SchemaVersion == nil || e.Workloads == nil:
		return wrong(write, "it is not an audit of bulkhead's")
	case *e.SchemaVersion != baselineSchema:
		return wrong("Write it again with this version: `bulkhead audit --format json -o FILE`.",
			"its schemaVersion is %d; this version reads %d", *e.SchemaVersion, baselineSchema)
	case e.Baseline != nil:
		return wrong("Write it again without --baseline.", "it was itself written with --baseline and holds only what was new then")
	}
	b.add(EngineKey(OfEngine, inspect.Host{}), e.EngineLayer)
	for i, further := range e.Further {
		b.add(EngineKey(OfEngine-1-i, further.Engine), further.EngineLayer)
	}
	for i, w := range *e.Workloads {
		if w.Name == nil || w.Layers == nil {
			return wrong(write, "its workload %d has no name or no layers", i+1)
		}
		for _, l := range *w.Layers {
			b.add(*w.Name, l)
		}
	}
	return b, nil
}

func (b Baseline) add(workload string, l earlierLayer) {
	for _, f := range l.Findings {
		b.known[Fingerprint(workload, inspect.Finding{ID: f.ID, Evidence: f.Evidence})]++
	}
}

// Given says whether there is a baseline at all.
func (b Baseline) Given() bool { return b.File != "" }
