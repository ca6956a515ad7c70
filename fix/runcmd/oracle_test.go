package runcmd

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/moby/moby/api/types/image"
)

// dial is one flag of docker run and the values it is tried with; "" is the
// flag alone. many says that it may be given more than once.
type dial struct {
	flag   string
	many   bool
	values []string
}

// dials are the flags of docker create that end up in a container's
// configuration. PROFILE is a file with a seccomp profile.
var dials = []dial{
	{"--add-host", true, []string{"a.example:192.0.2.1", "b=2001:db8::1", "gw:host-gateway"}},
	{"--annotation", true, []string{"a=b", "c.d/e=f g"}},
	{"--attach", true, []string{"stdout", "stderr", "stdin"}},
	{"--blkio-weight", false, []string{"10", "1000"}},
	{"--blkio-weight-device", true, []string{"/dev/null:500", "/dev/full:10"}},
	{"--cap-add", true, []string{"NET_ADMIN", "CAP_SYS_TIME", "ALL"}},
	{"--cap-drop", true, []string{"ALL", "NET_RAW", "cap_chown"}},
	{"--cgroup-parent", false, []string{"/custom", "a.slice"}},
	{"--cgroupns", false, []string{"host", "private"}},
	{"--cpu-period", false, []string{"50000"}},
	{"--cpu-quota", false, []string{"25000", "-1"}},
	{"--cpu-rt-period", false, []string{"1000000"}},
	{"--cpu-rt-runtime", false, []string{"95000"}},
	{"--cpu-shares", false, []string{"512"}},
	{"--cpus", false, []string{"1.5", "0.001", "2"}},
	{"--cpuset-cpus", false, []string{"0-1", "0,1"}},
	{"--cpuset-mems", false, []string{"0"}},
	{"--device", true, []string{"/dev/null", "/dev/null:/dev/zot", "/dev/full:/dev/full:r", "/dev/null:rw", "/dev/null:/dev/x:m", "vendor.example/class=one"}},
	{"--device-cgroup-rule", true, []string{"c 1:3 rwm", "a *:* r"}},
	{"--device-read-bps", true, []string{"/dev/null:1mb", "/dev/full:7"}},
	{"--device-read-iops", true, []string{"/dev/null:100"}},
	{"--device-write-bps", true, []string{"/dev/null:2g"}},
	{"--device-write-iops", true, []string{"/dev/null:1"}},
	{"--dns", true, []string{"192.0.2.53", "2001:db8::53"}},
	{"--dns-option", true, []string{"ndots:2", "use-vc"}},
	{"--dns-search", true, []string{"example.org", "."}},
	{"--domainname", false, []string{"example.org"}},
	{"--entrypoint", false, []string{"/bin/sh", "/docker-entrypoint.sh", "", "two words"}},
	{"--env", true, []string{"A=b", "EMPTY=", "SPACED=it is \"so\" $HOME", "PATH=/own", "LANG=C.UTF-8", "DB_PASSWORD=hunter22", "URL=postgres://me:hunter23@db/x", "ESC=\x1b[2J\t", "NL=a\nb", "UNICODE=é\u202e"}},
	{"--expose", true, []string{"99", "80", "100-102/udp", "53/sctp"}},
	{"--gpus", false, []string{"all", "2", `"device=0,1"`, `device=GPU-1,"capabilities=utility,compute"`, `driver=nvidia,count=1,"options=a=b,c=d"`}},
	{"--group-add", true, []string{"20", "audio"}},
	{"--health-cmd", false, []string{"test -e /run/ok || exit 1", "redis-cli -a hunter24 ping", "curl -f http://localhost/"}},
	{"--health-interval", false, []string{"5s", "30s", "1h0m0.5s"}},
	{"--health-retries", false, []string{"4"}},
	{"--health-start-interval", false, []string{"2s"}},
	{"--health-start-period", false, []string{"90s"}},
	{"--health-timeout", false, []string{"2s", "1ms"}},
	{"--hostname", false, []string{"web", "0123456789ab", "web.example.org"}},
	{"--init", false, []string{"", "=false"}},
	{"--interactive", false, []string{""}},
	{"--ip", false, []string{"10.213.9.7"}},
	{"--ip6", false, []string{"2001:db8::7"}},
	{"--ipc", false, []string{"host", "private", "shareable", "none", "container:other"}},
	{"--isolation", false, []string{"default"}},
	{"--label", true, []string{"a=b", "c=d e", "empty", "maintainer=somebody", "version=2", "api.token=hunter25", "nl=a\nb"}},
	{"--link", true, []string{"other", "other:alias"}},
	{"--link-local-ip", true, []string{"169.254.34.22"}},
	{"--log-driver", false, []string{"local", "none", "json-file", "syslog"}},
	{"--log-opt", true, []string{"max-size=5m", "tag={{.Name}}", "splunk-token=hunter26"}},
	{"--mac-address", false, []string{"92:d0:c6:0a:29:33"}},
	{"--memory", false, []string{"256m", "1g"}},
	{"--memory-reservation", false, []string{"128m"}},
	{"--memory-swap", false, []string{"2g", "-1", "512m"}},
	{"--memory-swappiness", false, []string{"0", "10", "-1"}},
	{"--mount", true, []string{
		"type=bind,src=/srv,dst=/srv1,readonly,bind-propagation=rprivate", "type=bind,src=/srv,dst=/srv2,bind-propagation=rslave",
		"type=bind,src=/srv,dst=/srv3,bind-recursive=disabled", "type=bind,src=/srv,dst=/srv4,readonly,bind-recursive=readonly,bind-propagation=rprivate",
		"type=bind,src=/srv,dst=/srv5,readonly,bind-recursive=writable", "type=bind,src=/srv,dst=/srv6,consistency=cached",
		"type=volume,src=data,dst=/v1,volume-nocopy", `type=volume,dst=/v2,"volume-label=a=b,c"`, "type=volume,src=data,dst=/v3,readonly,volume-subpath=sub/dir",
		`type=volume,src=nfs,dst=/v4,volume-driver=local,volume-opt=type=nfs,"volume-opt=o=addr=192.0.2.1,password=hunter27"`,
		"type=tmpfs,dst=/t1", "type=tmpfs,dst=/t2,tmpfs-size=1048576,tmpfs-mode=0700", "type=tmpfs,dst=/t3,tmpfs-mode=1777",
		"type=image,src=debian:12,dst=/i1", "type=image,src=debian:12,dst=/i2,image-subpath=etc",
	}},
	{"--network", true, []string{"bridge", "none", "host", "container:other", "front", "back", "name=front,alias=web,driver-opt=com.example.mtu=1400", "name=back,ip=10.213.9.8,gw-priority=3", "name=bridge,driver-opt=a=b"}},
	{"--network-alias", true, []string{"web", "www"}},
	{"--no-healthcheck", false, []string{""}},
	{"--oom-kill-disable", false, []string{"", "=false"}},
	{"--oom-score-adj", false, []string{"500", "-1000"}},
	{"--pid", false, []string{"host", "container:other"}},
	{"--pids-limit", false, []string{"100", "-1", "0"}},
	{"--platform", false, []string{"linux/arm64", "linux/amd64"}},
	{"--privileged", false, []string{""}},
	{"--publish", true, []string{"80:80", "127.0.0.1:8080:81", "[::1]:82:82", "83:83/udp", "84", "9000-9001:9000-9001", "127.0.0.1::85", "8200-8210:86", "0.0.0.0:87:87/sctp", "88:80", "[::]:89:89"}},
	{"--publish-all", false, []string{""}},
	{"--read-only", false, []string{""}},
	{"--restart", false, []string{"no", "always", "unless-stopped", "on-failure", "on-failure:3"}},
	{"--rm", false, []string{""}},
	{"--runtime", false, []string{"runc", "runsc"}},
	{"--security-opt", true, []string{"no-new-privileges", "no-new-privileges=true", "no-new-privileges:false", "seccomp=unconfined", "seccomp=profile.json", "apparmor=unconfined", "apparmor=my-profile",
		"label=type:web_t", "label=disable", "label=level:s0:c1,c2", "systempaths=unconfined", "writable-cgroups=true"}},
	{"--shm-size", false, []string{"128m", "64m"}},
	{"--stop-signal", false, []string{"SIGINT", "SIGQUIT"}},
	{"--stop-timeout", false, []string{"7", "0", "-1"}},
	{"--storage-opt", true, []string{"size=10G"}},
	{"--sysctl", true, []string{"net.ipv4.ip_forward=1", "kernel.msgmax=65536"}},
	{"--tmpfs", true, []string{"/run:size=10m,mode=755", "/tmp", "/cache:rw,noexec,uid=101"}},
	{"--tty", false, []string{""}},
	{"--ulimit", true, []string{"nofile=1024:2048", "nproc=64", "core=-1"}},
	{"--user", false, []string{"1000:1000", "0", "nobody", "app"}},
	{"--userns", false, []string{"host"}},
	{"--uts", false, []string{"host"}},
	{"--volume", true, []string{"/etc:/host/etc:ro,rslave", "data:/data", "data:/data2:nocopy", "/anonymous", "/image-volume", "/srv:/x:z", "/srv:/y:ro,Z", "./here:/here"}},
	{"--volume-driver", false, []string{"local"}},
	{"--volumes-from", true, []string{"other", "other2:ro"}},
	{"--workdir", false, []string{"/srv", "/app"}},
}

