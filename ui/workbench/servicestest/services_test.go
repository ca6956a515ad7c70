package servicestest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
)

// local is the engine, where a container's address can be reached from here.
func local(t *testing.T) *engine.Engine {
	t.Helper()
	e := enginetest.Connect(t)
	if !e.Host.Local {
		t.Skip("an exercise reaches a container by its address, which needs an engine on this machine")
	}
	return e
}

// Every exercise passes on a container as its image means it, and what it left
// is still there after a restart. No trial that fails with it can then be the
// exercise's own fault.
func TestExercises(t *testing.T) {
	e := local(t)
	for _, s := range Chosen(t) {
		t.Run(s.Name, func(t *testing.T) {
			config := container.Config{Image: enginetest.Image(t, e, s.Name), Env: s.Env}
			id := enginetest.Create(t, e, client.ContainerCreateOptions{Config: &config}, true)
			await(t, e, id, s.Name, "exercise")
			restart(t, e, id)
			await(t, e, id, s.Name, "restart")
		})
	}
}

// On a volume of root's and without CHOWN the broker does all of its work and
// keeps nothing. Only who remembers can tell.
func TestLossIsNoticedAfterARestart(t *testing.T) {
	e := local(t)
	config := container.Config{Image: enginetest.Image(t, e, "mosquitto")}
	id := enginetest.Create(t, e, client.ContainerCreateOptions{Config: &config, HostConfig: &container.HostConfig{
		CapDrop: []string{"ALL"}, CapAdd: []string{"SETGID", "SETUID"},
		Mounts: []mount.Mount{{Type: mount.TypeVolume, Target: "/mosquitto/data", VolumeOptions: &mount.VolumeOptions{NoCopy: true}}},
	}}, true)
	await(t, e, id, "mosquitto", "exercise")
	restart(t, e, id)
	err := Run(t.Context(), "mosquitto", environment(t, e, id, "restart"))
	for errors.Is(err, syscall.ECONNREFUSED) && t.Context().Err() == nil {
		time.Sleep(50 * time.Millisecond) // it does not listen yet
		err = Run(t.Context(), "mosquitto", environment(t, e, id, "restart"))
	}
	if err == nil || !strings.Contains(err.Error(), "nothing was retained") {
		t.Errorf("the message should be lost: %v", err)
	}
}

// await runs an exercise until it passes: the service is only starting.
func await(t *testing.T, e *engine.Engine, id, name, phase string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for {
		err := Run(ctx, name, environment(t, e, id, phase))
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: %v", phase, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// environment is what an exercise is told of a container.
func environment(t *testing.T, e *engine.Engine, id, phase string) func(string) string {
	t.Helper()
	c, _, err := e.Inspect(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"BULKHEAD_CONTAINER": id, "BULKHEAD_PHASE": phase}
	for _, endpoint := range c.NetworkSettings.Networks {
		env["BULKHEAD_ADDRESS"] = endpoint.IPAddress.String()
	}
	for port := range c.Config.ExposedPorts {
		env[fmt.Sprintf("BULKHEAD_PORT_%d", port.Num())] = fmt.Sprint(port.Num())
	}
	return func(key string) string { return env[key] }
}

func restart(t *testing.T, e *engine.Engine, id string) {
	t.Helper()
	if _, err := e.API.ContainerRestart(t.Context(), id, client.ContainerRestartOptions{}); err != nil {
		t.Fatal(err)
	}
}
