package compose

import (
	"testing"

	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
)

func TestUlimits(t *testing.T) {
	for _, tt := range []struct {
		name, yaml string
		want       []inspect.Ulimit
	}{
		{"none", "{}", nil},
		{"short", "{nproc: 512, memlock: -1}", []inspect.Ulimit{{Name: "memlock", Soft: -1, Hard: -1}, {Name: "nproc", Soft: 512, Hard: 512}}},
		{"long", "{nofile: {soft: 1024, hard: -1}}", []inspect.Ulimit{{Name: "nofile", Soft: 1024, Hard: -1}}},
		{"nothing", "{core: 0}", []inspect.Ulimit{{Name: "core"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := project(t, map[string]string{"compose.yaml": "services:\n  web:\n    image: web:1\n    ulimits: " + tt.yaml + "\n"})
			p := load(t, dir, Options{})
			if !p.Strict {
				t.Errorf("read leniently: %v", p.Warnings)
			}
			w := workload(t, p, "web")
			if diff := cmp.Diff(tt.want, w.Settings.Limits.Ulimits); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