// commandLines are what may follow the image.
var commandLines = [][]string{nil, nil, {"serve", "--port", "80"}, {"sh", "-c", "echo --requirepass hunter28 $A; exit 0"}, {""}, {"it's", "\x1b[2J"}, {"app", "--password", "hunter29", "--token=hunter30"}}

// parents are the images; "" is one without any configuration.
var parents = []dockerspec.DockerOCIImageConfig{{}, parent()}

func parent() dockerspec.DockerOCIImageConfig {
	var c dockerspec.DockerOCIImageConfig
	if err := json.Unmarshal([]byte(`{
		"User": "app", "WorkingDir": "/app", "StopSignal": "SIGQUIT",
		"Entrypoint": ["/docker-entrypoint.sh", "--"], "Cmd": ["app", "run"],
		"Env": ["PATH=/usr/bin", "LANG=C.UTF-8", "IMAGE_TOKEN=hunter31"],
		"Labels": {"maintainer": "somebody", "version": "1"},
		"ExposedPorts": {"80/tcp": {}, "443/tcp": {}}, "Volumes": {"/image-volume": {}},
		"Healthcheck": {"Test": ["CMD", "curl", "-f", "http://localhost/"], "Interval": 30000000000, "Retries": 2}
	}`), &c); err != nil {
		panic(err)
	}
	return c
}

