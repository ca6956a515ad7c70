package kube

import (
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"bulkhead/fix"
	"bulkhead/inspect"
)

var update = flag.Bool("update", false, "write the golden files")

// decode reads a manifest as the API server does with strict field validation.
func decode(t *testing.T, text []byte) appsv1.Deployment {
	t.Helper()
	var d appsv1.Deployment
	if err := yaml.UnmarshalStrict(text, &d); err != nil {
		t.Fatalf("Kubernetes' own types do not take it: %v\n%s", err, text)
	}
	return d
}

// evaluate asks the Kubernetes project's own evaluator for the highest level
// that the pod reaches.
func evaluate(t *testing.T, template corev1.PodTemplateSpec) (Level, string) {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		t.Fatal(err)
	}
	reached, why := Privileged, ""
	for _, level := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
		version := api.LevelVersion{Level: level, Version: api.MajorMinorVersion(1, 34)}
		result := policy.AggregateCheckResults(evaluator.EvaluatePod(version, &template.ObjectMeta, &template.Spec))
		if !result.Allowed {
			return reached, result.ForbiddenDetail()
		}
		reached = Level(level)
	}
	return reached, why
}

var shapes = map[string]Shape{"patch": Patch, "whole": Whole}

func keep(names ...string) inspect.Change {
	return inspect.Change{Dial: inspect.DialCapabilities, Keep: inspect.ParseCaps(names)}
}

var noNewPrivileges = inspect.Change{Dial: inspect.DialNoNewPrivileges}

// workloads are small ones, each with the level that it reaches whole.
var workloads = map[string]struct {
	in    Input
	whole Level
}{
	"untouched": {Input{Workload: inspect.Workload{Name: "web", Image: "nginx:1"}}, Baseline},
	"restricted": {Input{
		Workload: inspect.Workload{Name: "shop/Cache_1", Service: "Cache_1", Image: "memcached:1", Settings: inspect.Settings{
			User: "11211:11211", Limits: inspect.Limits{Memory: 64 << 20, CPUs: 0.5, PIDs: 50, Ulimits: []inspect.Ulimit{{Name: "nofile", Soft: 1024, Hard: 1024}}},
			Ports: []inspect.Port{{Container: 11211, Protocol: "tcp"}},
		}},
		Plan: fix.NewPlan(keep(), noNewPrivileges, inspect.Change{Dial: inspect.DialReadOnlyRoot}),
		Evidence: []fix.Evidence{
			{Setting: string(inspect.DialReadOnlyRoot), Strength: fix.Proved, Text: "It works with it."},
			{Setting: string(inspect.DialCapabilities), Strength: fix.Proved, Text: "It works without CHOWN."},
		},
		Command: []string{"memcached"}, Args: []string{"-l", "0.0.0.0"},
	}, Restricted},
	"baseline": {Input{
		Workload: inspect.Workload{Name: "web", Container: "web", Image: "nginx:1", Settings: inspect.Settings{
			Ports: []inspect.Port{{HostPort: 8080, Container: 80, Protocol: "tcp"}, {Container: 53, Protocol: "udp"}},
			Mounts: []inspect.Mount{
				{Type: inspect.VolumeMount, Source: "shop_data", Target: "/data"},
				{Type: inspect.VolumeMount, Target: "/scratch"},
			},
			Healthcheck: inspect.Healthcheck{Defined: true},
		}},
		Plan: fix.NewPlan(
			inspect.Change{Dial: inspect.DialReadOnlyRoot}, noNewPrivileges, keep("CHOWN", "SETGID", "SETUID"),
			inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/run", Options: "size=64m,mode=755,uid=33,gid=33"}},
			inspect.Change{Dial: inspect.DialMemory, Limit: 256 << 20},
			inspect.Change{Dial: inspect.DialSeccomp, Profile: inspect.Profile{Path: "/srv/shop/web-seccomp.json", Text: "{}"}},
			inspect.Change{Dial: inspect.DialAppArmor, Profile: inspect.Profile{Name: "bulkhead-web"}},
		),
		Evidence: []fix.Evidence{
			{Setting: "SETUID", Strength: fix.Proved, Text: "Without it the workers stay root."},
			{Setting: "/run", Strength: fix.Observed, Text: "It writes there."},
		},
		Env: []Variable{{"DB_PASSWORD", true}, {"TZ", false}},
	}, Baseline},
	"privileged": {Input{Workload: inspect.Workload{Name: "agent", Image: "agent:1", Settings: inspect.Settings{
		Privileged: true, NoNewPrivileges: true, Namespaces: inspect.Namespaces{PID: "host", IPC: "host", Network: "host", UTS: "host"},
		Mounts:  []inspect.Mount{{Type: inspect.BindMount, Source: "/var/run/docker.sock", Target: "/var/run/docker.sock", ReadOnly: true}},
		Devices: []inspect.Device{{Host: "/dev/kvm"}}, Runtime: "runsc", SELinux: []string{"disable"},
	}}}, Privileged},
	"unconfined": {Input{Workload: inspect.Workload{Name: "x", Image: "x:1", Settings: inspect.Settings{
		CapAdd: []string{"ALL"}, CapDrop: []string{"NET_RAW"}, Seccomp: "unconfined", AppArmor: "unconfined", UnmaskedPaths: true,
		SELinux: []string{"type:web_t"}, Sysctls: map[string]string{"net.ipv4.ip_forward": "1"},
		Namespaces: inspect.Namespaces{Network: "container:db"}, User: "app",
	}}}, Privileged},
}

