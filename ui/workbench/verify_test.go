package workbench

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/engine/enginetest"
)

func TestUnmet(t *testing.T) {
	profile := inspect.Profile{Path: "p.json", Text: "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}\n"}
	plan := fix.NewPlan(
		inspect.Change{Dial: inspect.DialCapabilities, Keep: inspect.ParseCaps([]string{"CHOWN"})},
		inspect.Change{Dial: inspect.DialReadOnlyRoot},
		inspect.Change{Dial: inspect.DialUser, User: "101:101"},
		inspect.Change{Dial: inspect.DialMemory, Limit: 64 << 20},
		inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/run", Options: "mode=755"}},
		inspect.Change{Dial: inspect.DialSeccomp, Profile: profile},
	)
	hardened := fix.Apply(inspect.Settings{}, plan)
	for _, tt := range []struct {
		name     string
		settings inspect.Settings
		options  []string
		want     []string
	}{
		{"all of it", hardened, []string{`seccomp={"defaultAction":"SCMP_ACT_ALLOW"}`}, nil},
		{"another profile", hardened, []string{`seccomp={"defaultAction":"SCMP_ACT_LOG"}`},
			[]string{"Planned: use the seccomp profile p.json. Now: another seccomp profile."}},
		{"little of it", inspect.Settings{CapDrop: []string{"ALL"}, ReadOnlyRoot: true, Limits: inspect.Limits{Memory: 1 << 30}, Tmpfs: []inspect.Tmpfs{{Path: "/run"}}}, nil,
			[]string{
				"Planned: drop all capabilities but CHOWN. Now: it is granted none.",
				"Planned: run as 101:101. Now: it starts as root.",
				"Planned: limit memory to 64m. Now: the limit is 1g.",
				"Planned: mount a tmpfs on /run:mode=755. Now: it is mounted as /run.",
				"Planned: use the seccomp profile p.json. Now: the profile is the engine's default.",
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, unmet(tt.settings, plan, tt.options)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A container is held against its newest proved plan.
func TestVerify(t *testing.T) {
	b := bench(t)
	if !enginetest.HasImage(t, b.Engine, enginetest.BaseImage) {
		t.Skipf("the engine does not have %s", enginetest.BaseImage)
	}
	id := enginetest.Create(t, b.Engine, client.ContainerCreateOptions{
		Config: &container.Config{Image: enginetest.BaseImage, Cmd: []string{"sleep", "600"}}, HostConfig: &container.HostConfig{ReadonlyRootfs: true},
	}, false)
	w, err := b.Engine.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var none *NoResultError
	if _, err := b.Verify(t.Context(), w); !errors.As(err, &none) {
		t.Errorf("nothing was proved: %v", err)
	}
	plan := fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyRoot}, inspect.Change{Dial: inspect.DialNoNewPrivileges})
	if _, err := b.Journal.Save(trial.Result{Workload: w.Name, Proved: true, Plan: plan, Started: b.Now()}); err != nil {
		t.Fatal(err)
	}
	got, err := b.Verify(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Planned: set no-new-privileges. Now: it is not so."}, got); diff != "" {
		t.Error(diff)
	}
}

// What the plan does not speak of is held against the service's Compose file.
func TestVerifyHoldsTheFile(t *testing.T) {
	b := bench(t)
	if !enginetest.HasImage(t, b.Engine, enginetest.BaseImage) {
		t.Skipf("the engine does not have %s", enginetest.BaseImage)
	}
	path := filepath.Join(t.TempDir(), "compose.yaml")
	put(t, path, "services:\n  web:\n    image: "+enginetest.BaseImage+"\n    read_only: true\n    cap_drop: [ALL]\n")
	id := enginetest.Create(t, b.Engine, client.ContainerCreateOptions{
		Config: &container.Config{Image: enginetest.BaseImage, Cmd: []string{"sleep", "600"}, Labels: map[string]string{
			"com.docker.compose.project": "bhverify", "com.docker.compose.service": "web", "com.docker.compose.container-number": "1",
			"com.docker.compose.oneoff": "False", "com.docker.compose.project.working_dir": filepath.Dir(path), "com.docker.compose.project.config_files": path,
		}},
		HostConfig: &container.HostConfig{ReadonlyRootfs: true, NetworkMode: "none"},
	}, false)
	w, err := b.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	plan := fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyRoot})
	if _, err := b.Journal.Save(trial.Result{Workload: w.Name, Proved: true, Plan: plan, Started: b.Now()}); err != nil {
		t.Fatal(err)
	}
	got, err := b.Verify(t.Context(), w)
	if err != nil || len(got) != 1 || !strings.Contains(got[0], "cap_drop") || !strings.Contains(got[0], "docker compose up -d web") {
		t.Errorf("%q, %v", got, err)
	}
}
