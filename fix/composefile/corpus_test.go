package composefile

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"

	"github.com/aymanbagabas/go-udiff"
	"go.yaml.in/yaml/v4"
)

// wholePlan turns the dials that a trial turns by itself.
func wholePlan(t testing.TB) fix.Plan {
	t.Helper()
	keep := inspect.ParseCaps([]string{"CHOWN", "SETGID", "SETUID"})
	return fix.NewPlan(
		inspect.Change{Dial: inspect.DialReadOnlyRoot},
		inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/bulkhead-run", Options: "rw,noexec,size=64m,mode=755,uid=101"}},
		inspect.Change{Dial: inspect.DialNoNewPrivileges},
		inspect.Change{Dial: inspect.DialCapabilities, Keep: keep},
	)
}

// everyDial turns every dial that there is something to turn for: all mounts
// become read-only but the last, which goes; all ports go to loopback.
func everyDial(t testing.TB, s inspect.Settings) fix.Plan {
	t.Helper()
	plan := wholePlan(t).With(
		inspect.Change{Dial: inspect.DialUser, User: "101:101"},
		inspect.Change{Dial: inspect.DialPrivileged},
		inspect.Change{Dial: inspect.DialMemory, Limit: 3 << 30},
		inspect.Change{Dial: inspect.DialPIDs, Limit: 333},
		inspect.Change{Dial: inspect.DialCPUs, CPUs: 1.25},
		inspect.Change{Dial: inspect.DialSeccomp, Profile: inspect.Profile{Path: "seccomp-corpus.json", Text: "{}"}},
		inspect.Change{Dial: inspect.DialAppArmor, Profile: inspect.Profile{Name: "bulkhead-corpus"}},
		inspect.Change{Dial: inspect.DialVolume, Path: "/bulkhead-volume"},
	)
	var mounts []inspect.Mount
	for _, m := range s.Mounts {
		if strings.HasPrefix(m.Setting, "volumes.") && m.Source != "" {
			mounts = append(mounts, m)
		}
	}
	for i, m := range mounts {
		dial := inspect.DialReadOnlyMount
		if i > 0 && i == len(mounts)-1 {
			dial = inspect.DialRemoveMount
		}
		plan = plan.With(inspect.Change{Dial: dial, Path: m.Target})
	}
	for _, p := range s.Ports {
		plan = plan.With(inspect.Change{Dial: inspect.DialLoopback, Port: p.Published()})
	}
	return plan
}

// richest is the service with the most settings: the hardest to edit.
func richest(content []byte) string {
	var doc struct {
		Services map[string]yaml.Node `yaml:"services"`
	}
	if err := yaml.Unmarshal(content, &doc); err != nil {
		return ""
	}
	best, most := "", -1
	for _, name := range slices.Sorted(maps.Keys(doc.Services)) {
		if n := len(doc.Services[name].Content); n > most {
			best, most = name, n
		}
	}
	return best
}

// real is one file of the corpus, in LF, with the service to edit.
type real struct {
	path, service string
	content       []byte
}

func corpus(t testing.TB) []real {
	t.Helper()
	dir := os.Getenv("BULKHEAD_CORPUS")
	if dir == "" {
		t.Skip("BULKHEAD_CORPUS names no directory of Compose files")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.y*ml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Compose files in %s (%v)", dir, err)
	}
	var out []real
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.ReplaceAll(bytes.TrimPrefix(content, utf8BOM), []byte("\r\n"), []byte("\n"))
		if service := richest(content); service != "" {
			out = append(out, real{file, service, content})
		} else {
			t.Logf("%s defines no service", filepath.Base(file))
		}
	}
	return out
}

// request turns every dial in a variant of the file.
func (f real) request(t testing.TB, content []byte) Request {
	t.Helper()
	r := Request{Path: f.path, Content: content, Service: f.service}
	r.Plan = everyDial(t, settingsOf(t, r))
	return r
}

// settingsOf are the settings of the service as it is; none where the file
// cannot be read.
func settingsOf(t testing.TB, r Request) inspect.Settings {
	t.Helper()
	p, err := compose.Load(context.Background(), compose.Options{Files: []string{r.Path}, Overlay: map[string][]byte{r.Path: r.Content}})
	if err != nil {
		return inspect.Settings{}
	}
	w, _ := p.Workload(r.Service)
	return w.Settings
}

var variants = map[string]func([]byte) []byte{
	"LF":   func(b []byte) []byte { return b },
	"CRLF": func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) },
	"BOM":  func(b []byte) []byte { return append([]byte("\ufeff"), b...) },
}

// refusals are the files of the corpus that no program should edit, with why.
// They are all; the count must not grow by itself.
var refusals = map[string]string{
	"066-docker-jitsi-meet-jigasi.yml":                         "ports is governed by a variable", // variables give both sides of a range
	"080-docker-docker_compose_nginx.yml":                      "volumes is not known",            // a mount's source is a variable that is not set
	"081-docker-docker_compose.yml":                            "read_only is not known",          // its value is a variable that is not set
	"093-mint-ose_go_loader_testdata_compose_test_extends.yml": "extends is not known",            // the file that it extends is not there
}

