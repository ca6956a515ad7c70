package report

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"bulkhead/assets"
	"bulkhead/inspect"
	"bulkhead/inspect/check"
	"bulkhead/ui/policy"
	"bulkhead/ui/tui/theme"
	"bulkhead/ui/workbench"
)

// writers are the formats.
var writers = map[string]func(io.Writer, policy.Outcome) error{
	"table80.txt":  func(w io.Writer, o policy.Outcome) error { return Table(bare(w), o, theme.New(true, false), 80) },
	"table120.txt": func(w io.Writer, o policy.Outcome) error { return Table(bare(w), o, theme.New(true, false), 120) },
	"audit.json":   JSON,
	"audit.sarif": func(w io.Writer, o policy.Outcome) error {
		return SARIF(context.Background(), w, o, SARIFOptions{Dir: projectDir, Version: "1.2.3", Now: now, Edit: fakeEdit})
	},
	"audit.xml":  func(w io.Writer, o policy.Outcome) error { return JUnit(w, o, now) },
	"audit.md":   Markdown,
	"audit.html": func(w io.Writer, o policy.Outcome) error { return HTML(w, o, HTMLOptions{Version: "1.2.3", Now: now}) },
}

// bare takes the theme's own bold and faint away, and nothing else: a sequence
// of somebody else's would stay.
func bare(w io.Writer) io.Writer { return bareWriter{w} }

type bareWriter struct{ w io.Writer }

func (b bareWriter) Write(p []byte) (int, error) {
	for _, own := range []string{"\x1b[m", "\x1b[1m", "\x1b[2m", "\x1b[7m"} {
		p = bytes.ReplaceAll(p, []byte(own), nil)
	}
	return b.w.Write(p)
}

// fakeEdit adds a line to a small file.
func fakeEdit(_ context.Context, w inspect.Workload, _ []inspect.Change) (Edit, error) {
	if w.Service != "web" {
		return Edit{}, errors.New("refused")
	}
	before := "services:\n  wéb: {image: nginx}\n  web:\n    image: nginx:1\n"
	return Edit{Path: projectDir + "/compose.yaml", Before: []byte(before), After: []byte(before + "    security_opt: [no-new-privileges]\n")}, nil
}

func written(t *testing.T, name string, o policy.Outcome) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := writers[name](&buf, o); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestGolden(t *testing.T) {
	for name := range writers {
		t.Run(name, func(t *testing.T) {
			text := written(t, name, theOutcome(t))
			if name == "audit.sarif" {
				text = withoutRules(t, text)
			}
			golden(t, name, text)
		})
	}
}

// withoutRules leaves out the catalogue, which has tests of its own.
func withoutRules(t *testing.T, text []byte) []byte {
	t.Helper()
	var log sarifLog
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	log.Runs[0].Tool.Driver.Rules = nil
	for i := range log.Runs[0].Results {
		log.Runs[0].Results[i].RuleIndex = 0
	}
	for _, n := range log.Runs[0].Invocations[0].ToolExecutionNotifications {
		if n.AssociatedRule != nil {
			n.AssociatedRule.Index = 0
		}
	}
	var out bytes.Buffer
	if err := Indented(&out, log); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// No format lets foreign text be more than text.
func TestHostileText(t *testing.T) {
	o := outcomeOf(t, hostileAudit())
	for name := range writers {
		t.Run(name, func(t *testing.T) {
			text := string(written(t, name, o))
			for _, r := range text {
				if r != '\n' && !unicode.IsPrint(r) {
					t.Fatalf("it holds %q", r)
				}
			}
			switch name {
			case "audit.html", "audit.md", "audit.xml":
				markup := []string{"<script", "<img", "href=\"javascript"}
				if name == "audit.md" {
					markup = append(markup, "](javascript", "@everyone")
				}
				for _, bad := range markup {
					if strings.Contains(text, bad) {
						t.Errorf("it holds %q", bad)
					}
				}
			case "audit.json", "audit.sarif":
				if !json.Valid([]byte(text)) {
					t.Error("it is not JSON")
				}
			}
		})
	}
}

// The JSON says the same as what was escaped in it.
func TestJSONKeepsForeignText(t *testing.T) {
	a := workbench.Audit{Workloads: []inspect.Audited{{Workload: inspect.Workload{Name: "a\u009b\u202e\U000e0041\x7fé漢"}}}}
	var out struct{ Workloads []struct{ Name string } }
	if err := json.Unmarshal(written(t, "audit.json", policy.Policy{}.Apply(a)), &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.Workloads[0].Workload.Name, out.Workloads[0].Name); diff != "" {
		t.Error(diff)
	}
}

// everyLayer is the fixture with every layer there is.
func everyLayer() workbench.Audit {
	all := theAudit()
	for i := range all.Workloads {
		w := &all.Workloads[i]
		for n, l := range inspect.Layers() {
			if !slices.ContainsFunc(w.Layers, func(s inspect.LayerState) bool { return s.Layer == l }) {
				w.Layers = append(w.Layers, layer(l, theme.States()[(i+n)%4], "for some reason"))
			}
		}
	}
	return all
}

func TestTableOfEveryLayer(t *testing.T) {
	for name, width := range map[string]int{"layers80.txt": 80, "layers120.txt": 120} {
		var buf bytes.Buffer
		if err := Table(bare(&buf), policy.Policy{}.Apply(everyLayer()), theme.New(true, false), width); err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(buf.String(), "\n\nwhat to do first")
		golden(t, name, []byte(head+"\n"))
	}
}

func TestTableFitsItsWidth(t *testing.T) {
	all := everyLayer()
	for i := range all.Workloads {
		all.Workloads[i].Workload.Name += strings.Repeat("-long", 20)
	}
	for _, width := range []int{60, 80, 96, 120} {
		var buf bytes.Buffer
		if err := Table(bare(&buf), policy.Policy{}.Apply(all), theme.New(true, false), width); err != nil {
			t.Fatal(err)
		}
		table, _, _ := strings.Cut(buf.String(), "\n\nshop/web")
		for line := range strings.Lines(table) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > width {
				t.Errorf("at %d: %d characters in %q", width, n, line)
			}
		}
	}
}

