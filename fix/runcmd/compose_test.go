package runcmd

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"
	"bulkhead/inspect/engine"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// everyDial turns them all.
func everyDial(t testing.TB) fix.Plan {
	t.Helper()
	return fix.NewPlan(
		inspect.Change{Dial: inspect.DialCapabilities, Keep: inspect.ParseCaps([]string{"CHOWN", "SETUID"})},
		inspect.Change{Dial: inspect.DialNoNewPrivileges},
		inspect.Change{Dial: inspect.DialReadOnlyRoot},
		inspect.Change{Dial: inspect.DialUser, User: "101:102"},
		inspect.Change{Dial: inspect.DialPrivileged},
		inspect.Change{Dial: inspect.DialMemory, Limit: 96 << 20},
		inspect.Change{Dial: inspect.DialPIDs, Limit: 77},
		inspect.Change{Dial: inspect.DialCPUs, CPUs: 0.75},
		inspect.Change{Dial: inspect.DialSeccomp, Profile: inspect.Profile{Path: "planned.json", Text: `{"defaultAction":"SCMP_ACT_ALLOW"}`}},
		inspect.Change{Dial: inspect.DialAppArmor, Profile: inspect.Profile{Name: "planned"}},
		inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/run", Options: "size=2m"}},
		inspect.Change{Dial: inspect.DialVolume, Path: "/data"},
		inspect.Change{Dial: inspect.DialReadOnlyMount, Path: "/log"},
		inspect.Change{Dial: inspect.DialRemoveMount, Path: "/anonymous"},
		inspect.Change{Dial: inspect.DialLoopback, Port: "80/tcp"},
	)
}

// TestComposeIsThePlanApplied loads what is written with compose-go: its
// settings are the container's under the plan.
func TestComposeIsThePlanApplied(t *testing.T) {
	for _, name := range fixtures(t) {
		for which, p := range map[string]fix.Plan{"as it is": {}, "hardened": everyDial(t)} {
			t.Run(name+"/"+which, func(t *testing.T) {
				in := fixture(t, name)
				command := from(t, in).Harden(p)
				want := fix.Apply(engine.ToWorkload(in.Container).Settings, p)
				got := loaded(t, command)
				if diff := cmp.Diff(want, got, sameSettings...); diff != "" {
					c, _ := command.Compose()
					t.Errorf("settings (-plan applied +Compose):\n%s\n%s", diff, c.Text)
				}
			})
		}
	}
}

// sameSettings passes over where settings stand and in which order.
var sameSettings = []cmp.Option{
	cmpopts.EquateEmpty(),
	cmpopts.IgnoreFields(inspect.Mount{}, "Setting"), cmpopts.IgnoreFields(inspect.Port{}, "Setting"),
	cmpopts.SortSlices(func(a, b inspect.Tmpfs) bool { return a.Path < b.Path }),
	cmpopts.SortSlices(func(a, b inspect.Mount) bool { return a.Target < b.Target }),
	cmpopts.SortSlices(func(a, b inspect.Port) bool { return a.Container < b.Container }),
	cmpopts.SortSlices(func(a, b string) bool { return a < b }),
}

// loaded are the settings of the command's Compose file as compose-go has them.
func loaded(t *testing.T, command Command) inspect.Settings {
	t.Helper()
	c, err := command.Compose()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "compose.yaml")
	for _, f := range append(c.Files, File{Name: "compose.yaml", Data: c.Text}) {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var env []string
	for _, name := range command.variables() {
		env = append(env, name+"=a value")
	}
	p, err := compose.Load(t.Context(), compose.Options{Files: []string{path}, ProjectName: "test", Env: env})
	if err != nil || !p.Strict || len(p.Warnings) > 0 {
		t.Fatalf("compose-go does not take it: %v %v\n%s", err, p.Warnings, c.Text)
	}
	if len(p.Workloads) != 1 {
		t.Fatalf("%d services", len(p.Workloads))
	}
	settings := p.Workloads[0].Settings
	for i, m := range settings.Mounts {
		if inspect.MadeUp(m.Source) {
			settings.Mounts[i].Source = "" // named, it keeps its data
		}
	}
	return settings
}

func TestComposeFile(t *testing.T) {
	in := fixture(t, "hardened")
	in.Container.Config.Env = []string{"DB_PASSWORD=hunter22", "PRICE=5$"}
	in.Container.Config.Cmd = []string{"serve", "--token", "hunter23"}
	c, err := from(t, in).Harden(plan(t)).Compose()
	if err != nil {
		t.Fatal(err)
	}
	text := string(c.Text)
	for _, want := range []string{`"DB_PASSWORD=${DB_PASSWORD:?}"`, `"PRICE=5$$"`, `"${TOKEN:?}"`, "Set and export DB_PASSWORD, TOKEN", "container_name: hardened"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not hold %s:\n%s", want, text)
		}
	}
	for _, secret := range []string{"hunter22", "hunter23"} {
		if strings.Contains(text, secret) {
			t.Errorf("it holds the secret %s", secret)
		}
	}
}

// TestEveryFlagHasItsKey holds the three tables to each other.
func TestEveryFlagHasItsKey(t *testing.T) {
	keys := slices.Collect(maps.Values(singles))
	keys = slices.AppendSeq(keys, maps.Values(switches))
	keys = slices.AppendSeq(keys, maps.Values(lists))
	for _, at := range under {
		keys = append(keys, at[0])
	}
	for _, key := range keys {
		if !slices.Contains(order, key) {
			t.Errorf("%s has no place in the file", key)
		}
	}
}