// given is one flag with one of its values.
type given struct {
	dial
	value string
}

// words are the flag's on a command line.
func (g given) words() []string {
	if g.value == "" && g.flag != "--entrypoint" || strings.HasPrefix(g.value, "=") && g.values[0] == "" {
		return []string{g.flag + g.value}
	}
	words := []string{g.flag, g.value}
	if slices.Contains([]string{"--ip", "--ip6", "--link-local-ip", "--network-alias"}, g.flag) {
		// The engine takes these for a network that somebody made.
		words = append(words, "--network", "front")
	}
	return words
}

// trialCase is a command line of docker create, and the image it is for.
type trialCase struct {
	flags  []given
	args   []string
	parent int
}

func (c trialCase) words() []string {
	var out []string
	for _, g := range c.flags {
		out = append(out, g.words()...)
	}
	return append(append(out, "app:1"), c.args...)
}

// dealt are cases in which every value of every flag stands once, several to a
// case, in an order of chance.
func dealt(random *rand.Rand) []trialCase {
	var all []given
	for _, d := range dials {
		for _, v := range d.values {
			all = append(all, given{d, v})
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	const some = 10
	var cases []trialCase
	for i := 0; i < len(all); i += some {
		cases = append(cases, trialCase{
			flags:  all[i:min(i+some, len(all))],
			args:   commandLines[random.IntN(len(commandLines))],
			parent: random.IntN(len(parents)),
		})
	}
	return cases
}

// TestCommandMakesTheSameRequest makes the real docker command ask a fake engine
// for containers with flags from a generated space, pretends that the engine
// made them, writes the command for each, and makes docker ask again by that
// text: the engine must be asked for the same container. Flags that docker
// refuses together are tried apart. BULKHEAD_FLAG_DEALS sets how often the flags
// are dealt anew.
func TestCommandMakesTheSameRequest(t *testing.T) {
	docker, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("the docker command is not installed")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed")
	}
	deals := 1
	if n, err := strconv.Atoi(os.Getenv("BULKHEAD_FLAG_DEALS")); err == nil {
		deals = n
	}
	random := rand.New(rand.NewPCG(2, 7))
	var cases []trialCase
	for range deals {
		cases = append(cases, dealt(random)...)
	}
	// What an engine keeps of a MAC address, of annotations and of networks
	// depends on the version it speaks; these are Engine 20.10's and 28's.
	for _, api := range []string{"1.41", "1.50"} {
		t.Run("API "+api, func(t *testing.T) {
			o := &oracle{recorder: record(t, api), docker: docker, dir: t.TempDir(), api: api}
			if err := os.WriteFile(filepath.Join(o.dir, "profile.json"), []byte(`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}`), 0o600); err != nil {
				t.Fatal(err)
			}
			for i, c := range cases {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					t.Parallel()
					o.apart(t, fmt.Sprintf("c%d", i), c)
				})
			}
		})
	}
}

