package list

import (
	"testing"

	"bulkhead/inspect"
)

func TestFilter(t *testing.T) {
	high := workload("", "web")
	high.Layers = []inspect.LayerState{
		{Layer: inspect.LayerNetwork, State: inspect.Open, Findings: []inspect.Finding{{Severity: inspect.High}}},
		{Layer: inspect.LayerLimits, State: inspect.Closed},
	}
	unjudged := workload("", "old")
	all := entries([]inspect.Audited{unjudged, high})
	for name, tt := range map[string]struct {
		filter filter
		want   string
	}{
		"nothing asked":                    {filter{}, "old web "},
		"severity":                         {filter{least: inspect.Medium}, "web "},
		"the very severity":                {filter{least: inspect.High}, "web "},
		"graver than any":                  {filter{least: inspect.Critical}, ""},
		"a state in any layer":             {filter{states: []inspect.State{inspect.Open}}, "web "},
		"a state in that layer":            {filter{states: []inspect.State{inspect.Open}, layers: []inspect.Layer{inspect.LayerNetwork}}, "web "},
		"a state in another layer":         {filter{states: []inspect.State{inspect.Open}, layers: []inspect.Layer{inspect.LayerLimits}}, ""},
		"what was not judged is unknown":   {filter{states: []inspect.State{inspect.Unknown}, layers: []inspect.Layer{inspect.LayerNetwork}}, "old "},
		"both must hold":                   {filter{least: inspect.High, states: []inspect.State{inspect.Unknown}, layers: []inspect.Layer{inspect.LayerLimits}}, ""},
		"text too":                         {filter{words: []string{"old"}}, "old "},
		"text and severity must both hold": {filter{words: []string{"old"}, least: inspect.Low}, ""},
	} {
		got := ""
		for _, r := range rows(all, tt.filter) {
			if r.selectable() {
				got += all[r.item].name + " "
			}
		}
		if got != tt.want {
			t.Errorf("%s: shows %q, want %q", name, got, tt.want)
		}
	}
}

func TestFilterInWords(t *testing.T) {
	for _, tt := range []struct {
		filter filter
		want   string
	}{
		{filter{}, ""},
		{filter{words: []string{"web"}}, ""},
		{filter{least: inspect.High}, "worst is high or graver"},
		{filter{least: inspect.Critical}, "worst is critical"},
		{filter{states: []inspect.State{inspect.Open}}, "open in any layer"},
		{
			filter{
				least: inspect.Low, states: []inspect.State{inspect.Open, inspect.Partly},
				layers: []inspect.Layer{inspect.LayerUser, inspect.LayerSeccomp, inspect.LayerLimits},
			},
			"worst is low or graver, and open or partly in user, seccomp or limits",
		},
	} {
		if got := tt.filter.String(); got != tt.want {
			t.Errorf("%+v is said as %q, want %q", tt.filter, got, tt.want)
		}
	}
}