func TestManifests(t *testing.T) {
	for name, w := range workloads {
		for shape, s := range shapes {
			t.Run(name+"-"+shape, func(t *testing.T) {
				m, err := Write(w.in, s)
				if err != nil {
					t.Fatal(err)
				}
				if s == Whole && m.Level != w.whole {
					t.Errorf("level %s, want %s: %v", m.Level, w.whole, m.Keeps)
				}
				held(t, m)
				golden(t, name+"-"+shape, m.YAML)
			})
		}
	}
}

// held holds a manifest to what Kubernetes itself says of it.
func held(t *testing.T, m Manifest) {
	t.Helper()
	d := decode(t, m.YAML)
	if level, why := evaluate(t, d.Spec.Template); level != m.Level {
		t.Errorf("Kubernetes says %s (%s), we say %s (%v)\n%s", level, why, m.Level, m.Keeps, m.YAML)
	}
	for line := range strings.Lines(string(m.YAML)) {
		if text := strings.TrimSuffix(line, "\n"); inspect.Printable(text) != text {
			t.Errorf("%q is not printable", text)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".yaml")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAnySettingsAreSaid draws settings and plans at random: Kubernetes takes
// what is written, comes to the same level, and what can be said is what the
// plan makes of the settings.
func TestAnySettingsAreSaid(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	reached := map[Level]int{}
	for range 500 {
		in := random(r)
		for _, shape := range shapes {
			m, err := Write(in, shape)
			if err != nil {
				t.Fatal(err)
			}
			held(t, m)
			says(t, fix.Apply(in.Workload.Settings, in.Plan), decode(t, m.YAML).Spec.Template.Spec.Containers[0])
			reached[m.Level]++
			if t.Failed() {
				t.Fatalf("settings %+v\nplan %s", in.Workload.Settings, in.Plan)
			}
		}
	}
	for _, level := range []Level{Privileged, Baseline, Restricted} {
		if reached[level] < 20 {
			t.Errorf("the level %s was reached %d times; the draw does not cover it", level, reached[level])
		}
	}
}

// says compares what the container's security context can hold.
func says(t *testing.T, s inspect.Settings, c corev1.Container) {
	t.Helper()
	sc := c.SecurityContext
	said := inspect.Settings{Privileged: sc.Privileged != nil && *sc.Privileged, ReadOnlyRoot: *sc.ReadOnlyRootFilesystem}
	if sc.Capabilities != nil {
		for _, name := range sc.Capabilities.Add {
			said.CapAdd = append(said.CapAdd, string(name))
		}
		for _, name := range sc.Capabilities.Drop {
			said.CapDrop = append(said.CapDrop, string(name))
		}
	}
	if said.Capabilities() != s.Capabilities() || said.ReadOnlyRoot != s.ReadOnlyRoot {
		t.Errorf("capabilities %s, read-only %v; want %s, %v", said.Capabilities(), said.ReadOnlyRoot, s.Capabilities(), s.ReadOnlyRoot)
	}
	for _, m := range s.Tmpfs {
		if !slices.ContainsFunc(c.VolumeMounts, func(v corev1.VolumeMount) bool { return v.MountPath == m.Path }) {
			t.Errorf("nothing is mounted on %s", m.Path)
		}
	}
	if off := sc.AllowPrivilegeEscalation != nil && !*sc.AllowPrivilegeEscalation; off != s.NoNewPrivileges && !off {
		sysAdmin := slices.Contains(s.CapAdd, "SYS_ADMIN") || slices.Contains(s.CapAdd, "ALL")
		if !s.Privileged && !sysAdmin {
			t.Error("no-new-privileges is lost")
		}
	}
}

// random draws a workload and a plan.
func random(r *rand.Rand) Input {
	one := func(values ...string) string { return values[r.IntN(len(values))] }
	some := func(n int) bool { return r.IntN(n) == 0 }
	var s inspect.Settings
	s.User = one("", "0", "1000", "1000:1000", "app", "33:www")
	s.Privileged = some(10)
	s.CapAdd = inspect.NormalizeCaps(drawn(r, 8, "ALL", "SYS_ADMIN", "NET_RAW", "CHOWN", "NET_BIND_SERVICE"))
	s.CapDrop = inspect.NormalizeCaps(drawn(r, 4, "ALL", "KILL", "NET_RAW"))
	s.NoNewPrivileges, s.ReadOnlyRoot = some(2), some(2)
	s.Seccomp = one("", "", "unconfined", inspect.CustomProfile, "/etc/p q.json")
	s.AppArmor = one("", "", "docker-default", "unconfined", "web")
	s.SELinux = drawn(r, 8, "disable", "type:web_t", "type:container_t", "level:s0:c1", "user:u", "filetype:x")
	s.Tmpfs = []inspect.Tmpfs{{Path: "/run", Options: one("", "size=1m", "size=50%", "gid=5,mode=700", "exec")}, {Path: "/tmp", Options: one("", "gid=6")}}[:r.IntN(3)]
	if some(6) {
		s.Mounts = []inspect.Mount{{Type: inspect.BindMount, Source: "/etc", Target: "/host"}}
	}
	s.Mounts = append(s.Mounts, inspect.Mount{Type: inspect.VolumeMount, Source: one("", "Data_1", "-"), Target: "/data"})
	s.Namespaces = inspect.Namespaces{Network: one("", "", "", "host"), PID: one("", "", "", "host", "container:x"), IPC: one("", "", "", "host")}
	s.Ports = []inspect.Port{{Container: uint16(1 + r.IntN(9000)), Protocol: one("tcp", "udp")}}
	s.Sysctls = map[string]string{one("net.ipv4.tcp_syncookies", "net.core.somaxconn"): "1"}
	if some(2) {
		s.Sysctls = nil
	}
	s.Limits = inspect.Limits{Memory: int64(r.IntN(3)) << 27, CPUs: float64(r.IntN(5)) / 3}
	p := fix.NewPlan()
	for _, c := range []inspect.Change{
		keep(drawn(r, 4, "CHOWN", "SETUID", "NET_BIND_SERVICE", "SYS_ADMIN")...), noNewPrivileges,
		{Dial: inspect.DialReadOnlyRoot}, {Dial: inspect.DialPrivileged}, {Dial: inspect.DialUser, User: "65534:65534"},
		{Dial: inspect.DialSeccomp, Profile: inspect.Profile{Path: "p.json", Text: "{}"}},
		{Dial: inspect.DialAppArmor, Profile: inspect.Profile{Name: "planned"}},
		{Dial: inspect.DialVolume, Path: "/data"}, {Dial: inspect.DialRemoveMount, Path: "/host"},
	} {
		if some(2) {
			p = p.With(c)
		}
	}
	return Input{Workload: inspect.Workload{Name: "w", Image: "i", Settings: s}, Plan: p, Env: []Variable{{"A", some(2)}, {"B", some(2)}}}
}

// drawn takes each of the words once in n times.
func drawn(r *rand.Rand, n int, words ...string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(string) bool { return r.IntN(n) != 0 })
}

func TestNotes(t *testing.T) {
	for name, tt := range map[string]struct {
		in   inspect.Settings
		want string
	}{
		"unknown capability":  {inspect.Settings{CapAdd: []string{"CAP_41"}}, "CAP_41"},
		"SYS_ADMIN":           {inspect.Settings{CapAdd: []string{"SYS_ADMIN"}, NoNewPrivileges: true}, "no-new-privileges beside SYS_ADMIN"},
		"named user":          {inspect.Settings{User: "app"}, "numbers alone"},
		"named group":         {inspect.Settings{User: "5:staff"}, `"staff"`},
		"tmpfs owner":         {inspect.Settings{Tmpfs: []inspect.Tmpfs{{Path: "/run", Options: "uid=5,mode=700"}}}, "uid=5, mode=700"},
		"several groups":      {inspect.Settings{Tmpfs: []inspect.Tmpfs{{Path: "/a", Options: "gid=1"}, {Path: "/b", Options: "gid=2"}}}, "different groups"},
		"tmpfs share of RAM":  {inspect.Settings{Tmpfs: []inspect.Tmpfs{{Path: "/a", Options: "size=50%"}}}, "50%"},
		"processes":           {inspect.Settings{Limits: inspect.Limits{PIDs: 7}}, "podPidsLimit"},
		"ulimits":             {inspect.Settings{Limits: inspect.Limits{Ulimits: []inspect.Ulimit{{Name: "nofile", Soft: 1, Hard: 2}}}}, "nofile=1:2"},
		"swap":                {inspect.Settings{Limits: inspect.Limits{Memory: 5, MemorySwap: 6}}, "swap"},
		"kept from a level":   {inspect.Settings{CapDrop: []string{"ALL"}, CapAdd: []string{"SETUID"}}, "capabilities.add holds SETUID"},
		"joined namespace":    {inspect.Settings{Namespaces: inspect.Namespaces{Network: "container:db"}}, "same pod"},
		"unheard-of SELinux":  {inspect.Settings{SELinux: []string{"filetype:x"}}, "filetype:x"},
		"unmasked":            {inspect.Settings{UnmaskedPaths: true}, "not carried over"},
		"no capability drops": {inspect.Settings{}, "CRI-O"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Write(Input{Workload: inspect.Workload{Name: "w", Image: "i", Settings: tt.in}}, Whole)
			if err != nil {
				t.Fatal(err)
			}
			if notes := strings.Join(m.Notes, "\n"); !strings.Contains(notes, tt.want) {
				t.Errorf("the notes are %q, want them to say %q", notes, tt.want)
			}
		})
	}
}

