package policy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"bulkhead/inspect"
)

func TestParse(t *testing.T) {
	cfg, err := Parse("/p/.bulkhead.yaml", []byte(`# decided in the review of March
suppress:
  - check: user-root
    workload: shop/*
    path: deploy/**/*.yaml
    reason: the vendor's image
    expires: 2030-01-31
  - {check: limits, reason: "a batch job", expires: "2030-02-01"}
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Suppress) != 2 {
		t.Fatalf("%d rules", len(cfg.Suppress))
	}
	r := cfg.Suppress[0]
	if r.Check != "user-root" || r.Reason != "the vendor's image" || r.Day() != "2030-01-31" || r.Line != 3 {
		t.Errorf("rule = %+v", r)
	}
	if cfg.Suppress[1].Line != 8 {
		t.Errorf("the second rule's line is %d", cfg.Suppress[1].Line)
	}
}

func TestParseNothing(t *testing.T) {
	for _, text := range []string{"", "# nothing yet\n", "---\n", "suppress:\n", "suppress: []\n"} {
		cfg, err := Parse("f", []byte(text))
		if err != nil || len(cfg.Suppress) != 0 {
			t.Errorf("%q: %v, %v", text, cfg.Suppress, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const whole = "  - {check: user-root, reason: r, expires: 2030-01-31"
	for _, tt := range []struct {
		name, text string
		line       int
		says, next string
	}{
		{"an unknown key at the top", "supress: []\n", 1, `no key "supress"`, "suppress"},
		{"an unknown key of a rule", "suppress:\n" + whole + ", wrkload: x}\n", 2, `no key "wrkload"`, "workload"},
		{"an unknown check", "suppress:\n  - check: user-rot\n    reason: r\n    expires: 2030-01-31\n", 2, `no check "user-rot"`, "user-root"},
		{"no check", "suppress:\n  - reason: r\n    expires: 2030-01-31\n", 2, "no check", "Name the check"},
		{"no reason", "suppress:\n  - check: user-root\n    expires: 2030-01-31\n", 2, "no reason", "Say why"},
		{"an empty reason", "suppress:\n  - check: user-root\n    reason: ' '\n    expires: 2030-01-31\n", 3, "reason is not", "Say why"},
		{"no day", "suppress:\n  - check: user-root\n    reason: r\n", 2, "no expires", "YYYY-MM-DD"},
		{"a day that is none", "suppress:\n  - check: user-root\n    reason: r\n    expires: 2030-02-30\n", 4, "not a day", "YYYY-MM-DD"},
		{"a day and a time", "suppress:\n  - check: user-root\n    reason: r\n    expires: 2030-02-01T00:00:00Z\n", 4, "not a day", "YYYY-MM-DD"},
		{"a key twice", "suppress: []\nsuppress: []\n", 2, "", ""},
		{"no list", "suppress: {check: user-root}\n", 1, "not a list", "list"},
		{"no mapping", "- a\n", 1, "not a mapping", "suppress"},
		{"a rule that is a word", "suppress: [user-root]\n", 1, "not a mapping", "check"},
		{"a pattern that is a list", "suppress:\n" + whole + ", workload: [a]}\n", 2, "not a pattern", "shop/*"},
		{"an empty pattern", "suppress:\n" + whole + ", path: ''}\n", 2, "not a pattern", "shop/*"},
		{"a pattern without end", "suppress:\n" + whole + ", path: " + strings.Repeat("a*", 400) + "}\n", 2, "longer than", ""},
		{"two documents", "suppress: []\n---\nsuppress: []\n", 0, "more than one", ""},
		{"no YAML", "suppress: [\n", 0, "not valid YAML", "Mend"},
		{"an anchor that holds itself", "&a [*a]\n", 1, "not a mapping", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("some/.bulkhead.yaml", []byte(tt.text))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error = %v", err)
			}
			if !strings.Contains(err.Error(), `"some/.bulkhead.yaml"`) || !strings.Contains(err.Error(), tt.says) || !strings.Contains(e.Hint(), tt.next) {
				t.Errorf("%v\n%s", err, e.Hint())
			}
			if tt.line > 0 && e.Line != tt.line {
				t.Errorf("line %d, want %d", e.Line, tt.line)
			}
		})
	}
}

func TestRuleCovers(t *testing.T) {
	rule := func(extra string) Rule {
		t.Helper()
		cfg, err := Parse("/p/.bulkhead.yaml", []byte("suppress: [{check: user-root, reason: r, expires: 2030-01-31"+extra+"}]"))
		if err != nil {
			t.Fatal(err)
		}
		return cfg.Suppress[0]
	}
	for _, tt := range []struct {
		name, extra, workload, check, file string
		want                               bool
	}{
		{"everything of the check", "", "shop/web", "user-root", "", true},
		{"another check", "", "shop/web", "limits", "", false},
		{"a workload by name", ", workload: shop/web", "shop/web", "user-root", "", true},
		{"a name that only begins so", ", workload: shop/web", "shop/web2", "user-root", "", false},
		{"a project", ", workload: shop/*", "shop/web", "user-root", "", true},
		{"a star for all", ", workload: '*'", "shop/web", "user-root", "", true},
		{"one character", ", workload: web-?", "web-1", "user-root", "", true},
		{"a dot is a dot", ", workload: a.b", "axb", "user-root", "", false},
		{"a path", ", path: deploy/*.yaml", "w", "user-root", "/p/deploy/a.yaml", true},
		{"a star stays in its directory", ", path: deploy/*.yaml", "w", "user-root", "/p/deploy/x/a.yaml", false},
		{"two stars do not", ", path: deploy/**/*.yaml", "w", "user-root", "/p/deploy/x/y/a.yaml", true},
		{"two stars may be nothing", ", path: deploy/**/*.yaml", "w", "user-root", "/p/deploy/a.yaml", true},
		{"a path from here", ", path: ./a.yaml", "w", "user-root", "/p/a.yaml", true},
		{"a file elsewhere", ", path: a.yaml", "w", "user-root", "/q/a.yaml", false},
		{"no file", ", path: '**'", "w", "user-root", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := inspect.Finding{ID: tt.check, Source: inspect.Source{File: tt.file}}
			if got := rule(tt.extra).Covers(tt.workload, f); got != tt.want {
				t.Errorf("covers = %v", got)
			}
		})
	}
}

func TestRuleHoldsThroughItsLastDay(t *testing.T) {
	r := Rule{Expires: time.Date(2030, 1, 31, 0, 0, 0, 0, time.UTC)}
	east := time.FixedZone("east", 14*3600)
	for _, tt := range []struct {
		now  time.Time
		want bool
	}{
		{time.Date(2030, 1, 31, 23, 59, 59, 0, time.UTC), false},
		{time.Date(2030, 2, 1, 0, 0, 0, 0, time.UTC), true},
		{time.Date(2030, 1, 31, 23, 0, 0, 0, east), false},
		{time.Date(2029, 12, 31, 0, 0, 0, 0, time.UTC), false},
	} {
		if got := r.Expired(tt.now); got != tt.want {
			t.Errorf("at %v: %v", tt.now, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("suppress:\n  - check: user-root\n    workload: shop/*\n    path: a/**\n    reason: r\n    expires: 2030-01-31\n"))
	f.Add([]byte("&a [*a]"))
	f.Add([]byte("suppress: &x [{<<: *x}]"))
	f.Add([]byte("suppress: [*x]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, err := Parse("f", text)
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("error of type %T", err)
		}
		for _, r := range cfg.Suppress {
			if err == nil && (r.Reason == "" || r.Expires.IsZero() && r.Day() != "0001-01-01" || r.Check == "") {
				t.Fatalf("a rule without reason, day or check: %+v", r)
			}
			r.Covers("shop/web", inspect.Finding{ID: r.Check, Source: inspect.Source{File: "/a/b.yaml"}})
		}
		if err != nil && inspect.Printable(e.Problem) != e.Problem {
			t.Fatalf("the problem is not printable: %q", e.Problem)
		}
	})
}
