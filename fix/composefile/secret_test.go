package composefile

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bulkhead/fix"
	"bulkhead/fix/writes"
	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
)

// marker is a value that must never be shown.
const marker = "hunter2Marker"

// secretTest moves variables of the service db.
type secretTest struct {
	name, before, after string
	move                []string
	// stubs are the files' contents; refused is a part of the reason.
	stubs   []string
	refused string
	env     []string
}

var secretTests = []secretTest{
	{
		name: "mapping",
		before: `version: "3.8"
services:
  db:
    image: postgres:16
    environment:
      POSTGRES_USER: shop # who
      POSTGRES_PASSWORD: hunter2Marker # change it
    volumes:
      - data:/var/lib/postgresql/data

volumes:
  data:
`,
		after: `version: "3.8"
services:
  db:
    image: postgres:16
    environment:
      POSTGRES_USER: shop # who
      POSTGRES_PASSWORD_FILE: /run/secrets/db_postgres_password # change it
    volumes:
      - data:/var/lib/postgresql/data
    secrets:
      - db_postgres_password

volumes:
  data:

secrets:
  db_postgres_password:
    file: ./secrets/db_postgres_password.txt
`,
		stubs: []string{marker},
	},
	{
		name: "list and two of them",
		before: `version: "3.1"
services:
    db:
        image: docker.io/library/mariadb:11@sha256:0123456789012345678901234567890123456789012345678901234567890123
        environment:
        - MARIADB_DATABASE=shop
        - "MARIADB_ROOT_PASSWORD=hunter2Marker$$1"
        - MARIADB_PASSWORD=hunter2Marker
        ports:
        - 3306:3306
`,
		after: `version: "3.1"
services:
    db:
        image: docker.io/library/mariadb:11@sha256:0123456789012345678901234567890123456789012345678901234567890123
        environment:
        - MARIADB_DATABASE=shop
        - "MARIADB_ROOT_PASSWORD_FILE=/run/secrets/db_mariadb_root_password"
        - MARIADB_PASSWORD_FILE=/run/secrets/db_mariadb_password
        ports:
        - 3306:3306
        secrets:
        - db_mariadb_root_password
        - db_mariadb_password

secrets:
    db_mariadb_root_password:
        file: ./secrets/db_mariadb_root_password.txt
    db_mariadb_password:
        file: ./secrets/db_mariadb_password.txt
`,
		move:  []string{"MARIADB_ROOT_PASSWORD", "MARIADB_PASSWORD"},
		stubs: []string{marker + "$1", marker},
	},
	{
		name: "existing secrets, in front of the services",
		before: `version: "3.8"
secrets:
  other:
    file: ./other.txt

services:
  db:
    image: postgres
    secrets: [other]
    environment:
      POSTGRES_PASSWORD: "hunter2Marker"
  web:
    image: nginx
    environment: {A: b}
`,
		after: `version: "3.8"
secrets:
  other:
    file: ./other.txt
  db_postgres_password:
    file: ./secrets/db_postgres_password.txt

services:
  db:
    image: postgres
    secrets: [other, db_postgres_password]
    environment:
      POSTGRES_PASSWORD_FILE: "/run/secrets/db_postgres_password"
  web:
    image: nginx
    environment: {A: b}
`,
		stubs: []string{marker},
	},
	{
		name: "variable",
		before: `version: "3.8"
services:
  db:
    image: postgres
    environment:
      POSTGRES_PASSWORD: ${PGPASS:-hunter2Marker}
`,
		after: `version: "3.8"
services:
  db:
    image: postgres
    environment:
      POSTGRES_PASSWORD_FILE: /run/secrets/db_postgres_password
    secrets:
      - db_postgres_password

secrets:
  db_postgres_password:
    file: ./secrets/db_postgres_password.txt
`,
		stubs: []string{""}, env: []string{"PGPASS=" + marker},
	},
	{
		name: "without a value",
		before: `version: "3.8"
services:
  db:
    image: postgres
    environment:
      POSTGRES_PASSWORD:
      A: b
`,
		after: `version: "3.8"
services:
  db:
    image: postgres
    environment:
      POSTGRES_PASSWORD_FILE: /run/secrets/db_postgres_password
      A: b
    secrets:
      - db_postgres_password

secrets:
  db_postgres_password:
    file: ./secrets/db_postgres_password.txt
`,
		stubs: []string{""}, env: []string{"POSTGRES_PASSWORD=" + marker},
	},
	{
		name: "an image that is not known",
		before: `version: "3.8"
services:
  db:
    image: example.org/postgres
    environment:
      POSTGRES_PASSWORD: hunter2Marker
    restart: always
secrets: {other: {file: ./other.txt}}
`,
		after: `version: "3.8"
services:
  db:
    image: example.org/postgres
    restart: always
    secrets:
      - db_postgres_password
secrets: {other: {file: ./other.txt}, db_postgres_password: {file: ./secrets/db_postgres_password.txt}}
`,
		stubs: []string{marker},
	},
	{
		name:   "JSON",
		before: `{"version": "3.8", "services": {"db": {"image": "postgres", "environment": {"A": "b", "POSTGRES_PASSWORD": "hunter2Marker"}}}}` + "\n",
		after: `{"version": "3.8", "services": {"db": {"image": "postgres", "environment": {"A": "b", "POSTGRES_PASSWORD_FILE": "/run/secrets/db_postgres_password"}, ` +
			`"secrets": ["db_postgres_password"]}}, "secrets": {"db_postgres_password": {"file": "./secrets/db_postgres_password.txt"}}}` + "\n",
		stubs: []string{marker},
	},
	{
		name:    "anchored environment",
		before:  "services:\n  db:\n    image: postgres\n    environment: &env\n      POSTGRES_PASSWORD: hunter2Marker\n  web:\n    image: nginx\n    environment: *env\n",
		refused: "through the anchor &env",
	},
	{
		name:    "anchored value",
		before:  "services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: &p hunter2Marker\n      OTHER_PASSWORD: *p\n",
		refused: "POSTGRES_PASSWORD is written through the anchor &p",
	},
	{
		name:    "merge key in the environment",
		before:  "x-env: &env {POSTGRES_PASSWORD: hunter2Marker}\nservices:\n  db:\n    image: postgres\n    environment:\n      <<: *env\n      A: b\n",
		refused: "POSTGRES_PASSWORD comes through a merge key",
	},
	{
		name:    "merge key in the service",
		before:  "x-db: &db\n  image: postgres\n  environment: {POSTGRES_PASSWORD: hunter2Marker}\nservices:\n  db:\n    <<: *db\n    restart: always\n",
		refused: "environment comes through a merge key",
	},
	{
		name:    "env_file",
		before:  "services:\n  db:\n    image: postgres\n    env_file: [db.env]\n    restart: always\n",
		refused: "not set in the service's own environment but in",
	},
	{
		name:    "block scalar",
		before:  "services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: |-\n        hunter2Marker\n",
		refused: "not a plain value",
	},
	{
		name:    "both are set",
		before:  "services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: hunter2Marker\n      POSTGRES_PASSWORD_FILE: /x\n",
		refused: "POSTGRES_PASSWORD_FILE is set beside POSTGRES_PASSWORD",
	},
	{
		name:    "the name is taken",
		before:  "services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: hunter2Marker\nsecrets:\n  db_postgres_password:\n    file: x\n",
		refused: "the project has a secret db_postgres_password already",
	},
	{
		name:    "a file version without secrets",
		before:  "version: '2.4'\nservices:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: hunter2Marker\n",
		refused: "a service has no secrets",
	},
	{
		name:    "not named like a secret",
		before:  "services:\n  db:\n    image: postgres\n    environment:\n      LICENCE: hunter2Marker\n",
		move:    []string{"LICENCE"},
		refused: "not named like a secret",
	},
	{
		name:    "a comment that the edit would lose",
		before:  "services:\n  db:\n    image: postgres\n    environment: {POSTGRES_PASSWORD: hunter2Marker} # keep\nsecrets: # none\n",
		refused: "secrets is not a mapping",
	},
}

