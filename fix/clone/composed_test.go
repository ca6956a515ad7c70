package clone

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/fix"
	"bulkhead/fix/owner"
	"bulkhead/inspect/compose"
	"bulkhead/inspect/engine/enginetest"
)

// composed is a project with everything in it that a second one of the same
// files would collide with.
const composed = `
services:
  web:
    image: IMAGE
    container_name: NAME-web
    ports: ["127.0.0.1:80:8080"]
    environment: {PASSWORD: "pa$$word $${HOME}"}
    env_file: [web.env]
    secrets: [key]
    volumes: ["data:/data", "./missing:/missing", "ext:/ext"]
    networks: {back: {ipv4_address: 172.31.213.9}}
    depends_on: {db: {condition: service_healthy}}
    links: ["db:database"]
    command: ["bash", "-c", "trap 'exit 0' TERM; for h in db database NAME-db; do : </dev/tcp/$$h/6379 || exit 1; done; echo \"$$PASSWORD $$FROM_FILE $$(cat /run/secrets/key) $$(cat /ext/seed)\"; sleep 600 & wait"]
  db:
    image: REDIS
    container_name: NAME-db
    profiles: [full]
    networks: [back]
    healthcheck: {test: ["CMD", "redis-cli", "ping"], interval: 30s}
  unrelated:
    image: no-such-image:1
networks:
  back:
    name: NAME
    ipam: {config: [{subnet: 172.31.213.0/24}]}
volumes:
  data: {name: NAME}
  ext: {external: true, name: NAME}
secrets:
  key: {file: ./key}
`

// files writes the project into a directory and reads it.
func (p project) files(text string) Service {
	p.Helper()
	dir := p.TempDir()
	text = strings.NewReplacer("IMAGE", enginetest.BaseImage, "NAME", p.name, "REDIS", enginetest.Image(p, p.Engine, "redis")).Replace(text)
	for name, content := range map[string]string{"compose.yaml": text, "web.env": "FROM_FILE=from-file\n", "key": "hush\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			p.Fatal(err)
		}
	}
	loaded, err := compose.Load(p.Context(), compose.Options{Files: []string{filepath.Join(dir, "compose.yaml")}, ProjectName: "shop"})
	if err != nil {
		p.Fatal(err)
	}
	return Service{Project: loaded, Name: "web", Environ: os.Environ()}
}

