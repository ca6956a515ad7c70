package runcmd

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"

	"github.com/google/go-cmp/cmp"
)

// roundTrips are containers that the command must make again as they were. The
// words stand between "docker create" and what the test adds.
var roundTrips = map[string]string{
	"plain":        `IMAGE sleep 9`,
	"attached":     `-i -t --rm IMAGE sleep 9`,
	"one stream":   `-a STDOUT IMAGE sleep 9`,
	"names":        `--hostname web --domainname example.org --user 1000:1000 --workdir /srv --stop-signal SIGINT --stop-timeout 7 --group-add 20 --label a=b --label 'c=d e' IMAGE sleep 9`,
	"environment":  `-e A=b -e 'SPACED=it is "so" $HOME' -e EMPTY= -e DB_PASSWORD=hunter22 -e URL=postgres://me:hunter23@db/x IMAGE sh -c 'echo hunter22 --requirepass hunter24 $A'`,
	"entrypoint":   `--entrypoint /bin/sh IMAGE -c 'true; exit 0'`,
	"health":       `--health-cmd 'test -e /run/ok || exit 1' --health-interval 5s --health-timeout 2s --health-retries 4 --health-start-period 90s IMAGE sleep 9`,
	"no health":    `--no-healthcheck IMAGE sleep 9`,
	"hardened":     `--cap-drop ALL --cap-add CHOWN --cap-add NET_BIND_SERVICE --security-opt no-new-privileges --security-opt seccomp=PROFILE --security-opt apparmor=unconfined --security-opt label=type:web_t --read-only --tmpfs /run:size=10m,mode=755 --tmpfs /tmp --init IMAGE sleep 9`,
	"loosened":     `--privileged --pid host --ipc host --uts host --network host --userns host IMAGE sleep 9`,
	"unconfined":   `--security-opt seccomp=unconfined --security-opt systempaths=unconfined --security-opt label=disable --cap-add ALL --cap-drop NET_RAW --ipc shareable --cgroupns private --sysctl net.ipv4.ip_forward=1 IMAGE sleep 9`,
	"limits":       `--memory 256m --memory-reservation 128m --memory-swap 1g --memory-swappiness 10 --oom-kill-disable --cpus 1.5 --cpu-shares 512 --cpuset-cpus 0 --pids-limit 100 --ulimit nofile=1024:2048 --ulimit nproc=64 --shm-size 128m --oom-score-adj 500 --blkio-weight 300 --device-read-bps /dev/null:1mb --device-write-iops /dev/null:100 IMAGE sleep 9`,
	"cpu quota":    `--cpu-period 50000 --cpu-quota 25000 --memory 64m IMAGE sleep 9`,
	"devices":      `--device /dev/null:/dev/zot:rw --device /dev/full --device-cgroup-rule 'c 1:3 rwm' IMAGE sleep 9`,
	"mounts":       `-v /etc:/host/etc:ro,rslave -v runcmdtest:/data -v /anonymous --mount type=bind,src=/srv,dst=/srv,readonly,bind-propagation=rprivate --mount type=volume,src=runcmdtest,dst=/again,volume-nocopy --mount 'type=volume,dst=/made,"volume-label=a=b,c"' --mount type=tmpfs,dst=/cache,tmpfs-size=1048576,tmpfs-mode=0700 IMAGE sleep 9`,
	"ports":        `-p 80:80 -p 127.0.0.1:8080:81 -p '[::1]:82:82' -p 83:83/udp -p 84 -p 9000-9001:9000-9001 -p 127.0.0.1::85 -p 8200-8210:86 --expose 99/udp -P IMAGE sleep 9`,
	"restart":      `--restart on-failure:3 --log-driver local --log-opt max-size=5m --add-host a.example:192.0.2.1 --dns 192.0.2.53 --dns-option ndots:2 --dns-search example.org IMAGE sleep 9`,
	"one network":  `--network runcmdtest-a --network-alias web --network-alias www --ip 10.213.9.7 IMAGE sleep 9`,
	"two networks": `--network runcmdtest-a --network-alias web IMAGE sleep 9`,
	"own name":     `--network host --hostname web.example IMAGE sleep 9`,
	"no network":   `--network none IMAGE sleep 9`,
	"control":      `-e 'ESC=` + "\x1b[2J\tx" + `' --label 'newline=a` + "\n" + `b' IMAGE sleep 9`,
}