func TestNamedUserBecomesTheNumberThatWasSeen(t *testing.T) {
	in := Input{Workload: inspect.Workload{Name: "w", Image: "i", Settings: inspect.Settings{User: "app"},
		Processes: []inspect.Process{{PID: 9, UID: 12, GID: 13, Executed: true}, {PID: 10, UID: 101, GID: 102}, {PID: 11, UID: 5}}}}
	m, err := Write(in, Whole)
	if err != nil {
		t.Fatal(err)
	}
	sc := decode(t, m.YAML).Spec.Template.Spec.Containers[0].SecurityContext
	if *sc.RunAsUser != 101 || *sc.RunAsGroup != 102 || !*sc.RunAsNonRoot {
		t.Errorf("%+v", sc)
	}
}

func TestWholeNeedsAnImage(t *testing.T) {
	if _, err := Write(Input{}, Whole); err == nil {
		t.Error("no error")
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{"Shop_Web.1": "shop-web-1", "1x": "v-1x", "": "v", "--": "v", strings.Repeat("a", 99): strings.Repeat("a", 63)} {
		if got := label(in); got != want {
			t.Errorf("label(%q) is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"64m": "64Mi", "10k": "10Ki", "1G": "1Gi", "4096": "4096", "50%": "", "": ""} {
		if got, _ := quantity(in); got != want {
			t.Errorf("quantity(%q) is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[float64]string{0.5: "500m", 2: "2", 1.25: "1250m", 0.0001: "1m"} {
		if got := processors(in); got != want {
			t.Errorf("processors(%v) is %q, want %q", in, got, want)
		}
	}
	if got := memory(3 << 19); got != "1536Ki" {
		t.Errorf("memory: %q", got)
	}
}