// A service that was never started is tried beside a project of the same files
// that holds its names, its subnet and its volumes.
func TestServiceWithoutAContainer(t *testing.T) {
	p := newProject(t)
	service := p.files(composed)
	if _, err := findCompose(t.Context(), p.Host, service); err != nil {
		t.Skip(err)
	}
	p.ownVolume()
	before := p.names()
	s, err := OpenService(t.Context(), p.Engine, service, Options{CopyVolumes: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeClean(t, s) })
	p.noted(s, "db is cloned with it", "fixed address is 172.31.213.9", "missing is not there; the copies have an empty volume")
	p.run(s, fix.Plan{}, "pa$word ${HOME} from-file hush from the volume")
	if port := s.spec.Config.ExposedPorts; len(port) != 1 {
		t.Errorf("exposed ports %v", port)
	}
	for _, name := range []string{"web", "db"} {
		if id, err := s.created(t.Context(), name); err != nil {
			t.Error(err)
		} else if original, _, err := p.Inspect(t.Context(), id); err != nil || original.State.Status != "created" {
			t.Errorf("Compose started %s: %+v, %v", name, original.State, err)
		}
	}
	p.owned(s.id)
	closeClean(t, s) // the copy still runs, as when bulkhead was killed
	if diff := cmp.Diff(before, p.names()); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(filepath.Join(service.Project.Dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a directory was made: %v", err)
	}
}

// owned checks that the containers and volumes of a session say whose they are,
// which is what a sweep after a crash goes by.
func (p project) owned(session string) {
	p.Helper()
	filter := client.Filters{}.Add("label", LabelSession+"="+session)
	var owners []string
	containers, err := p.API.ContainerList(p.Context(), client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		p.Fatal(err)
	}
	for _, c := range containers.Items {
		owners = append(owners, c.Labels[LabelOwner])
	}
	volumes, err := p.API.VolumeList(p.Context(), client.VolumeListOptions{Filters: filter})
	if err != nil {
		p.Fatal(err)
	}
	for _, v := range volumes.Items {
		owners = append(owners, v.Labels[LabelOwner])
	}
	if len(owners) < 8 || slices.ContainsFunc(owners, func(o string) bool { return o != owner.Self() }) {
		p.Errorf("owners %q", owners)
	}
}

// names are the networks and volumes of this test on the engine.
func (p project) names() []string {
	p.Helper()
	var all []string
	networks, err := p.API.NetworkList(p.Context(), client.NetworkListOptions{})
	if err != nil {
		p.Fatal(err)
	}
	for _, n := range networks.Items {
		all = append(all, "network "+n.Name)
	}
	volumes, err := p.API.VolumeList(p.Context(), client.VolumeListOptions{})
	if err != nil {
		p.Fatal(err)
	}
	for _, v := range volumes.Items {
		all = append(all, "volume "+v.Name)
	}
	all = slices.DeleteFunc(all, func(name string) bool { return !strings.Contains(name, p.name) })
	slices.Sort(all)
	return all
}

func TestServiceThatCannotBeCreated(t *testing.T) {
	p := newProject(t)
	for _, tt := range []struct{ name, text, want, hint string }{
		{"no image", "services: {web: {image: 'no-such-image:1'}}", "does not have the image of web", "docker compose pull web"},
		{"not built", "services: {web: {build: .}}", "does not have the image of web", "docker compose build web"},
		{"no external volume", "services: {web: {image: IMAGE, volumes: ['vol:/x']}}\nvolumes: {vol: {external: true, name: NAME-none}}", "-none does not exist", "docker volume create"},
		{"no external network", "services: {web: {image: IMAGE, networks: [x]}}\nnetworks: {x: {external: true, name: NAME-none}}", "-none", "docker compose create"},
		{"refused", "services: {web: {image: IMAGE, volumes: ['vol:/x']}}", "Compose refuses the project", "docker compose config"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			service := p.files(tt.text)
			if _, err := findCompose(t.Context(), p.Host, service); err != nil {
				t.Skip(err)
			}
			_, err := OpenService(t.Context(), p.Engine, service, Options{})
			var refused *ComposeError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(refused.Hint(), tt.hint) {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("no Compose", func(t *testing.T) {
		service := p.files("services: {web: {image: IMAGE}}")
		t.Setenv("PATH", t.TempDir())
		_, err := OpenService(t.Context(), p.Engine, service, Options{})
		var none *NoComposeError
		if !errors.As(err, &none) || none.Hint() == "" {
			t.Errorf("error %v", err)
		}
	})
}

// The model holds nothing that another project could have, and no service that
// is not needed.
func TestStandIn(t *testing.T) {
	p := project{T: t, Engine: enginetest.Connect(t), name: "shop"}
	service := p.files(composed)
	d := &standIn{labels: map[string]string{"l": "v"}, legacy: true, missing: func(source string) bool { return strings.HasSuffix(source, "missing") }}
	data, err := d.write(service.Project.Compose, closure(service.Project.Compose, "web"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Services          map[string]map[string]any
		Networks, Volumes map[string]any
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	labelled := map[string]any{"labels": map[string]any{"l": "v"}}
	if diff := cmp.Diff(map[string]any{"default": labelled, "back": labelled}, got.Networks); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"data": labelled, "ext": labelled}, got.Volumes); diff != "" {
		t.Error(diff)
	}
	if len(got.Services) != 2 {
		t.Errorf("services %v", got.Services)
	}
	for _, key := range elsewhere {
		if key != "pull_policy" && got.Services["web"][key] != nil {
			t.Errorf("%s is passed on", key)
		}
	}
	if diff := cmp.Diff(map[string]any{"back": map[string]any{"aliases": []any{"shop-web"}}}, got.Services["web"]["networks"]); diff != "" {
		t.Error(diff)
	}
}

// rich has every kind of setting that matters to a trial.
const rich = `
services:
  web:
    image: IMAGE
    labels: {bulkhead.test: stand-in}
    command: sleep 600
    entrypoint: ["/usr/bin/env", "A=b"]
    user: "33:33"
    working_dir: /srv
    hostname: shop
    init: true
    read_only: true
    cap_drop: [ALL]
    cap_add: [NET_ADMIN]
    security_opt: ["no-new-privileges:true"]
    tmpfs: ["/run:mode=755,size=1m"]
    volumes: [{type: tmpfs, target: /scratch, tmpfs: {size: 4096}}, "/etc/hostname:/conf:ro"]
    environment: {PASSWORD: "pa$$word", EMPTY: ""}
    extra_hosts: ["other:10.1.2.3"]
    dns: [10.9.9.9]
    group_add: ["5"]
    ulimits: {nofile: {soft: 100, hard: 200}}
    sysctls: {net.core.somaxconn: "1024"}
    mem_limit: 256m
    pids_limit: 50
    cpus: 0.5
    shm_size: 32m
    stop_signal: SIGINT
    stop_grace_period: 3s
    restart: on-failure:2
    healthcheck: {test: ["CMD", "true"], interval: 7s, timeout: 3s, retries: 4, start_period: 2s}
    oom_score_adj: 100
    tty: true
    ipc: private
    devices: ["/dev/null:/dev/nothing:r", "/dev/zero"]
`

// What docker-compose 1 does not know does not stand in the way, and is said.
func TestStandInForDockerCompose1(t *testing.T) {
	service := types.ServiceConfig{Name: "web"}
	service.Cgroup, service.Annotations = "private", types.Mapping{"a": "b"}
	service.Devices = []types.DeviceMapping{{Source: "/dev/null", Target: "/dev/x", Permissions: "r"}, {Source: "vendor.com/class=one", Target: "vendor.com/class=one"}}
	service.HealthCheck = &types.HealthCheckConfig{Test: []string{"NONE"}, StartInterval: new(types.Duration)}
	d := &standIn{legacy: true, missing: func(string) bool { return false }}
	got, err := d.service(&types.Project{}, service)
	if err != nil {
		t.Fatal(err)
	}
	if got["cgroup"] != nil || got["annotations"] != nil || len(d.notes) != 2 {
		t.Errorf("%v, notes %q", got, d.notes)
	}
	if check, _ := got["healthcheck"].(map[string]any); check == nil || check["start_interval"] != nil {
		t.Errorf("healthcheck %v", got["healthcheck"])
	}
	if diff := cmp.Diff([]string{"/dev/null:/dev/x:r", "vendor.com/class=one"}, got["devices"]); diff != "" {
		t.Error(diff)
	}
	d = &standIn{missing: d.missing}
	if got, err := d.service(&types.Project{}, service); err != nil || got["cgroup"] != "private" || len(d.notes) > 0 {
		t.Errorf("%v, notes %q, %v", got, d.notes, err)
	}
}

// What Compose makes of the stand-in is what it makes of the person's files, but
// for the order, and for where docker-compose 1 writes down what is mounted.
func TestStandInMeansTheSame(t *testing.T) {
	p := newProject(t)
	service := p.files(rich)
	command, err := findCompose(t.Context(), p.Host, service)
	if err != nil {
		t.Skip(err)
	}
	s, err := OpenService(t.Context(), p.Engine, service, Options{Devices: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeClean(t, s) })
	compose := func(ctx context.Context, args ...string) {
		t.Helper()
		all := slices.Concat(command.argv[1:], []string{"-p", p.name, "-f", service.Project.Files[0]}, args)
		run := exec.CommandContext(ctx, command.argv[0], all...)
		run.Env = command.environ
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	compose(t.Context(), "up", "--no-start")
	t.Cleanup(func() { compose(context.Background(), "down", "-v") })
	list, err := p.API.ContainerList(t.Context(), client.ContainerListOptions{All: true, Filters: client.Filters{}.Add("label", labelProject+"="+p.name)})
	if err != nil || len(list.Items) != 1 {
		t.Fatalf("%v, %v", list.Items, err)
	}
	theirs, _, err := p.Inspect(t.Context(), list.Items[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(theirs.Config, s.original.Config, cmpopts.IgnoreFields(container.Config{}, "Labels", "Volumes"),
		cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(theirs.HostConfig, s.original.HostConfig, cmpopts.IgnoreFields(container.HostConfig{}, "NetworkMode", "Binds", "Mounts"),
		cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(theirs.Mounts, s.original.Mounts, cmpopts.IgnoreFields(container.MountPoint{}, "Mode", "Propagation"),
		cmpopts.SortSlices(func(a, b container.MountPoint) int { return strings.Compare(a.Destination, b.Destination) })); diff != "" {
		t.Error(diff)
	}
}