// oracle is the real docker command before an engine that only records.
type oracle struct {
	*recorder
	docker, dir, api string
}

// apart tries a case, and where docker refuses its flags together, each half.
func (o *oracle) apart(t *testing.T, name string, c trialCase) {
	t.Helper()
	refusal := o.holds(t, name, c)
	if refusal == "" {
		return
	}
	if len(c.flags) == 1 {
		if !strings.Contains(refusal, "requires API v") {
			t.Errorf("%q is refused alone: %s", c.words(), refusal)
		}
		return
	}
	half := len(c.flags) / 2
	o.apart(t, name+"a", trialCase{c.flags[:half], c.args, c.parent})
	o.apart(t, name+"b", trialCase{c.flags[half:], nil, c.parent})
}

// holds tries one case, and returns why docker or the engine refuses its flags.
func (o *oracle) holds(t *testing.T, name string, c trialCase) (refusal string) {
	t.Helper()
	words := append([]string{"create", "--name", name}, c.words()...)
	cmd := exec.Command(o.docker, words...)
	if out, err := o.run(cmd, nil); err != nil {
		return out
	}
	a, ok := o.take(name)
	if !ok {
		t.Fatalf("docker %q asked for nothing", words)
	}
	if host := object(a.Body["HostConfig"]); host["UTSMode"] == "host" && a.Body["Hostname"] != "" {
		return "the engine refuses a name beside the host's (moby daemon/daemon_unix.go)"
	}
	in := o.engine(t, name, a, parents[c.parent])
	made, err := From(in)
	if err != nil {
		t.Fatal(err)
	}
	text := creating(made)
	for n := 22; n <= 31; n++ {
		if secret := fmt.Sprintf("hunter%d", n); strings.Contains(text, secret) {
			t.Errorf("the secret %s is in the text:\n%s", secret, text)
		}
	}
	again := exec.Command("bash", "-c", text)
	for _, f := range made.Files() {
		if err := os.WriteFile(filepath.Join(o.dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := o.run(again, made.environment()); err != nil {
		t.Errorf("docker refuses the command for %q: %v\n%s\n%s", words, err, text, out)
		return ""
	}
	b, ok := o.take(name)
	if !ok {
		t.Fatalf("%s asked for nothing", text)
	}
	after := o.engine(t, name, b, parents[c.parent])
	if diff := cmp.Diff(requested(t, in, o.api), requested(t, after, o.api)); diff != "" {
		t.Errorf("%q\nbecame\n%s\nwhich asks for another container (-first +second):\n%s", words, text, diff)
	}
	return ""
}

func (o *oracle) run(cmd *exec.Cmd, env []string) (string, error) {
	cmd.Dir = o.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + o.dir, "DOCKER_HOST=" + o.host, "A=of the caller"}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// engine is what an engine that was asked so would say of the container: the
// request with the image's configuration merged in and the engine's defaults.
func (o *oracle) engine(t *testing.T, name string, a created, parent dockerspec.DockerOCIImageConfig) Input {
	t.Helper()
	config := map[string]any{}
	for key, value := range a.Body {
		if key != "HostConfig" && key != "NetworkingConfig" {
			config[key] = value
		}
	}
	mergeImage(t, config, parent)
	host := object(a.Body["HostConfig"])
	arrive(config, host)
	networking := object(a.Body["NetworkingConfig"])
	networks := object(networking["EndpointsConfig"])
	first := fmt.Sprint(host["NetworkMode"])
	if first == "default" {
		// The engine takes the one for the other.
		first, networks["bridge"] = "bridge", networks[first]
		delete(networks, "default")
		host["NetworkMode"] = first
	}
	if networks[first] == nil && !strings.HasPrefix(first, "container:") {
		networks[first] = map[string]any{}
	}
	raw, err := json.Marshal(map[string]any{
		"Id": containerID, "Name": "/" + name, "Image": "sha256:" + containerID, "Platform": "linux",
		"Config": config, "HostConfig": host, "NetworkSettings": map[string]any{"Networks": networks},
	})
	if err != nil {
		t.Fatal(err)
	}
	in := Input{
		Raw:   raw,
		Image: image.InspectResponse{ID: "sha256:" + containerID, RepoTags: []string{"app:1"}, Config: &parent, Os: "linux", Architecture: "amd64"},
		Host:  inspect.Host{Version: "28.2", CgroupVersion: "2", DefaultRuntime: "runc", LogDriver: "json-file", Arch: "x86_64", APIVersion: o.api},
	}
	if arch, ok := strings.CutPrefix(a.Platform, "linux/"); ok {
		in.Image.Architecture = arch
	}
	if err := json.Unmarshal(raw, &in.Container); err != nil {
		t.Fatalf("the engine's answer cannot be read: %v\n%s", err, raw)
	}
	return in
}

// mergeImage does what the engine does with the image's configuration (moby
// daemon/commit.go, merge).
func mergeImage(t *testing.T, config map[string]any, parent dockerspec.DockerOCIImageConfig) {
	t.Helper()
	text, err := json.Marshal(parent)
	if err != nil {
		t.Fatal(err)
	}
	var image map[string]any
	if err := json.Unmarshal(text, &image); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"User", "WorkingDir", "StopSignal"} {
		if config[key] == nil || config[key] == "" {
			config[key] = image[key]
		}
	}
	for _, key := range []string{"ExposedPorts", "Volumes", "Labels"} {
		merged := object(image[key])
		for k, v := range object(config[key]) {
			merged[k] = v
		}
		config[key] = merged
	}
	env := list(config["Env"])
	for _, inherited := range list(image["Env"]) {
		name, _, _ := strings.Cut(inherited.(string), "=")
		if !slices.ContainsFunc(env, func(kv any) bool { n, _, _ := strings.Cut(kv.(string), "="); return n == name }) {
			env = append(env, inherited)
		}
	}
	config["Env"] = env
	if len(list(config["Entrypoint"])) == 0 {
		if len(list(config["Cmd"])) == 0 {
			config["Cmd"] = image["Cmd"]
		}
		if config["Entrypoint"] == nil {
			config["Entrypoint"] = image["Entrypoint"]
		}
	}
	if entrypoint := list(config["Entrypoint"]); len(entrypoint) == 1 && entrypoint[0] == "" {
		config["Entrypoint"] = []any{} // --entrypoint "" resets it
	}
	if config["Healthcheck"] == nil {
		config["Healthcheck"] = image["Healthcheck"]
		return
	}
	health := object(config["Healthcheck"])
	for key, value := range object(image["Healthcheck"]) {
		if now := health[key]; now == nil || now == 0.0 || key == "Test" && len(list(now)) == 0 {
			health[key] = value
		}
	}
}

// arrive gives the configuration what an engine on Linux gives it by itself
// (moby daemon/daemon_unix.go, adaptContainerSettings).
func arrive(config, host map[string]any) {
	number := func(key string) float64 { n, _ := host[key].(float64); return n }
	if number("Memory") > 0 && number("MemorySwap") == 0 {
		host["MemorySwap"] = 2 * number("Memory")
	}
	if number("ShmSize") == 0 {
		host["ShmSize"] = float64(defaultShm)
	}
	if number("MemorySwappiness") == -1 {
		host["MemorySwappiness"] = nil
	}
	if number("PidsLimit") <= 0 && host["PidsLimit"] != nil && number("PidsLimit") != -1 {
		host["PidsLimit"] = nil
	}
	if host["Privileged"] == true && (host["CgroupnsMode"] == nil || host["CgroupnsMode"] == "") {
		host["CgroupnsMode"] = "host"
	}
	for key, standard := range map[string]string{"IpcMode": "private", "CgroupnsMode": "private", "Runtime": "runc"} {
		if host[key] == nil || host[key] == "" {
			host[key] = standard
		}
	}
	if log := object(host["LogConfig"]); log["Type"] == "" {
		log["Type"] = "json-file"
	}
	if policy := object(host["RestartPolicy"]); policy["Name"] == "" {
		policy["Name"] = "no"
	}
	if host["MaskedPaths"] == nil {
		host["MaskedPaths"], host["ReadonlyPaths"] = []any{"/proc/kcore"}, []any{"/proc/sys"}
	}
	if config["Hostname"] == "" && host["NetworkMode"] != "host" && host["UTSMode"] != "host" {
		config["Hostname"] = containerID[:12]
	}
	if host["OomKillDisable"] == nil {
		host["OomKillDisable"] = false
	}
}

// object is a JSON object, or an empty one.
func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	return m
}

// requested is what an engine was asked for, but for what is justified to
// differ, each named here.
func requested(t *testing.T, in Input, api string) map[string]any {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(in.Raw, &all); err != nil {
		t.Fatal(err)
	}
	config, host := object(all["Config"]), object(all["HostConfig"])
	// How the caller is attached is the caller's: what is compared is create.
	for _, key := range []string{"AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce"} {
		delete(config, key)
	}
	// One word alone fits into --entrypoint: the process they make is compared.
	config["Cmd"] = slices.Concat(list(config["Entrypoint"]), list(config["Cmd"]))
	delete(config, "Entrypoint")
	// docker sends them in no order.
	for _, l := range []any{config["Env"], host["Binds"]} {
		slices.SortFunc(list(l), func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	}
	// The engine writes every capability in one way, whatever it was asked.
	for _, key := range []string{"CapAdd", "CapDrop"} {
		for i, name := range list(host[key]) {
			list(host[key])[i] = inspect.NormalizeCap(name.(string))
		}
	}
	// The engine adds it by itself (moby daemon/create.go, generateSecurityOpt).
	if host["Privileged"] == true || host["PidMode"] == "host" || host["IpcMode"] == "host" {
		host["SecurityOpt"] = slices.DeleteFunc(list(host["SecurityOpt"]), func(o any) bool { return o == "label=disable" })
	}
	if host["Isolation"] == "default" {
		delete(host, "Isolation")
	}
	// Of a privileged container no path is masked, whatever was asked.
	if host["Privileged"] == true {
		delete(host, "MaskedPaths")
		delete(host, "ReadonlyPaths")
	}
	// Since API 1.44 nothing tells an address that was asked for from one that
	// the engine made up.
	networks := object(object(all["NetworkSettings"])["Networks"])
	if api >= "1.44" {
		for _, n := range networks {
			delete(object(n), "MacAddress")
		}
		delete(config, "MacAddress")
	}
	return prune(map[string]any{"Config": config, "HostConfig": host, "Networks": networks, "Platform": in.Image.Architecture}).(map[string]any)
}

// prune takes away what is empty: an engine takes it for not said.
func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if value = prune(value); value == nil {
				delete(v, key)
			} else {
				v[key] = value
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			if kept := prune(v[i]); kept != nil {
				v[i] = kept
			}
		}
	case string:
		if v == "" {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}