// Real files are edited in their own line ends, and what comes back has passed
// every check of Edit; a second edit changes nothing.
func TestEditCorpus(t *testing.T) {
	count := 0
	for _, f := range corpus(t) {
		name := filepath.Base(f.path)
		for _, variant := range slices.Sorted(maps.Keys(variants)) {
			r := f.request(t, variants[variant](f.content))
			after, err := edited(r)
			var refused *RefusedError
			if errors.As(err, &refused) {
				t.Logf("refused: %s (%s), line %d: %s", name, variant, refused.Line, refused.Reason)
				if want := refusals[name]; want == "" || !strings.Contains(refused.Reason, want) {
					t.Errorf("%s (%s) is not to be refused: %v", name, variant, refused)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s (%s): %v", f.path, variant, err)
				continue
			}
			count++
			if variant == "LF" {
				onlyIntended(t, r, after)
				othersStay(t, r, after)
			}
			if variant == "CRLF" && bytes.Count(after, []byte("\n")) != bytes.Count(after, []byte("\r\n")) {
				t.Errorf("%s: the edit mixed line ends", name)
			}
			r.Content = after
			if again, err := edited(r); err != nil || !bytes.Equal(again, after) {
				t.Errorf("%s (%s): a second edit changed something (%v)", name, variant, err)
			}
		}
	}
	t.Logf("edited %d, refused the %d files that are listed", count, len(refusals))
	if count == 0 {
		t.Error("no file could be edited")
	}
}

// planned are the keys that everyDial may change.
var planned = []string{
	"user", "privileged", "cap_drop", "cap_add", "security_opt", "read_only", "tmpfs", "volumes", "ports",
	"mem_limit", "pids_limit", "cpus", "deploy",
}

// onlyIntended checks by a line diff and an own look at the YAML that lines went
// only from planned keys of the service, and came only inside it.
func onlyIntended(t *testing.T, r Request, after []byte) {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(r.Content, &doc); err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(string(r.Content), "\n") + 2
	services := own(doc.Content[0], "services")
	_, end := span(doc.Content[0], "services", lines)
	start, end := span(services.value, r.Service, end)
	service := own(services.value, r.Service).value
	for _, e := range udiff.Lines(string(r.Content), string(after)) {
		first := 1 + bytes.Count(r.Content[:e.Start], []byte("\n"))
		last := 1 + bytes.Count(r.Content[:e.End], []byte("\n"))
		if first < start || last > end {
			t.Errorf("%s: lines %d to %d changed, the service has %d to %d", r.Path, first, last, start, end)
		}
		for line := first; line < last; line++ {
			if !slices.ContainsFunc(planned, func(key string) bool {
				from, to := span(service, key, end)
				return line >= from && line < to
			}) {
				t.Errorf("%s: line %d changed, which no planned key holds", r.Path, line)
			}
		}
	}
}

// span is the lines of a key: from its own to the next key's.
func span(mapping *yaml.Node, key string, end int) (from, to int) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value != key {
			continue
		}
		if i+2 < len(mapping.Content) {
			end = mapping.Content[i+2].Line
		}
		return mapping.Content[i].Line, end
	}
	return 0, 0
}

// othersStay loads the whole project before and after: no other service differs.
func othersStay(t *testing.T, r Request, after []byte) {
	t.Helper()
	load := func(content []byte) compose.Project {
		p, err := compose.Load(context.Background(), compose.Options{Files: []string{r.Path}, Overlay: map[string][]byte{r.Path: content}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	before, now := load(r.Content), load(after)
	for _, name := range before.Services() {
		if name != r.Service && !sameService(before, now, name) {
			t.Errorf("%s: the service %s differs", r.Path, name)
		}
	}
}

// overrideRefusals are the files of the corpus whose richest service no override
// can harden: what cannot be read in place cannot be read here either.
var overrideRefusals = map[string]string{
	"080-docker-docker_compose_nginx.yml":                      refusals["080-docker-docker_compose_nginx.yml"],
	"081-docker-docker_compose.yml":                            refusals["081-docker-docker_compose.yml"],
	"093-mint-ose_go_loader_testdata_compose_test_extends.yml": refusals["093-mint-ose_go_loader_testdata_compose_test_extends.yml"],
}

// The same plans go into an override of each file, where Compose knows the tags.
func TestOverrideCorpus(t *testing.T) {
	count := 0
	for _, f := range corpus(t) {
		name := filepath.Base(f.path)
		r := f.request(t, f.content)
		r.Files = []string{r.Path}
		r.Path, r.Content, r.Override, r.Tags = filepath.Join(filepath.Dir(r.Path), "corpus.override.yaml"), nil, true, true
		_, err := edited(r)
		var refused *RefusedError
		switch {
		case errors.As(err, &refused):
			t.Logf("refused: %s: %s", name, refused.Reason)
			if want := overrideRefusals[name]; want == "" || !strings.Contains(refused.Reason, want) {
				t.Errorf("%s is not to be refused: %v", name, refused)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		default:
			count++
		}
	}
	t.Logf("%d overrides, refused the %d files that are listed", count, len(overrideRefusals))
}
