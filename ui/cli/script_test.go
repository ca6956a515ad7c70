package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bulkhead/assets"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
)

// TestMain lets this very binary be bulkhead: in the scripts, and inside the
// engine, where the images made of it call it /bulkhead.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"bulkhead": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScript runs the command line the way people and programs do. A file
// dropped into testdata/script is a test.
func TestScript(t *testing.T) {
	run(t, testscript.Params{Dir: "testdata/script"}, nil)
}

// TestEngineScript runs the scripts that need an engine, one after the other:
// several start a lab, and an engine holds one.
func TestEngineScript(t *testing.T) {
	e := enginetest.Connect(t)
	if _, err := e.API.ImageInspect(t.Context(), "bulkhead-lab/web:1"); err == nil {
		t.Fatal("the lab is up on this engine, and these tests start one of their own: run `bulkhead lab down` first")
	}
	scripts, err := filepath.Glob("testdata/engine/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) {
			run(t, testscript.Params{Files: []string{script}}, func(env *testscript.Env) error {
				env.Setenv("DOCKER_HOST", os.Getenv("DOCKER_HOST"))
				return labFile(filepath.Join(env.WorkDir, "bulkhead-lab-test"))
			})
		})
	}
}

func run(t *testing.T, p testscript.Params, setup func(*testscript.Env) error) {
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("HOME", env.WorkDir)
		env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
		env.Setenv("XDG_DATA_HOME", filepath.Join(env.WorkDir, "data"))
		if setup == nil {
			return nil
		}
		return setup(env)
	}
	p.Condition = func(cond string) (bool, error) {
		if name, ok := strings.CutPrefix(cond, "has:"); ok {
			_, err := exec.LookPath(name)
			return err == nil, nil
		}
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	p.Cmds = map[string]func(*testscript.TestScript, bool, []string){
		"get": get, "jsonhas": jsonHas, "nothingleft": nothingLeft,
	}
	p.UpdateScripts = os.Getenv("UPDATE_SCRIPTS") != ""
	testscript.Run(t, p)
}

// labPort is not the lab's own, which a person may be using.
const labPort = "18089"

// labFile writes the lab's Compose file with a port of the tests' own.
func labFile(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text := strings.ReplaceAll(string(assets.LabCompose), "18080", labPort)
	return os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(text), 0o644)
}

// get PATH TEXT: the lab's web server answers with the text, sooner or later.
func get(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: get PATH TEXT")
	}
	var last string
	for range 100 {
		resp, err := http.Get("http://127.0.0.1:" + labPort + args[0])
		if err == nil {
			body, _ := io.ReadAll(bufio.NewReader(resp.Body))
			resp.Body.Close()
			if last = string(body); strings.Contains(last, args[1]) {
				return
			}
		} else {
			last = err.Error()
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("%s says %q", args[0], last)
}

// jsonhas KEY=VALUE…: stdout is JSON whose top level has these values, written
// as JSON.
func jsonHas(ts *testscript.TestScript, neg bool, args []string) {
	var doc map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &doc))
	for _, arg := range args {
		key, want, _ := strings.Cut(arg, "=")
		got := strings.Join(strings.Fields(string(doc[key])), "")
		if (got == want) == neg {
			ts.Fatalf("%s is %s", key, got)
		}
	}
}

// nothingleft: the engine has nothing of bulkhead's trials, and no lab image.
func nothingLeft(ts *testscript.TestScript, neg bool, args []string) {
	ctx := context.Background()
	e, err := engine.Connect(ctx, engine.Options{})
	ts.Check(err)
	defer e.Close()
	project := "label=com.docker.compose.project=bulkhead-lab-test"
	for _, list := range [][]string{
		{"container", "ls", "--all", "--quiet", "--filter", project},
		{"volume", "ls", "--quiet", "--filter", project},
		{"network", "ls", "--quiet", "--filter", project},
	} {
		out, err := exec.Command("docker", list...).Output()
		ts.Check(err)
		if text := strings.TrimSpace(string(out)); text != "" {
			ts.Fatalf("docker %s: %s", strings.Join(list, " "), text)
		}
	}
	if _, err := e.API.ImageInspect(ctx, "bulkhead-lab/web:1"); err == nil {
		ts.Fatalf("the lab's images are still there")
	}
}
