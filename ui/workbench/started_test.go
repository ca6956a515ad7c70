package workbench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/engine/enginetest"
)

// composePrograms are docker-compose 1.29 where that is installed, and what
// BULKHEAD_COMPOSE names.
func composePrograms(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	if named := strings.Fields(os.Getenv("BULKHEAD_COMPOSE")); len(named) > 0 {
		all["named"] = named
	}
	if _, err := exec.LookPath("docker-compose"); err == nil {
		all["docker-compose"] = []string{"docker-compose"}
	}
	if len(all) == 0 {
		t.Skip("docker-compose is not installed and BULKHEAD_COMPOSE names no Compose program")
	}
	return all
}

// The real Compose starts what was written, in the file and in an override, and
// the container that it makes has every change of the plan.
func TestComposeStartsWhatIsWritten(t *testing.T) {
	programs := composePrograms(t)
	profile := inspect.Profile{Path: "web.seccomp.json", Text: "{\n  \"defaultAction\": \"SCMP_ACT_ALLOW\"\n}\n"}
	plan := fix.NewPlan(
		inspect.Change{Dial: inspect.DialCapabilities, Keep: inspect.ParseCaps([]string{"CHOWN"})},
		inspect.Change{Dial: inspect.DialNoNewPrivileges}, inspect.Change{Dial: inspect.DialReadOnlyRoot},
		inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/run", Options: "mode=755"}},
		inspect.Change{Dial: inspect.DialUser, User: "65534:65534"}, inspect.Change{Dial: inspect.DialSeccomp, Profile: profile},
		inspect.Change{Dial: inspect.DialMemory, Limit: 64 << 20}, inspect.Change{Dial: inspect.DialPIDs, Limit: 50},
	)
	for name, program := range programs {
		for _, kind := range []DraftKind{ToCompose, ToOverride} {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				b := bench(t)
				if !enginetest.HasImage(t, b.Engine, enginetest.BaseImage) {
					t.Skipf("the engine does not have %s", enginetest.BaseImage)
				}
				t.Setenv("XDG_STATE_HOME", t.TempDir())
				b.Files = []string{filepath.Join(t.TempDir(), "bulkheadstarted", "docker-compose.yml")}
				if err := os.Mkdir(filepath.Dir(b.Files[0]), 0o700); err != nil {
					t.Fatal(err)
				}
				put(t, b.Files[0], "version: \"2.4\"\nservices:\n  web:\n    image: "+enginetest.BaseImage+"\n    command: sleep 600\n    user: root\n    labels: {bulkhead.test: started}\n")
				run := func(args string) {
					cmd := exec.Command("sh", "-c", strings.Join(program, " ")+" "+args)
					cmd.Dir = filepath.Dir(b.Files[0])
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Errorf("%v %v: %v\n%s", program, args, err, out)
					}
				}
				w, err := b.Find(t.Context(), "web")
				if err != nil {
					t.Fatal(err)
				}
				var d Draft
				if kind == ToCompose {
					d, err = b.EditCompose(t.Context(), w, plan)
				} else {
					d, err = b.DraftOverride(t.Context(), w, trial.Result{Workload: w.Name, Plan: plan, Proved: true})
				}
				if err != nil {
					t.Fatal(err)
				}
				if _, err := b.Write(t.Context(), d); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { run("down --timeout 0") })
				_, next, _ := strings.Cut(d.Next, "compose ")
				run(next)
				on := &Bench{Engine: b.Engine}
				if w, err = on.Find(t.Context(), "bulkheadstarted/web"); err != nil {
					t.Fatal(err)
				}
				c, _, err := b.Engine.Inspect(t.Context(), w.ID)
				if err != nil {
					t.Fatal(err)
				}
				if missing := unmet(w.Settings, plan, c.HostConfig.SecurityOpt); len(missing) > 0 || w.State != inspect.Running {
					t.Errorf("it is %s; %q\n%s", w.State, missing, d.After)
				}
			})
		}
	}
}
