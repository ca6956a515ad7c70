package runcmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
)

// TestScriptRuns runs the script with a docker that writes down what it was
// called with.
func TestScriptRuns(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("sh is not installed")
	}
	dir := t.TempDir()
	docker := "#!/bin/sh\nfor a in \"$@\"; do printf '%s|' \"$a\"; done\necho\n[ \"$1\" != fail ]\n"
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(docker), 0o755); err != nil {
		t.Fatal(err)
	}
	c := from(t, made(func(in *Input) {
		in.Container.Config.Cmd = []string{"serve", "--token", "it's hunter22"}
		in.Container.HostConfig.NetworkMode = "front"
		in.Container.HostConfig.Binds = []string{"data:/data", "/etc:/host"}
		in.Container.HostConfig.Mounts = []mount.Mount{{Type: mount.TypeVolume, Source: "logs", Target: "/log"}}
		in.Container.NetworkSettings = &container.NetworkSettings{Networks: map[string]*network.EndpointSettings{"front": {}, "back": {}}}
	}))
	script := c.Script()
	for _, want := range []string{"#!/bin/sh\n", "networks: back, front\n", "not there: data, logs\n", "set -eu\n"} {
		if !strings.Contains(script, want) {
			t.Errorf("it does not say %q:\n%s", want, script)
		}
	}
	run := func(env ...string) (string, error) {
		cmd := exec.Command("sh", "-c", script)
		cmd.Env = append([]string{"PATH=" + dir + ":" + os.Getenv("PATH")}, env...)
		out, err := cmd.Output()
		return string(out), err
	}
	got, err := run("TOKEN=it's hunter22")
	want := "run|-d|--name|web|--volume|data:/data|--volume|/etc:/host|--mount|type=volume,source=logs,target=/log|--network|front|app:1|serve|--token|it's hunter22|\n" +
		"network|connect|back|web|\n"
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("(-want +got):\n%s%v", diff, err)
	}
	if got, err := run(); err == nil || got != "" {
		t.Errorf("without its variable it ran %q (%v)", got, err)
	}
}
