package lab

import (
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
)

func TestJudge(t *testing.T) {
	health := func(s container.HealthStatus) *container.Health { return &container.Health{Status: s} }
	for name, test := range map[string]struct {
		state    container.State
		restarts int
		seen     time.Duration
		want     string
	}{
		"just started":      {container.State{Status: "running", Running: true}, 2, 0, pending},
		"settled":           {container.State{Status: "running", Running: true}, 2, settled, up},
		"created":           {container.State{Status: "created"}, 2, time.Hour, pending},
		"restarting":        {container.State{Status: "restarting", Running: true, Restarting: true, ExitCode: 3}, 2, 0, "keeps restarting (exit code 3)"},
		"restarted once":    {container.State{Status: "running", Running: true}, 1, settled, "keeps restarting (exit code 0)"},
		"failed":            {container.State{Status: "exited", ExitCode: 1}, 2, 0, "exited with code 1"},
		"done":              {container.State{Status: "exited"}, 2, 0, up},
		"health starting":   {container.State{Status: "running", Running: true, Health: health("starting")}, 2, time.Hour, pending},
		"healthy":           {container.State{Status: "running", Running: true, Health: health("healthy")}, 2, 0, up},
		"unhealthy":         {container.State{Status: "running", Running: true, Health: health("unhealthy")}, 2, 0, "runs, but its healthcheck fails"},
		"healthcheck: NONE": {container.State{Status: "running", Running: true, Health: health("none")}, 2, settled, up},
	} {
		c := container.InspectResponse{State: &test.state, RestartCount: 2}
		if got := judge(c, test.restarts, test.seen); got != test.want {
			t.Errorf("%s: judged %q, want %q", name, got, test.want)
		}
	}
}
