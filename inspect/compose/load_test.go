package compose

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
)

// project writes the files into a directory called "shop" and returns it.
func project(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t testing.TB, dir string, o Options) Project {
	t.Helper()
	for i, f := range o.Files {
		o.Files[i] = filepath.Join(dir, f)
	}
	if len(o.Files) == 0 {
		o.Dir = dir
	}
	p, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func workload(t testing.TB, p Project, service string) inspect.Workload {
	t.Helper()
	w, ok := p.Workload(service)
	if !ok {
		t.Fatalf("no service %q among %v", service, p.Services())
	}
	return w
}

const everything = `name: shop
services:
  web:
    image: nginx:1
    user: "101:101"
    privileged: false
    cap_add: [CAP_NET_ADMIN, sys_time, NET_ADMIN]
    cap_drop: [all]
    security_opt:
      - no-new-privileges
      - seccomp:./profile.json
      - apparmor=docker-default
      - label:type:svirt_t
      - systempaths=unconfined
    read_only: true
    tmpfs:
      - /tmp:size=1m
    volumes:
      - data:/var/lib/data
      - ./html:/html:ro,rshared
      - /anonymous
      - type: tmpfs
        target: /run
        tmpfs: {size: 64k, mode: 0755}
      - type: bind
        source: /var/run/docker.sock
        target: /var/run/docker.sock
    devices:
      - /dev/fuse
      - /dev/null:/dev/zero2:r
    pid: host
    ipc: shareable
    uts: host
    userns_mode: host
    cgroup: host
    networks: [front, back]
    ports:
      - "127.0.0.1:8443:443"
      - "8000-8001:80-81"
      - target: 53
        published: "5353"
        protocol: udp
    mem_limit: 64m
    memswap_limit: 128m
    pids_limit: 50
    cpus: 0.1
    environment:
      DB_PASSWORD: hunter2
      UNSET:
    env_file: web.env
    sysctls:
      net.ipv4.ip_unprivileged_port_start: 0
    runtime: runsc
    restart: on-failure:3
    secrets: [cert]
    healthcheck:
      test: [CMD, "true"]
  job:
    image: debian
    network_mode: service:web
    restart: "no"
    healthcheck:
      disable: true
    deploy:
      resources:
        limits: {cpus: "1.5", memory: 32m, pids: 9}
    profiles: [batch]
volumes:
  data:
networks:
  front:
  back:
    name: spine
secrets:
  cert:
    file: ./cert.pem
`

func TestLoadSettings(t *testing.T) {
	dir := project(t, map[string]string{"compose.yaml": everything, "web.env": "API_TOKEN=x\n", "cert.pem": "", "profile.json": "{}"})
	p := load(t, dir, Options{})
	if !p.Strict || len(p.Warnings) > 0 || p.Name != "shop" {
		t.Errorf("strict %v, name %q, warnings %v", p.Strict, p.Name, p.Warnings)
	}
	want := inspect.Settings{
		User: "101:101", CapAdd: []string{"NET_ADMIN", "SYS_TIME"}, CapDrop: []string{"ALL"},
		NoNewPrivileges: true, Seccomp: "custom", SELinux: []string{"type:svirt_t"}, UnmaskedPaths: true,
		ReadOnlyRoot: true,
		Tmpfs:        []inspect.Tmpfs{{Path: "/run", Options: "size=65536,mode=755"}, {Path: "/tmp", Options: "size=1m"}},
		Mounts: []inspect.Mount{
			{Type: "volume", Target: "/anonymous", Setting: "volumes.2"},
			{Type: "bind", Source: filepath.Join(dir, "html"), Target: "/html", ReadOnly: true, Propagation: "rshared", Setting: "volumes.1"},
			{Type: "bind", Source: filepath.Join(dir, "cert.pem"), Target: "/run/secrets/cert", ReadOnly: true, Setting: "secrets.0"},
			{Type: "volume", Source: "shop_data", Target: "/var/lib/data", Setting: "volumes.0"},
			{Type: "bind", Source: "/var/run/docker.sock", Target: "/var/run/docker.sock", Setting: "volumes.4"},
		},
		Devices: []inspect.Device{
			{Host: "/dev/fuse", Container: "/dev/fuse", Permissions: "rwm"},
			{Host: "/dev/null", Container: "/dev/zero2", Permissions: "r"},
		},
		Namespaces: inspect.Namespaces{PID: "host", IPC: "shareable", UTS: "host", User: "host", Cgroup: "host"},
		Networks:   []string{"shop_front", "spine"},
		Ports: []inspect.Port{
			{HostPort: 5353, Container: 53, Protocol: "udp", Setting: "ports.3"},
			{HostPort: 8000, Container: 80, Protocol: "tcp", Setting: "ports.1"},
			{HostPort: 8001, Container: 81, Protocol: "tcp", Setting: "ports.2"},
			{HostIP: "127.0.0.1", HostPort: 8443, Container: 443, Protocol: "tcp", Setting: "ports.0"},
		},
		Limits:  inspect.Limits{Memory: 64 << 20, PIDs: 50, CPUs: 0.1},
		Env:     []string{"API_TOKEN", "DB_PASSWORD"},
		Sysctls: map[string]string{"net.ipv4.ip_unprivileged_port_start": "0"},
		Runtime: "runsc",
		Restart: "on-failure", RestartTries: 3,
		Healthcheck: inspect.Healthcheck{Defined: true},
	}
	if diff := cmp.Diff(want, workload(t, p, "web").Settings); diff != "" {
		t.Errorf("web (-want +got):\n%s", diff)
	}
	want = inspect.Settings{
		Namespaces: inspect.Namespaces{Network: "service:web"},
		Limits:     inspect.Limits{Memory: 32 << 20, PIDs: 9, CPUs: 1.5},
	}
	job := workload(t, p, "job")
	if diff := cmp.Diff(want, job.Settings); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
	job.Settings, job.Sources = inspect.Settings{}, nil
	file := filepath.Join(dir, "compose.yaml")
	if diff := cmp.Diff(inspect.Workload{
		Name: "shop/job", Project: "shop", Service: "job", Image: "debian", State: inspect.Defined, Files: []string{file},
	}, job); diff != "" {
		t.Errorf("workload (-want +got):\n%s", diff)
	}
}

// Each setting is found at the line and column where it stands, in the file that
// supplies it.
func TestLoadSources(t *testing.T) {
	dir := project(t, map[string]string{
		"compose.yaml": `x-base: &base
  read_only: true
  labels: {größe: x, tier: y}
services:
  web:
    <<: *base
    image: nginx
    cap_drop: &drops
      - ALL
    ports:
      - "80-81:80-81"
      - "127.0.0.1:443:443"
    volumes:
      - a:/a
      - /srv:/b
    environment:
      - DB_PASSWORD=x
      - PATH
    deploy: {resources: {limits: {memory: 1m}}}
  db:
    extends: {file: base.yaml, service: store}
    cap_drop: *drops
volumes: {a: }
`,
		"override.yaml": `services:
  web:
    user: "1"
    volumes:
      - /other:/b
    environment:
      EXTRA: x
`,
		"base.yaml": "services:\n  store:\n    image: redis\n    privileged: true\n",
	})
	p := load(t, dir, Options{Files: []string{"compose.yaml", "override.yaml"}})
	at := func(file string, line, column int) inspect.Source {
		return inspect.Source{Origin: inspect.FromCompose, File: filepath.Join(dir, file), Line: line, Column: column}
	}
	for _, test := range []struct {
		service, setting string
		want             inspect.Source
	}{
		{"web", "", at("override.yaml", 2, 3)},
		{"web", "image", at("compose.yaml", 7, 5)},
		{"web", "read_only", at("compose.yaml", 2, 3)},
		{"web", "labels.tier", at("compose.yaml", 3, 22)},
		{"web", "cap_drop", at("compose.yaml", 8, 5)},
		{"web", "cap_drop.0", at("compose.yaml", 9, 9)},
		{"web", "ports.0", at("compose.yaml", 11, 9)},
		{"web", "ports.1", at("compose.yaml", 11, 9)},
		{"web", "ports.2", at("compose.yaml", 12, 9)},
		{"web", "volumes.0", at("compose.yaml", 14, 9)},
		{"web", "volumes.1", at("override.yaml", 5, 9)},
		{"web", "environment.DB_PASSWORD", at("compose.yaml", 17, 9)},
		{"web", "environment.EXTRA", at("override.yaml", 7, 7)},
		{"web", "deploy.resources.limits.memory", at("compose.yaml", 19, 35)},
		{"web", "user", at("override.yaml", 3, 5)},
		{"db", "", at("compose.yaml", 20, 3)},
		{"db", "privileged", at("base.yaml", 4, 5)},
		{"db", "cap_drop", at("compose.yaml", 22, 5)},
		{"db", "cap_drop.0", at("compose.yaml", 9, 9)},
	} {
		if got := workload(t, p, test.service).Sources[test.setting]; got != test.want {
			t.Errorf("%s %q: got %+v, want %+v", test.service, test.setting, got, test.want)
		}
	}
	files := []string{filepath.Join(dir, "compose.yaml"), filepath.Join(dir, "override.yaml")}
	if diff := cmp.Diff(files, workload(t, p, "web").Files); diff != "" {
		t.Errorf("files of web (-want +got):\n%s", diff)
	}
	places := p.Places("db", "privileged")
	if len(places) != 1 || !places[0].Extended || places[0].File != filepath.Join(dir, "base.yaml") {
		t.Errorf("places of privileged: %+v", places)
	}
}

// What an audit can live without is said, not fatal; what is not known is
// never passed off as a default.
func TestLoadLenient(t *testing.T) {
	for name, test := range map[string]struct {
		files      map[string]string
		strict     bool
		warning    string
		unresolved map[string]string
	}{
		"missing env_file": {
			files:      map[string]string{"compose.yaml": "services: {web: {image: x, env_file: gone.env}}"},
			strict:     true,
			warning:    "could not be read. The variables that it sets are not known (web).",
			unresolved: map[string]string{"env_file": "an env_file could not be read"},
		},
		"optional env_file": {
			files:  map[string]string{"compose.yaml": "services: {web: {image: x, env_file: [{path: gone.env, required: false}]}}"},
			strict: true,
		},
		"unset variable": {
			files:   map[string]string{"compose.yaml": "services: {web: {image: 'x:${TAG}', user: '${A:-1}'}}"},
			strict:  true,
			warning: "The variable TAG is not set. Compose puts an empty text in its place.",
		},
		"required variable": {
			files:      map[string]string{"compose.yaml": "services: {web: {image: x, user: '${WHO:?say who}'}}"},
			warning:    "web: user is not known, because the required variable WHO is not set.",
			unresolved: map[string]string{"user": "the required variable WHO is not set"},
		},
		"not a boolean": {
			files:      map[string]string{"compose.yaml": "services: {web: {image: x, privileged: '${P}'}}"},
			warning:    "web: privileged is not known, because Compose refuses it",
			unresolved: map[string]string{"privileged": ""},
		},
		"missing include": {
			files:   map[string]string{"compose.yaml": "include: [gone.yaml]\nservices: {web: {image: x}}"},
			warning: "includes could not be read. The services in it are not shown.",
		},
		"include that includes what is missing": {
			files: map[string]string{
				"compose.yaml": "include: [a.yaml]\nservices: {web: {image: x}}",
				"a.yaml":       "include: [gone.yaml]\nservices: {a: {image: x}}",
			},
			warning: "includes could not be read. The services in it are not shown.",
		},
		"include of a bomb": {
			files:   map[string]string{"compose.yaml": "include: [a.yaml]\nservices: {web: {image: x}}", "a.yaml": bomb()},
			warning: "includes could not be read. The services in it are not shown.",
		},
		"extends what extends what is missing": {
			files: map[string]string{
				"compose.yaml": "services: {web: {image: x, extends: {file: a.yaml, service: a}}}",
				"a.yaml":       "services: {a: {image: x, extends: {file: gone.yaml, service: b}}}",
			},
			warning:    "that it extends could not be found. What it would take over is not known.",
			unresolved: map[string]string{"extends": "the service a that it extends could not be found"},
		},
		"missing extends": {
			files:      map[string]string{"compose.yaml": "services: {web: {image: x, extends: {file: gone.yaml, service: base}}}"},
			warning:    "that it extends could not be found. What it would take over is not known.",
			unresolved: map[string]string{"extends": "the service base that it extends could not be found"},
		},
		"undefined network": {
			files:   map[string]string{"compose.yaml": "services: {web: {image: x, networks: [gone]}}"},
			warning: "Compose refuses this project as it stands",
		},
		"one bad volume of two": {
			files:      map[string]string{"compose.yaml": "services: {web: {image: x, volumes: ['${GONE}:/a', '/srv:/b']}}"},
			warning:    "web: volumes is not known, because Compose refuses it",
			unresolved: map[string]string{"volumes": ""},
		},
		"unknown key": {
			files:      map[string]string{"compose.yaml": "services: {web: {image: x, capadd: [ALL]}}"},
			warning:    "web: capadd is not known",
			unresolved: map[string]string{"capadd": ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := load(t, project(t, test.files), Options{})
			if p.Strict != test.strict {
				t.Errorf("strict is %v", p.Strict)
			}
			all := strings.Join(p.Warnings, "\n")
			if !strings.Contains(all, test.warning) || test.warning == "" && all != "" {
				t.Errorf("warnings %q do not say %q", all, test.warning)
			}
			got := workload(t, p, "web").Unresolved
			if len(got) != len(test.unresolved) {
				t.Errorf("unresolved %v, want %v", got, test.unresolved)
			}
			for setting, reason := range test.unresolved {
				if !strings.HasPrefix(got[setting], reason) || got[setting] == "" {
					t.Errorf("%s: %q, want %q", setting, got[setting], reason)
				}
			}
		})
	}
	t.Run("the good volume stays", func(t *testing.T) {
		p := load(t, project(t, map[string]string{"compose.yaml": "services: {web: {image: x, volumes: ['${GONE}:/a', '/srv:/b']}}"}), Options{})
		want := []inspect.Mount{{Type: "bind", Source: "/srv", Target: "/b", Setting: "volumes.0"}}
		if diff := cmp.Diff(want, workload(t, p, "web").Settings.Mounts); diff != "" {
			t.Errorf("mounts (-want +got):\n%s", diff)
		}
	})
}

// Secrets in the files appear in no workload and no sentence.
func TestLoadKeepsSecrets(t *testing.T) {
	const secret = "hunter2hunter2"
	dir := project(t, map[string]string{
		"compose.yaml": `services:
  web:
    image: x
    environment:
      DB_PASSWORD: ` + secret + `
      API_TOKEN: [` + secret + `]
      URL: postgres://app:` + secret + `@db/app
    ports: ["` + secret + `"]
    env_file: broken.env
`,
		".env":       "APP_SECRET=" + secret + "\nx y " + secret + "\n",
		"broken.env": "a b " + secret + "\n",
	})
	p := load(t, dir, Options{})
	for _, w := range p.Warnings {
		if strings.Contains(w, secret) {
			t.Errorf("a warning shows a secret: %s", w)
		}
	}
	if len(p.Warnings) < 3 {
		t.Errorf("only %d warnings: %v", len(p.Warnings), p.Warnings)
	}
	for _, reason := range workload(t, p, "web").Unresolved {
		if strings.Contains(reason, secret) {
			t.Errorf("a reason shows a secret: %s", reason)
		}
	}
}

// bomb is a file that grows to a billion values when its aliases are followed.
func bomb() string {
	b := "x0: &x0 [a,a,a,a,a,a,a,a,a,a]\n"
	for i := range 9 {
		is, was := string(rune('1'+i)), string(rune('0'+i))
		b += "x" + is + ": &x" + is + " [" + strings.Repeat("*x"+was+",", 9) + "*x" + was + "]\n"
	}
	return b
}

func TestLoadErrors(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		line    int
		problem string
	}{
		"syntax":              {"services:\n  web:\n    image: \"x\n", 3, "not valid YAML"},
		"tab":                 {"services:\n\tweb: x\n", 2, "not valid YAML"},
		"key twice":           {"services:\n  web:\n    image: a\n    image: b\n", 4, "a second time"},
		"unknown anchor":      {"services:\n  web: *gone\n", 2, "not valid YAML"},
		"list at the top":     {"- a\n", 1, "top level is not a mapping"},
		"empty":               {"# nothing\n", 0, "empty"},
		"no services":         {"a: b\n", 1, "no services: at the top level"},
		"services at top":     {"web:\n  image: x\n", 1, "stand at the top level"},
		"services are a list": {"services:\n  - web\n", 2, "not a mapping"},
		"bomb":                {bomb(), 0, "more than"},
		"anchor in itself":    {"services: &a\n  web: {x: *a}\n", 2, "contains itself"},
		"not text":            {"\x00\x01\x02", 0, "not valid YAML"},
		"too large":           {"#" + strings.Repeat(" ", maxFileSize), 0, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := project(t, map[string]string{"compose.yaml": test.content})
			_, err := Load(context.Background(), Options{Dir: dir})
			var typed *Error
			if !errors.As(err, &typed) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if typed.Line != test.line || !strings.Contains(typed.Problem, test.problem) || typed.Next == "" {
				t.Errorf("line %d, problem %q, hint %q; want line %d, %q", typed.Line, typed.Problem, typed.Next, test.line, test.problem)
			}
			if typed.File != filepath.Join(dir, "compose.yaml") {
				t.Errorf("file %q", typed.File)
			}
		})
	}
}

