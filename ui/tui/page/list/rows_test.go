package list

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
)

func workload(project, name string) inspect.Audited {
	w := inspect.Workload{Name: name, Image: "registry.example.com/team/" + name + ":1", State: inspect.Running}
	if project != "" {
		w.Project, w.Service, w.Name = project, name, project+"/"+name
	}
	return inspect.Audited{Workload: w}
}

func TestRows(t *testing.T) {
	all := entries([]inspect.Audited{
		workload("", "stray"), workload("shop", "web"), workload("containers", "odd"), workload("shop", "db"),
	})
	for _, tt := range []struct {
		query string
		want  []string
	}{
		{"", []string{"# containers 1", "odd", "", "# shop 2", "db", "web", "", "# containers 1", "stray"}},
		{"SHOP", []string{"# shop 2", "db", "web"}},
		{"shop we", []string{"# shop 1", "web"}},
		{"team/stray", []string{"# containers 1", "stray"}},
		{"nothing", nil},
	} {
		var got []string
		for _, r := range rows(all, filter{words: strings.Fields(strings.ToLower(tt.query))}) {
			switch {
			case r.blank:
				got = append(got, "")
			case r.header:
				got = append(got, "# "+r.group+" "+string(rune('0'+r.count)))
			default:
				got = append(got, all[r.item].name)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.query, diff)
		}
	}
}

func TestNothingFoundIsNotCleanWhileALayerIsUnknown(t *testing.T) {
	a := workload("", "web")
	for _, l := range inspect.Layers() {
		a.Layers = append(a.Layers, inspect.LayerState{Layer: l, State: inspect.Closed})
	}
	if e := entries([]inspect.Audited{a})[0]; !e.clean || e.unknown {
		t.Errorf("all closed: clean %v, unknown %v", e.clean, e.unknown)
	}
	a.Layers = a.Layers[1:]
	if e := entries([]inspect.Audited{a})[0]; !e.unknown {
		t.Error("a layer that was not judged counts as known")
	}
}
