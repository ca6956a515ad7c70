package compose_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bulkhead/inspect"
	"bulkhead/inspect/compose"
	"bulkhead/inspect/engine"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/moby/moby/client"
)

const parityImage = "debian:bookworm-slim"

// A container that the real Compose creates from a file has, read through the
// engine, the very settings that the file was read to have.
func TestSettingsEqualTheEngines(t *testing.T) {
	command := strings.Fields(os.Getenv("BULKHEAD_COMPOSE"))
	if len(command) == 0 {
		t.Skip("BULKHEAD_COMPOSE names no Compose program")
	}
	ctx := context.Background()
	e, err := engine.Connect(ctx, engine.Options{})
	if err != nil {
		t.Skipf("no engine: %v", err)
	}
	defer e.Close()
	if _, err := e.API.ImageInspect(ctx, parityImage); err != nil {
		t.Skipf("the engine has no image %s: %v", parityImage, err)
	}
	file := filepath.Join(t.TempDir(), "compose.yaml")
	if err := os.WriteFile(file, []byte(parityFile), 0o600); err != nil {
		t.Fatal(err)
	}
	const name = "bulkheadparity"
	run := func(args ...string) {
		t.Helper()
		args = append(append(command[1:], "-f", file, "-p", name), args...)
		if out, err := exec.Command(command[0], args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	t.Cleanup(func() { run("down", "-v") })
	run("up", "--no-start")

	p, err := compose.Load(ctx, compose.Options{Files: []string{file}, ProjectName: name})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range p.Workloads {
		t.Run(w.Service, func(t *testing.T) {
			inspected, err := e.API.ContainerInspect(ctx, containerOf(t, name, w.Service), client.ContainerInspectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := e.ToWorkload(inspected.Container)
			// The image adds variables of its own.
			got.Settings.Env = slices.DeleteFunc(got.Settings.Env, func(v string) bool { return v == "PATH" })
			ignore := cmp.Options{
				cmpopts.IgnoreFields(inspect.Mount{}, "Setting"), cmpopts.IgnoreFields(inspect.Port{}, "Setting"),
			}
			if diff := cmp.Diff(w.Settings, got.Settings, ignore); diff != "" {
				t.Errorf("file and container differ (-file +container):\n%s", diff)
			}
		})
	}
}

func containerOf(t *testing.T, project, service string) string {
	t.Helper()
	out, err := exec.Command("docker", "ps", "-aq", "--filter", "label=com.docker.compose.project="+project,
		"--filter", "label=com.docker.compose.service="+service).Output()
	if err != nil || len(strings.Fields(string(out))) != 1 {
		t.Fatalf("container of %s: %q, %v", service, out, err)
	}
	return strings.TrimSpace(string(out))
}

// One network, because docker-compose 1 joins the others at start only.
const parityFile = `version: "3.9"
services:
  plain:
    image: debian:bookworm-slim
    command: sleep 60
    labels: [bulkhead.session=parity]
  full:
    image: debian:bookworm-slim
    command: sleep 60
    labels: [bulkhead.session=parity]
    user: "101:101"
    cap_add: [CAP_NET_ADMIN, SYS_TIME]
    cap_drop: [ALL]
    security_opt:
      - no-new-privileges=true
      - seccomp:unconfined
      - label:type:svirt_t
    read_only: true
    tmpfs:
      - /tmp:size=1m
      - /scratch
    volumes:
      - data:/var/lib/data
      - ./html:/html:ro
      - /anonymous
      - {type: tmpfs, target: /run, tmpfs: {size: 65536}}
      - {type: bind, source: /var/run/docker.sock, target: /var/run/docker.sock}
    devices: ["/dev/null:/dev/zero2:r", /dev/fuse]
    pid: host
    ipc: shareable
    userns_mode: host
    networks: [back]
    ports: ["127.0.0.1:18443:443", "18000-18001:80-81", "15353:53/udp", "9"]
    mem_limit: 64m
    pids_limit: 50
    cpus: 0.1
    ulimits: {nproc: 512, nofile: {soft: 1024, hard: 65536}, core: 0, memlock: -1}
    environment: {DB_PASSWORD: hunter2}
    sysctls: {net.ipv4.ip_unprivileged_port_start: 0}
    restart: on-failure:3
    healthcheck: {test: [CMD, "true"]}
  privileged:
    image: debian:bookworm-slim
    command: sleep 60
    labels: [bulkhead.session=parity]
    privileged: true
    network_mode: host
    restart: "no"
    healthcheck: {disable: true}
    mem_limit: 64m
    memswap_limit: 96m
  bridged:
    image: debian:bookworm-slim
    command: sleep 60
    labels: [bulkhead.session=parity]
    network_mode: bridge
    security_opt: [apparmor:unconfined]
volumes:
  data:
    labels: [bulkhead.session=parity]
networks:
  back:
    labels: [bulkhead.session=parity]
    name: bulkheadparity-spine
  default:
    labels: [bulkhead.session=parity]
`