// validator holds a text against a JSON schema, formats included.
func validator(t *testing.T, schema []byte) func(text []byte) error {
	t.Helper()
	parse := func(text []byte) any {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", parse(schema)); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text []byte) error { return compiled.Validate(parse(text)) }
}

func TestJSONSchema(t *testing.T) {
	valid := validator(t, assets.AuditSchema)
	several := theAudit()
	several.Further = []workbench.EngineState{{Host: several.Host, Engine: layer(inspect.LayerEngine, inspect.Open, "it runs as root", rootUser(inspect.Source{Origin: inspect.FromEngine}))}}
	baseline, err := policy.ParseBaseline("old.json", written(t, "audit.json", theOutcome(t)))
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]policy.Outcome{
		"the fixture":     theOutcome(t),
		"hostile":         outcomeOf(t, hostileAudit()),
		"nothing":         policy.Policy{}.Apply(workbench.Audit{}),
		"several engines": policy.Policy{}.Apply(several),
		"with a baseline": policy.Policy{Baseline: baseline}.Apply(theAudit()),
		"as it is read":   policy.Policy{}.Apply(checked()),
	} {
		if err := valid(written(t, "audit.json", o)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The schema refuses what is not an audit.
	whole := string(written(t, "audit.json", theOutcome(t)))
	for _, change := range [][2]string{
		{`"check": "devices"`, `"czech": "devices"`}, {`"in": [`, `"on": [`},
		{`"schemaVersion": 1`, `"schemaVersion": 2`}, {`"state": "open"`, `"state": "ajar"`}, {`"severity": "medium"`, `"severity": "bad"`},
		{`"workloads"`, `"containers"`}, {`"evidence"`, `"proof"`}, {`"expires": "2030-06-30"`, `"expires": "soon"`},
	} {
		broken := strings.Replace(whole, change[0], change[1], 1)
		if broken == whole {
			t.Fatalf("the fixture has no %s", change[0])
		}
		if valid([]byte(broken)) == nil {
			t.Errorf("it accepts %s", change[1])
		}
	}
}

// checked is an audit as the checks themselves make it.
func checked() workbench.Audit {
	w := inspect.Workload{Name: "w", Image: "i", State: inspect.Running, Settings: inspect.Settings{
		Privileged: true, CapAdd: []string{"SYS_ADMIN"}, Seccomp: "unconfined", Namespaces: inspect.Namespaces{PID: "host"},
		Mounts: []inspect.Mount{{Type: inspect.BindMount, Source: "/var/run/docker.sock", Target: "/s"}},
	}}
	return workbench.Audit{Workloads: []inspect.Audited{check.Audit(w, inspect.Host{})}}
}

// The baseline of an audit holds all of it.
func TestBaselineRoundTrip(t *testing.T) {
	b, err := policy.ParseBaseline("old.json", written(t, "audit.json", policy.Policy{}.Apply(checked())))
	if err != nil {
		t.Fatal(err)
	}
	o := policy.Policy{Baseline: b}.Apply(checked())
	if _, any := o.Worst(); any || o.Known() == 0 {
		t.Errorf("reported: %v, known: %d", any, o.Known())
	}
}

// A web page and XML are well formed, with hostile text, too.
func TestWellFormed(t *testing.T) {
	for _, name := range []string{"audit.html", "audit.xml"} {
		for _, o := range []policy.Outcome{theOutcome(t), outcomeOf(t, hostileAudit()), policy.Policy{}.Apply(workbench.Audit{})} {
			d := xml.NewDecoder(bytes.NewReader(written(t, name, o)))
			elements := 0
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				e, ok := token.(xml.StartElement)
				if !ok {
					continue
				}
				elements++
				for _, a := range e.Attr {
					if a.Name.Local == "src" || strings.HasPrefix(a.Name.Local, "on") || e.Name.Local == "link" || e.Name.Local == "script" {
						t.Errorf("%s: <%s %s=%q>", name, e.Name.Local, a.Name.Local, a.Value)
					}
				}
			}
			if elements == 0 {
				t.Errorf("%s has no element", name)
			}
		}
	}
}

func TestMarkdownIsBounded(t *testing.T) {
	a := theAudit()
	for range 2000 {
		a.Workloads = append(a.Workloads, theAudit().Workloads[1])
	}
	text := written(t, "audit.md", policy.Policy{}.Apply(a))
	if len(text) > 65_536 || !strings.Contains(string(text), "not shown here") {
		t.Errorf("%d bytes", len(text))
	}
}