// request puts the file of a test, in some kind of line end, into a directory.
func (test secretTest) request(t *testing.T, content []byte) Request {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"compose.yaml": string(content), "db.env": "POSTGRES_PASSWORD=" + marker + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	image := "postgres"
	for line := range strings.Lines(test.before) {
		if _, name, ok := strings.Cut(line, "image: "); ok {
			image = strings.TrimSpace(name)
			break
		}
	}
	r := Request{Path: filepath.Join(dir, "compose.yaml"), Content: content, Service: "db", Env: test.env}
	for _, name := range test.moves() {
		r.Plan = r.Plan.With(inspect.MoveSecret("db", image, name))
	}
	return r
}

func (test secretTest) moves() []string {
	if test.move == nil {
		return []string{"POSTGRES_PASSWORD"}
	}
	return test.move
}

func TestMoveSecret(t *testing.T) {
	for _, test := range secretTests {
		for variant, change := range map[string]func(string) string{
			"LF":                  func(s string) string { return s },
			"CRLF":                func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
			"no final line break": func(s string) string { return strings.TrimSuffix(s, "\n") },
		} {
			t.Run(test.name+"/"+variant, func(t *testing.T) {
				r := test.request(t, []byte(change(test.before)))
				e, err := Edit(context.Background(), r)
				if err != nil && strings.Contains(err.Error(), marker) {
					t.Fatal("the error shows the value")
				}
				var refused *RefusedError
				if test.refused != "" {
					if !errors.As(err, &refused) || !strings.Contains(refused.Reason, test.refused) || e.Content != nil || e.Files != nil {
						t.Fatalf("got %v, want a refusal: %s", err, test.refused)
					}
					if refused.Next == "" || strings.Contains(refused.Next, marker) {
						t.Error("the hint is empty or shows the value")
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(change(test.after), string(e.Content)); diff != "" {
					t.Errorf("edit (-want +got):\n%s", diff)
				}
				test.checkStubs(t, e)
				checkHidden(t, r, e)
			})
		}
	}
}

func (test secretTest) checkStubs(t *testing.T, e Edited) {
	t.Helper()
	var got []string
	for _, f := range e.Files {
		got = append(got, string(f.Content))
		if f.Mode != 0o600 || !f.Secret || f.Before != nil {
			t.Errorf("%s: mode %o, secret %t, before %q", f.Path, f.Mode, f.Secret, f.Before)
		}
	}
	if diff := cmp.Diff(test.stubs, got); diff != "" {
		t.Errorf("stubs (-want +got):\n%s", diff)
	}
}

// checkHidden makes sure that nothing that is shown holds the value, in the
// edit and when it is taken back.
func checkHidden(t *testing.T, r Request, e Edited) {
	t.Helper()
	shown := strings.Join(e.Notes, "\n") + r.Plan.String() +
		Diff(r.Path, r.Content, e.Content) + Diff(r.Path, e.Content, r.Content)
	for _, f := range e.Files {
		shown += FileDiff(f) + FileDiff(writes.File{Path: f.Path, Before: f.Content, Secret: f.Secret})
	}
	if strings.Contains(shown, marker) {
		t.Errorf("the value is shown:\n%s", shown)
	}
	if !strings.Contains(shown, "Assumed") {
		t.Error("the notes do not say what is assumed")
	}
	if bytes.Contains(e.Content, []byte(marker)) {
		t.Error("the value stayed in the file")
	}
}

// What is written beside the file is not written over.
func TestMoveSecretKeepsFiles(t *testing.T) {
	r := secretTests[0].request(t, []byte(secretTests[0].before))
	path := filepath.Join(filepath.Dir(r.Path), "secrets", "db_postgres_password.txt")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Edit(context.Background(), r); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("got %v", err)
	}
}

// An override file cannot take a variable away.
func TestMoveSecretNotInOverride(t *testing.T) {
	r := secretTests[0].request(t, []byte(secretTests[0].before))
	r.Files, r.Path, r.Content, r.Override, r.Tags = []string{r.Path}, filepath.Join(filepath.Dir(r.Path), "compose.override.yaml"), nil, true, true
	if _, err := Edit(context.Background(), r); err == nil || !strings.Contains(err.Error(), "does not take POSTGRES_PASSWORD out") {
		t.Errorf("got %v", err)
	}
}

// A secret moves together with other changes.
func TestMoveSecretWithOthers(t *testing.T) {
	r := secretTests[0].request(t, []byte(secretTests[0].before))
	r.Plan = r.Plan.With(inspect.Change{Dial: inspect.DialCapabilities}, inspect.Change{Dial: inspect.DialReadOnlyRoot})
	after, err := edited(r)
	if err != nil || !bytes.Contains(after, []byte("read_only: true")) || !bytes.Contains(after, []byte("POSTGRES_PASSWORD_FILE")) {
		t.Errorf("%v\n%s", err, after)
	}
	if met := fix.NewPlan(r.Plan.Changes...); !met.Equal(r.Plan) {
		t.Error("the plan is not itself")
	}
}

// What is written is a file to Compose, too.
func TestMoveSecretForCompose(t *testing.T) {
	program, _ := composeProgram(t)
	for _, test := range secretTests {
		if test.refused != "" {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			r := test.request(t, []byte(test.before))
			r.edit(t)
			args := append(append([]string{}, program[1:]...), "-f", r.Path, "config")
			out, err := exec.Command(program[0], args...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if !bytes.Contains(out, []byte("/secrets/db_")) || bytes.Contains(out, []byte(marker)) {
				t.Error("Compose does not see the secret's file, or still sees the value")
			}
		})
	}
}
