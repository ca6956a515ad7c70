package check

import (
	"testing"

	"bulkhead/inspect"
)

// TestLayers plants flaws in what is neither a setting alone nor a process: the
// host's mandatory access control, the image, secrets, detection, the runtime.
func TestLayers(t *testing.T) {
	type settings = inspect.Settings
	type facts = inspect.ImageFacts
	armor, selinux, neither, unknown := engineHost, engineHost, engineHost, inspect.Host{}
	armor.AppArmor, selinux.SELinux = true, true
	watched, unseen, gvisor, odd := engineHost, engineHost, engineHost, engineHost
	watched.Detection, unseen.DetectionUnknown = "Falco", "the engine is remote"
	gvisor.DefaultRuntime, odd.DefaultRuntime = "runsc", "zot"
	set := func(s settings) inspect.Workload { return container(s) }
	image := func(ref string, f *facts) inspect.Workload {
		w := container(settings{})
		w.Image, w.ImageFacts = ref, f
		return w
	}
	file := func(f *facts) inspect.Workload {
		w := image("web:1", f)
		w.ID = ""
		return w
	}
	digest := "@sha256:" + exampleDigest
	labelled := container(settings{})
	labelled.SecretLabels = []string{"a.password", "\x1b[2J"}

	for _, tt := range []struct {
		check, name string
		workload    inspect.Workload
		host        inspect.Host
		state       inspect.State
		want, says  string
	}{
		{"mandatory-access-control", "unconfined", set(settings{AppArmor: "unconfined"}), armor, inspect.Open, "high", "apparmor=unconfined"},
		{"mandatory-access-control", "privileged", set(settings{Privileged: true}), armor, inspect.Open, "high", "privileged is true"},
		{"mandatory-access-control", "privileged with a profile", set(settings{Privileged: true, AppArmor: "web"}), armor, inspect.Unknown, "", "not judged"},
		{"mandatory-access-control", "good on AppArmor", set(settings{}), armor, inspect.Closed, "", ""},
		{"mandatory-access-control", "an SELinux option on an AppArmor host", set(settings{SELinux: []string{"disable"}}), armor, inspect.Closed, "", ""},
		{"mandatory-access-control", "label=disable", set(settings{SELinux: []string{"disable"}}), selinux, inspect.Open, "high", "label=disable"},
		{"mandatory-access-control", "pid: host switches SELinux off", set(settings{Namespaces: inspect.Namespaces{PID: "host"}}), selinux, inspect.Open, "high", "pid is host"},
		{"mandatory-access-control", "ipc: host switches SELinux off", set(settings{Namespaces: inspect.Namespaces{IPC: "host"}}), selinux, inspect.Open, "high", "ipc is host"},
		{"mandatory-access-control", "a type", set(settings{SELinux: []string{"type:web_t"}}), selinux, inspect.Unknown, "", "type:web_t"},
		{"mandatory-access-control", "good on SELinux", set(settings{}), selinux, inspect.Closed, "", ""},
		{"mandatory-access-control", "a host with neither", set(settings{AppArmor: "unconfined"}), neither, inspect.NotApplicable, "", "neither"},
		{"mandatory-access-control", "no engine, unconfined", set(settings{AppArmor: "unconfined"}), unknown, inspect.Open, "high", ""},
		{"mandatory-access-control", "no engine, label=disable", set(settings{SELinux: []string{"disable"}}), unknown, inspect.Open, "high", ""},
		{"mandatory-access-control", "no engine", set(settings{}), unknown, inspect.Unknown, "", "no engine"},

		{"image-user", "none", image("web:1", &facts{}), engineHost, inspect.Partly, "low", ""},
		{"image-user", "root by number", image("web:1", &facts{User: "0:0"}), engineHost, inspect.Partly, "low", ""},
		{"image-user", "good", image("web:1", &facts{User: "nginx"}), engineHost, inspect.Closed, "", "nginx"},
		{"image-user", "good: set here", inspect.Workload{Settings: settings{User: "1"}, ImageFacts: &facts{}}, engineHost, inspect.Closed, "", ""},
		{"image-user", "not read", image("web:1", nil), engineHost, inspect.Unknown, "", "not read"},

		{"user-root", "from a file, by its image", file(&facts{User: "nginx"}), unknown, inspect.Closed, "", "nginx"},
		{"user-root", "from a file, root by its image", file(&facts{}), unknown, inspect.Open, "medium", ""},

		{"healthcheck", "none", set(settings{}), engineHost, inspect.Partly, "info", ""},
		{"healthcheck", "good", set(settings{Healthcheck: inspect.Healthcheck{Defined: true}}), engineHost, inspect.Closed, "", ""},
		{"healthcheck", "good: the image's", file(&facts{Healthcheck: true}), unknown, inspect.Closed, "", "image"},
		{"healthcheck", "none in a file, none in the image", file(&facts{}), unknown, inspect.Partly, "info", ""},
		{"healthcheck", "none in a file", file(nil), unknown, inspect.Unknown, "", "not read"},

		{"image-tag", "latest", image("nginx:latest", nil), engineHost, inspect.Partly, "low", "nginx:latest"},
		{"image-tag", "untagged", image("nginx", nil), engineHost, inspect.Partly, "low", ""},
		{"image-tag", "untagged, of a registry with a port", image("localhost:5000/shop/web", nil), engineHost, inspect.Partly, "low", ""},
		{"image-tag", "good", image("localhost:5000/shop/web:1.2", nil), engineHost, inspect.Closed, "", "1.2"},
		{"image-tag", "good: by digest", image("nginx"+digest, nil), engineHost, inspect.Closed, "", ""},
		{"image-tag", "good: by ID", image("sha256:"+exampleDigest, nil), engineHost, inspect.Closed, "", ""},
		{"image-tag", "built", image("", nil), engineHost, inspect.NotApplicable, "", "built"},

		{"image-digest", "not pinned", image("nginx:1", nil), engineHost, inspect.Open, "low", "without a digest"},
		{"image-digest", "not pinned, and its digest known", image("nginx:1", &facts{Digests: []string{"nginx" + digest}}), engineHost, inspect.Open, "low", "runs today: nginx@sha256"},
		{"image-digest", "built here", image("web:1", &facts{}), engineHost, inspect.Unknown, "", "built or loaded here"},
		{"image-digest", "built", image("", nil), engineHost, inspect.Unknown, "", "built"},
		{"image-digest", "good", image("nginx:1"+digest, nil), engineHost, inspect.Partly, "", "no signature was checked"},

		{"secret-environment", "a password and a token", set(settings{Env: []string{"API_TOKEN", "DB_PASSWORD", "TZ"}}), engineHost, inspect.Partly, "medium medium", "DB_PASSWORD"},
		{"secret-environment", "good", set(settings{Env: []string{"DB_PASSWORD_FILE", "PWD", "TZ"}}), engineHost, inspect.Closed, "", ""},
		{"secret-labels", "two", labelled, engineHost, inspect.Partly, "medium medium", "a.password"},
		{"secret-labels", "good", set(settings{}), engineHost, inspect.Closed, "", ""},

		{"detection", "none", set(settings{}), engineHost, inspect.Open, "info", ""},
		{"detection", "good", set(settings{}), watched, inspect.Closed, "", "Falco"},
		{"detection", "not known", set(settings{}), unseen, inspect.Unknown, "", "remote"},
		{"detection", "no engine", set(settings{}), unknown, inspect.Unknown, "", "no engine"},

		{"isolation-runtime", "runc", set(settings{}), engineHost, inspect.Partly, "info", "runc"},
		{"isolation-runtime", "crun by its path", set(settings{Runtime: "/usr/bin/crun"}), engineHost, inspect.Partly, "info", "crun"},
		{"isolation-runtime", "good: gVisor", set(settings{Runtime: "runsc"}), engineHost, inspect.Closed, "", ""},
		{"isolation-runtime", "good: gVisor by default", set(settings{}), gvisor, inspect.Closed, "", ""},
		{"isolation-runtime", "good: Kata by its shim", set(settings{Runtime: "io.containerd.kata.v2"}), engineHost, inspect.Closed, "", ""},
		{"isolation-runtime", "an unheard-of name", set(settings{}), odd, inspect.Unknown, "", "zot"},
		{"isolation-runtime", "no engine", set(settings{}), unknown, inspect.Unknown, "", "no engine"},

		{"swap", "unlimited", set(settings{Limits: inspect.Limits{Memory: 1, MemorySwap: -1}}), engineHost, inspect.Partly, "low", "-1"},
		{"swap", "good", set(settings{Limits: inspect.Limits{Memory: 1, MemorySwap: 1}}), engineHost, inspect.Closed, "", ""},
		{"swap", "no memory limit", set(settings{}), engineHost, inspect.NotApplicable, "", ""},
		{"restart-loop", "always", set(settings{Restart: "always"}), engineHost, inspect.Closed, "info", "always"},
		{"restart-loop", "unless stopped", set(settings{Restart: "unless-stopped"}), engineHost, inspect.Closed, "info", ""},
		{"restart-loop", "on failure, without a limit", set(settings{Restart: "on-failure"}), engineHost, inspect.Closed, "info", "on-failure"},
		{"restart-loop", "good: none", set(settings{}), engineHost, inspect.Closed, "", ""},
		{"restart-loop", "good", set(settings{Restart: "on-failure", RestartTries: 5}), engineHost, inspect.Closed, "", ""},
	} {
		t.Run(tt.check+"/"+tt.name, func(t *testing.T) {
			expect(t, tt.check, tt.workload, tt.host, tt.state, tt.want, tt.says)
		})
	}
}
