package composefile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bulkhead/fix"
	"bulkhead/fix/writes"
	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what Edit returns into testdata/ok")

// fixture is one file of testdata: "name: value" lines, then the file before
// (and, where it is edited, after), then other files that it names.
type fixture struct {
	path          string
	settings      map[string]string
	before, after []byte
	archive       *txtar.Archive
}

func fixtures(t testing.TB, dir string) []fixture {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no fixtures in testdata/%s (%v)", dir, err)
	}
	var out []fixture
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := fixture{path: path, settings: map[string]string{}, archive: archive}
		for line := range strings.Lines(string(archive.Comment)) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
				f.settings[name] = value
			}
		}
		for _, file := range archive.Files {
			switch file.Name {
			case "before.yaml":
				f.before = file.Data
			case "after.yaml":
				f.after = file.Data
			}
		}
		out = append(out, f)
	}
	return out
}

func (f fixture) name() string { return strings.TrimSuffix(filepath.Base(f.path), ".txtar") }

// request puts the fixture's files into a directory. The plan is the whole one
// unless the fixture says another.
func (f fixture) request(t testing.TB, content []byte) Request {
	t.Helper()
	dir := t.TempDir()
	r := Request{Path: filepath.Join(dir, "before.yaml"), Content: content, Service: "web", Plan: wholePlan(t)}
	if service, ok := f.settings["service"]; ok {
		r.Service = service
	}
	if plan, ok := f.settings["plan"]; ok {
		r.Plan = fix.Plan{}
		if err := json.Unmarshal([]byte(plan), &r.Plan); err != nil {
			t.Fatalf("%s: %v", f.path, err)
		}
	}
	for _, name := range strings.Fields(f.settings["files"]) {
		r.Files = append(r.Files, filepath.Join(dir, name))
	}
	for _, file := range f.archive.Files {
		if file.Name == "after.yaml" {
			continue
		}
		data := file.Data
		if file.Name == "before.yaml" {
			data = content
		}
		if err := os.WriteFile(filepath.Join(dir, file.Name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// edited is the content that Edit returns.
func edited(r Request) ([]byte, error) {
	e, err := Edit(context.Background(), r)
	return e.Content, err
}

// A file of testdata/ok is edited to what stands in it, in every kind of line
// end, and a second edit changes nothing.
func TestEdit(t *testing.T) {
	crlf := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }
	bom := func(b []byte) []byte { return append([]byte("\ufeff"), b...) }
	open := func(b []byte) []byte { return bytes.TrimSuffix(b, []byte("\n")) }
	for _, f := range fixtures(t, "ok") {
		t.Run(f.name(), func(t *testing.T) {
			if *update {
				f.update(t)
			}
			f.check(t, func(b []byte) []byte { return b })
			t.Run("CRLF", func(t *testing.T) { f.check(t, crlf) })
			t.Run("BOM", func(t *testing.T) { f.check(t, bom) })
			if f.settings["final line break"] != "matters" {
				t.Run("no final line break", func(t *testing.T) { f.check(t, open) })
			}
		})
	}
}

func (f fixture) check(t *testing.T, variant func([]byte) []byte) {
	t.Helper()
	r := f.request(t, variant(f.before))
	after, err := edited(r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(variant(f.after)), string(after)); diff != "" {
		t.Errorf("edit (-want +got):\n%s", diff)
	}
	r.Content = after
	again, err := edited(r)
	if err != nil || !bytes.Equal(again, after) {
		t.Errorf("a second edit changed something (%v):\n%s", err, cmp.Diff(string(after), string(again)))
	}
}

func (f *fixture) update(t *testing.T) {
	t.Helper()
	after, err := edited(f.request(t, f.before))
	if err != nil {
		t.Fatal(err)
	}
	f.keep(t, after)
}

// keep writes what was returned into the fixture.
func (f *fixture) keep(t *testing.T, after []byte) {
	t.Helper()
	f.after = after
	files := []txtar.File{}
	for _, file := range f.archive.Files {
		if file.Name != "after.yaml" {
			files = append(files, file)
		}
	}
	f.archive.Files = append(files, txtar.File{Name: "after.yaml", Data: after})
	if err := os.WriteFile(f.path, txtar.Format(f.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A file of testdata/refused is refused at the line and with the reason that
// stand in it.
func TestEditRefuses(t *testing.T) {
	for _, f := range fixtures(t, "refused") {
		t.Run(f.name(), func(t *testing.T) {
			r := f.request(t, f.before)
			after, err := edited(r)
			var refused *RefusedError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want a refusal; the file became:\n%s", err, after)
			}
			if after != nil {
				t.Error("a refusal returned content")
			}
			if !strings.Contains(refused.Reason, f.settings["reason"]) || f.settings["reason"] == "" {
				t.Errorf("reason %q does not contain %q", refused.Reason, f.settings["reason"])
			}
			if want, _ := strconv.Atoi(f.settings["line"]); refused.Line != want {
				t.Errorf("line %d, want %d (%s)", refused.Line, want, refused.Reason)
			}
			if refused.Next == "" || refused.File != r.Path {
				t.Errorf("hint %q, file %q", refused.Next, refused.File)
			}
		})
	}
}

// composeProgram is the real program: BULKHEAD_COMPOSE names one of version 2 or
// later, otherwise it is docker-compose where that is installed.
func composeProgram(t *testing.T) (program []string, named bool) {
	t.Helper()
	if named := strings.Fields(os.Getenv("BULKHEAD_COMPOSE")); len(named) > 0 {
		return named, true
	}
	if _, err := exec.LookPath("docker-compose"); err != nil {
		t.Skip("docker-compose is not installed and BULKHEAD_COMPOSE names no Compose program")
	}
	return []string{"docker-compose"}, false
}

// accepts runs config over the files, in their directory.
func accepts(t *testing.T, program []string, files ...string) {
	t.Helper()
	args := slices.Clone(program[1:])
	for _, file := range files {
		args = append(args, "-f", file)
	}
	cmd := exec.Command(program[0], append(args, "config", "-q")...)
	cmd.Dir = filepath.Dir(files[0])
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s %v: %v\n%s", program[0], args, err, out)
	}
}

// edit writes what Edit returns, with the files that it needs.
func (r Request) edit(t *testing.T) {
	t.Helper()
	e, err := Edit(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(e.Files, writes.File{Path: r.Path, Content: e.Content}) {
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.Path, f.Content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The real program accepts what was written, in the file itself and in an
// override. A fixture says "compose: no" where no program does, for what it
// already held. The slow docker-compose 1.29 is asked about those that say
// "compose: 1.29".
func TestComposeAcceptsEdits(t *testing.T) {
	program, named := composeProgram(t)
	asked := func(f fixture) bool {
		return f.settings["reason"] == "" && f.settings["compose"] != "no" && (named || f.settings["compose"] == "1.29")
	}
	for _, f := range fixtures(t, "ok") {
		if asked(f) {
			t.Run(f.name(), func(t *testing.T) {
				r := f.request(t, f.before)
				r.edit(t)
				accepts(t, program, r.Path)
			})
		}
	}
	for _, f := range fixtures(t, "override") {
		if asked(f) {
			t.Run(f.name(), func(t *testing.T) {
				r := f.override(t)
				r.edit(t)
				accepts(t, program, filepath.Join(filepath.Dir(r.Path), "base.yaml"), r.Path)
			})
		}
	}
}

// A block scalar that ends the file without a line break would change its value
// if a line followed: the new keys are written before it.
func TestEditBeforeOpenBlockScalar(t *testing.T) {
	before := "services:\n  web:\n    image: nginx\n    command: |\n      run"
	r := Request{
		Path: filepath.Join(t.TempDir(), "compose.yaml"), Content: []byte(before), Service: "web",
		Plan: fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyRoot}),
	}
	after, err := edited(r)
	if err != nil {
		t.Fatal(err)
	}
	want := "services:\n  web:\n    image: nginx\n    read_only: true\n    command: |\n      run"
	if diff := cmp.Diff(want, string(after)); diff != "" {
		t.Errorf("edit (-want +got):\n%s", diff)
	}
}

// The edited file counts with the others of its project, and only it may be the
// one that is edited.
func TestEditAmongFiles(t *testing.T) {
	dir := t.TempDir()
	base, override := filepath.Join(dir, "compose.yaml"), filepath.Join(dir, "override.yaml")
	for path, content := range map[string]string{
		base:     "services: {web: {image: nginx, read_only: true}}\n",
		override: "services:\n  web:\n    user: \"1000\"\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := Request{
		Path: override, Content: []byte("services:\n  web:\n    user: \"1000\"\n"), Service: "web", Files: []string{base, override},
		Plan: fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyRoot}, inspect.Change{Dial: inspect.DialCapabilities}),
	}
	after, err := edited(r)
	if err != nil {
		t.Fatal(err)
	}
	want := "services:\n  web:\n    user: \"1000\"\n    cap_drop:\n      - ALL\n"
	if diff := cmp.Diff(want, string(after)); diff != "" {
		t.Errorf("edit (-want +got):\n%s", diff)
	}
	r.Files = []string{base}
	var refused *RefusedError
	if _, err := edited(r); !errors.As(err, &refused) {
		t.Errorf("a file outside the project: %v", err)
	}
}
