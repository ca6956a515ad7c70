package engine

import (
	"testing"

	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/swarm"
)

func TestServiceWorkloadKeepsMountsAndLimits(t *testing.T) {
	spec := swarm.ServiceSpec{TaskTemplate: swarm.TaskSpec{
		ContainerSpec: &swarm.ContainerSpec{
			Mounts: []mount.Mount{
				{Type: mount.TypeVolume, Source: "data", Target: "/z"},
				{Type: mount.TypeBind, Source: "/srv", Target: "/m", BindOptions: &mount.BindOptions{Propagation: mount.PropagationRShared}},
				{Type: mount.TypeBind, Source: "/opt", Target: "/a", BindOptions: &mount.BindOptions{Propagation: mount.PropagationRSlave}},
			},
			Ulimits: []*container.Ulimit{{Name: "nofile", Soft: 1, Hard: 2}},
		},
		Resources: &swarm.ResourceRequirements{Limits: &swarm.Limit{MemoryBytes: 64, Pids: 7, NanoCPUs: 5e8}},
	}}
	got := serviceWorkload(spec).Settings
	want := inspect.Settings{
		Mounts: []inspect.Mount{
			{Type: inspect.BindMount, Source: "/opt", Target: "/a"},
			{Type: inspect.BindMount, Source: "/srv", Target: "/m", Propagation: "rshared"},
			{Type: inspect.VolumeMount, Source: "data", Target: "/z"},
		},
		Limits:  inspect.Limits{Memory: 64, PIDs: 7, CPUs: 0.5, Ulimits: []inspect.Ulimit{{Name: "nofile", Soft: 1, Hard: 2}}},
		Restart: "always",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