func TestLoadFindsFiles(t *testing.T) {
	web := "services: {web: {image: x}}"
	for name, test := range map[string]struct {
		files map[string]string
		dir   string
		env   []string
		want  []string
	}{
		"the preferred name":  {files: map[string]string{"compose.yaml": web, "docker-compose.yml": web}, want: []string{"compose.yaml"}},
		"with its override":   {files: map[string]string{"docker-compose.yml": web, "docker-compose.override.yml": web}, want: []string{"docker-compose.yml", "docker-compose.override.yml"}},
		"from a subdirectory": {files: map[string]string{"compose.yml": web, "src/x": ""}, dir: "src", want: []string{"compose.yml"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := project(t, test.files)
			p, err := Load(context.Background(), Options{Dir: filepath.Join(dir, test.dir), Env: test.env})
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, f := range test.want {
				want = append(want, filepath.Join(dir, f))
			}
			if diff := cmp.Diff(want, p.Files); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if p.Dir != dir {
				t.Errorf("directory %q, want %q", p.Dir, dir)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		_, err := Load(context.Background(), Options{Dir: t.TempDir()})
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
}

func TestLoadNamesProject(t *testing.T) {
	dir := project(t, map[string]string{
		"compose.yaml": "services: {web: {image: x}}",
		"named.yaml":   "name: ${N:-given}\nservices: {web: {image: x}}",
	})
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{Files: []string{"compose.yaml"}}, "shop"},
		{Options{Files: []string{"named.yaml"}}, "given"},
		{Options{Files: []string{"named.yaml"}, Env: []string{"N=other"}}, "other"},
		{Options{Files: []string{"named.yaml"}, Env: []string{"COMPOSE_PROJECT_NAME=env"}}, "env"},
		{Options{Files: []string{"named.yaml"}, ProjectName: "asked", Env: []string{"COMPOSE_PROJECT_NAME=env"}}, "asked"},
	} {
		if got := load(t, dir, test.o).Name; got != test.want {
			t.Errorf("%+v: got %q, want %q", test.o, got, test.want)
		}
	}
}

// A file can be asked what it would mean before it is written.
func TestLoadOverlay(t *testing.T) {
	dir := project(t, map[string]string{"compose.yaml": "services: {web: {image: x}}"})
	file := filepath.Join(dir, "compose.yaml")
	p := load(t, dir, Options{Overlay: map[string][]byte{file: []byte("services: {web: {image: x, read_only: true}}")}})
	if !workload(t, p, "web").Settings.ReadOnlyRoot {
		t.Error("the overlay did not count")
	}
}

func TestLoadIncludes(t *testing.T) {
	dir := project(t, map[string]string{
		"compose.yaml":  "include: [{path: parts/db.yaml}]\nservices: {web: {image: x}}",
		"parts/db.yaml": "services:\n  db:\n    image: redis\n    volumes: [./data:/data]\n",
	})
	db := workload(t, load(t, dir, Options{}), "db")
	at := filepath.Join(dir, "parts/db.yaml")
	if got := db.Sources["image"]; got.File != at || got.Line != 3 {
		t.Errorf("image stands at %+v", got)
	}
	want := []inspect.Mount{{Type: "bind", Source: filepath.Join(dir, "parts/data"), Target: "/data", Setting: "volumes.0"}}
	if diff := cmp.Diff(want, db.Settings.Mounts); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
}

// Labels are kept by name, and those whose value looks like a secret are told.
func TestLabels(t *testing.T) {
	dir := project(t, map[string]string{"compose.yaml": `services:
  web:
    image: nginx
    labels: {app.password: hunter22, app.tier: back, empty.password: ""}
`})
	w := workload(t, load(t, dir, Options{}), "web")
	if diff := cmp.Diff([]string{"app.password", "app.tier", "empty.password"}, w.LabelNames); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"app.password"}, w.SecretLabels); diff != "" {
		t.Errorf("secret labels (-want +got):\n%s", diff)
	}
}
