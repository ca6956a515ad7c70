package lab

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bulkhead/assets"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files anew")

// loadText reads a project whose Compose file holds the text.
func loadText(t *testing.T, text string) (*types.Project, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "Some_Lab.1")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, fileName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return readProject(t.Context(), Options{Dir: dir, Environ: []string{"COMPOSE_PROJECT_NAME=elsewhere", "PORT=8123"}})
}

func everything(t *testing.T) *types.Project {
	t.Helper()
	text, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := loadText(t, string(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestTranslate holds the create requests against a golden file: every setting
// of everything.yaml has to be found there.
func TestTranslate(t *testing.T) {
	p := everything(t)
	if err := checkSupported(p); err != nil {
		t.Fatal(err)
	}
	requests := map[string]any{}
	for name, s := range p.Services {
		request, err := translate(p, s, "sha256:0123")
		if err != nil {
			t.Fatal(err)
		}
		requests[name] = request
	}
	got, err := json.MarshalIndent(requests, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got = append([]byte(strings.ReplaceAll(string(got), p.WorkingDir, "/lab")), '\n')
	const golden = "testdata/everything.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestConfigHashIsComposes(t *testing.T) {
	text, err := os.ReadFile("testdata/everything.hashes")
	if err != nil {
		t.Fatal(err)
	}
	p := everything(t)
	for line := range strings.Lines(string(text)) {
		name, want, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || name == "#" {
			continue
		}
		if got, err := configHash(p.Services[name]); err != nil || got != want {
			t.Errorf("%s: hash is %s, %v; Compose's is %s", name, got, err, want)
		}
	}
}

func TestUnsupported(t *testing.T) {
	for name, test := range map[string]struct{ settings, want string }{
		"nothing":      {"profiles: []", ""},
		"build":        {"build: .", "service web asks for build"},
		"scale":        {"scale: 2", "service web asks for scale"},
		"one of it":    {"scale: 1", ""},
		"replicas":     {"deploy: {replicas: 3}", "service web asks for deploy.replicas"},
		"update order": {"deploy: {update_config: {order: start-first}}", "service web asks for deploy.update_config"},
		"links":        {"links: [db]", "service web asks for links"},
		"gpus, hooks":  {"gpus: all\n    post_start: [{command: [a]}]", "service web asks for gpus, post_start"},
		"completed":    {"depends_on: {db: {condition: service_completed_successfully}}", "service web asks for depends_on: service_completed_successfully"},
		"address":      {"networks: {default: {ipv4_address: 192.0.2.7}}", "service web asks for networks: ipv4_address"},
		"subpath":      {"volumes: [{type: volume, source: data, target: /d, volume: {subpath: x}}]", "service web asks for volumes: subpath"},
	} {
		p, err := loadText(t, "services:\n  db: {image: a}\n  web:\n    image: a\n    "+test.settings+"\nvolumes: {data: }\n")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := ""
		if err := checkSupported(p); err != nil {
			got = strings.TrimSuffix(err.Error(), ", which bulkhead cannot start without Compose")
		}
		if got != test.want {
			t.Errorf("%s: says %q, want %q", name, got, test.want)
		}
	}
}

func TestReadProject(t *testing.T) {
	p, err := loadText(t, string(assets.LabCompose)+"# ${PORT}\n")
	if err != nil {
		t.Fatal(err)
	}
	// The directory names the project, whatever the environment says.
	if p.Name != "some_lab1" {
		t.Errorf("the project is named %q", p.Name)
	}
	want := []string{"admin", "ping", "store", "web"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(p.Services))); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	if err := checkSupported(p); err != nil {
		t.Error(err)
	}
	p, err = loadText(t, "services: {web: {image: a, ports: ['${PORT}:80']}}\n")
	if err != nil || p.Services["web"].Ports[0].Published != "8123" {
		t.Errorf("a variable is read as %v, %v", p, err)
	}
	_, err = loadText(t, "services: {web: {image: a, env_file: gone.env}}\n")
	if err == nil || !strings.Contains(err.Error(), "gone.env") {
		t.Errorf("error is %v, want the missing file's name", err)
	}
	_, err = loadText(t, "services:\n  web:\n    image: a\n   ports: [\n")
	if err == nil || !strings.Contains(err.Error(), "line 4") || !strings.Contains(err.Error(), fileName) {
		t.Errorf("error is %v, want file and line", err)
	}
}

func TestPortInUseIsFoundInTheEnginesWords(t *testing.T) {
	for text, want := range map[string]string{
		// Another container has it, in two wordings; a process has it; and
		// Docker Desktop, as public reports quote it.
		"driver failed programming external connectivity on endpoint x (0a): Bind for 0.0.0.0:18080 failed: port is already allocated":                                                       "18080",
		"failed to set up container networking: driver failed programming external connectivity on endpoint x (0a): Bind for :::8080 failed: port is already allocated":                      "8080",
		"driver failed programming external connectivity on endpoint x (0a): Error starting userland proxy: listen tcp4 127.0.0.1:4321: bind: address already in use":                        "4321",
		"Ports are not available: exposing port TCP 0.0.0.0:18080 -> 0.0.0.0:0: listen tcp 0.0.0.0:18080: bind: Only one usage of each socket address (protocol/...) is normally permitted.": "18080",
		"OCI runtime create failed: exec: \"/bulkhead\": no such file or directory":                                                                                                          "",
	} {
		got := ""
		if found := portInUse.FindStringSubmatch(text); found != nil {
			got = found[1]
		}
		if got != want {
			t.Errorf("%s: found %q, want %q", text, got, want)
		}
	}
}