// TestCommandMakesTheSameContainer creates containers through the docker
// command, writes the command for each, creates it again from that text, and
// compares the two.
func TestCommandMakesTheSameContainer(t *testing.T) {
	e := enginetest.Connect(t)
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("the docker command is not installed")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed")
	}
	if !enginetest.HasImage(t, e, enginetest.BaseImage) {
		t.Skipf("the engine does not have %s", enginetest.BaseImage)
	}
	dir := t.TempDir()
	profile := filepath.Join(dir, "profile.json")
	if err := os.WriteFile(profile, []byte(`{"defaultAction":"SCMP_ACT_ALLOW"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	sh := func(t *testing.T, env []string, line string) string {
		t.Helper()
		cmd := exec.Command("bash", "-c", line)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	label := " --label " + enginetest.Label + "=runcmd "
	for _, n := range []string{"runcmdtest-a --subnet 10.213.9.0/24", "runcmdtest-b --subnet 10.213.10.0/24"} {
		name, options, _ := strings.Cut(n, " ")
		sh(t, nil, docker+" network create"+label+options+" "+name)
		t.Cleanup(func() { sh(t, nil, docker+" network rm "+name) })
	}
	sh(t, nil, docker+" volume create"+label+"runcmdtest")
	t.Cleanup(func() { sh(t, nil, docker+" volume rm runcmdtest") })

	for name, words := range roundTrips {
		t.Run(name, func(t *testing.T) {
			const container = "runcmdtest"
			words = strings.NewReplacer("IMAGE", enginetest.BaseImage, "PROFILE", profile).Replace(words)
			sh(t, nil, docker+" create --name "+container+label+words)
			t.Cleanup(func() { sh(t, nil, docker+" rm -f -v "+container) })
			if name == "two networks" {
				sh(t, nil, docker+" network connect --alias back --ip 10.213.10.8 runcmdtest-b "+container)
			}
			before := input(t, e, container)
			c, err := From(before)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(c.Lines(), "\n")
			for _, secret := range []string{"hunter22", "hunter23", "hunter24"} {
				if strings.Contains(text, secret) {
					t.Errorf("the secret %s is in the text:\n%s", secret, text)
				}
			}
			for _, f := range c.Files() {
				if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			// Anonymous volumes stay, as the command names them; from then on
			// they are nobody's to remove.
			var anonymous []string
			for _, m := range before.Container.Mounts {
				if inspect.MadeUp(m.Name) {
					anonymous = append(anonymous, m.Name)
				}
			}
			sh(t, nil, docker+" rm "+container)
			t.Cleanup(func() {
				sh(t, nil, docker+" rm -f -v "+container)
				for _, v := range anonymous {
					sh(t, nil, docker+" volume rm "+v)
				}
			})
			sh(t, c.environment(), creating(c))
			after := input(t, e, container)
			if diff := cmp.Diff(essence(t, before), essence(t, after)); diff != "" {
				t.Errorf("made by\n%s\nit differs (-before +after):\n%s", text, diff)
			}
			if diff := cmp.Diff(e.ToWorkload(before.Container).Settings, e.ToWorkload(after.Container).Settings); diff != "" {
				t.Errorf("its settings differ (-before +after):\n%s", diff)
			}
		})
	}
}

// TestHardenedCommandMakesTheHardenedContainer starts a container again by its
// hardened command, and reads back what runs then.
func TestHardenedCommandMakesTheHardenedContainer(t *testing.T) {
	e := enginetest.Connect(t)
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("the docker command is not installed")
	}
	if !enginetest.HasImage(t, e, enginetest.BaseImage) {
		t.Skipf("the engine does not have %s", enginetest.BaseImage)
	}
	dir := t.TempDir()
	run := func(line string) {
		t.Helper()
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	run(docker + " volume create --label " + enginetest.Label + "=runcmd runcmdtest-dials")
	t.Cleanup(func() { run(docker + " volume rm runcmdtest-dials") })
	const container = "runcmdtest-hardened"
	run(docker + " run -d --name " + container + " --label " + enginetest.Label + "=runcmd --cap-add NET_ADMIN --tmpfs /run:size=1m -p 127.0.0.1::80 -p 8099:81 -v /etc:/log -v runcmdtest-dials:/data -v /anonymous -m 64m " + enginetest.BaseImage + " sleep 300")
	t.Cleanup(func() { run(docker + " rm -f -v " + container) })
	before := input(t, e, container)
	c, err := From(before)
	if err != nil {
		t.Fatal(err)
	}
	p := everyDial(t).With(inspect.Change{Dial: inspect.DialLoopback, Port: "81/tcp"})
	hardened := c.Harden(p)
	for _, f := range hardened.Files() {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(docker + " rm -f -v " + container)
	run(hardened.OneLine())
	after := input(t, e, container)
	if !after.Container.State.Running {
		t.Errorf("it does not run: %+v", after.Container.State)
	}
	want := fix.Apply(e.ToWorkload(before.Container).Settings, p)
	if diff := cmp.Diff(want, e.ToWorkload(after.Container).Settings, sameSettings...); diff != "" {
		t.Errorf("settings (-plan applied +made):\n%s", diff)
	}
}

// creating is the command with create instead of run, which knows no -d.
func creating(c Command) string {
	c.flags = slices.DeleteFunc(slices.Clone(c.flags), func(f flag) bool { return f.name == "-d" })
	return strings.Replace(c.OneLine(), "docker run", "docker create", 1)
}

// environment is what the command's notes ask for.
func (c Command) environment() []string {
	var env []string
	for name, value := range c.secrets.byName {
		env = append(env, name+"="+value)
	}
	return env
}

// input asks the engine for everything a command is made from.
func input(t *testing.T, e *engine.Engine, name string) Input {
	t.Helper()
	c, raw, err := e.Inspect(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	img, err := e.API.ImageInspect(t.Context(), c.Image)
	if err != nil {
		t.Fatal(err)
	}
	return Input{Container: c, Raw: raw, Image: img.InspectResponse, Host: e.Host}
}

// essence is the engine's own word on a container without what differs from
// one to the next: IDs, times, places, and how the caller was attached.
func essence(t *testing.T, in Input) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(in.Raw, &all); err != nil {
		t.Fatal(err)
	}
	config := all["Config"].(map[string]any)
	host := all["HostConfig"].(map[string]any)
	if config["Hostname"] == in.Container.ID[:12] {
		delete(config, "Hostname")
	}
	for _, key := range []string{"AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce"} {
		delete(config, key)
	}
	// The engine writes them in no order.
	slices.SortFunc(list(config["Env"]), func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	// The two are told apart by the process they make, Path and Args.
	delete(config, "Entrypoint")
	delete(config, "Cmd")
	// An anonymous volume is named now, so that its data stays.
	delete(config, "Volumes")
	binds := list(host["Binds"])
	host["Binds"] = slices.DeleteFunc(binds, func(bind any) bool { return inspect.MadeUp(strings.SplitN(bind.(string), ":", 2)[0]) })
	// The docker command sends them in no order.
	slices.SortFunc(list(host["Binds"]), func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	if len(binds) == 0 {
		delete(host, "Binds")
	}
	for _, m := range list(host["Mounts"]) {
		if source, _ := m.(map[string]any)["Source"].(string); inspect.MadeUp(source) {
			delete(m.(map[string]any), "Source")
		}
	}
	mounts := list(all["Mounts"])
	for _, m := range mounts {
		// Mode "z" and "" of a volume mean the same.
		delete(m.(map[string]any), "Mode")
	}
	slices.SortFunc(mounts, func(a, b any) int {
		return strings.Compare(a.(map[string]any)["Destination"].(string), b.(map[string]any)["Destination"].(string))
	})
	networks := all["NetworkSettings"].(map[string]any)["Networks"].(map[string]any)
	for _, n := range networks {
		endpoint := n.(map[string]any)
		for key := range endpoint {
			if !slices.Contains([]string{"IPAMConfig", "Links", "Aliases", "DriverOpts"}, key) {
				delete(endpoint, key)
			}
		}
		aliases := list(endpoint["Aliases"])
		endpoint["Aliases"] = slices.DeleteFunc(aliases, func(a any) bool { return a == in.Container.ID[:12] })
		if len(aliases) == 0 {
			delete(endpoint, "Aliases")
		}
	}
	return map[string]any{
		"Config": config, "HostConfig": host, "Path": all["Path"], "Args": all["Args"],
		"Mounts": mounts, "Networks": networks, "Image": all["Image"],
	}
}

// list is a JSON array, or nothing.
func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// plan turns every dial.
func plan(t *testing.T) fix.Plan {
	t.Helper()
	return fix.NewPlan(
		inspect.Change{Dial: inspect.DialCapabilities, Keep: inspect.ParseCaps([]string{"CHOWN", "SETUID"})},
		inspect.Change{Dial: inspect.DialNoNewPrivileges},
		inspect.Change{Dial: inspect.DialReadOnlyRoot},
		inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/run", Options: "size=2m"}},
		inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/var/cache"}},
	)
}
