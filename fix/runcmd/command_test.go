package runcmd

import (
	"encoding/json"
	goflag "flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/engine"

	"github.com/google/go-cmp/cmp"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

var update = goflag.Bool("update", false, "write the golden files")

const recorded = "../../testdata/inspect"

// fixture is a recorded container, its image and the engine it was recorded from.
func fixture(t testing.TB, name string) Input {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(recorded, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	in := Input{
		Raw:   data,
		Image: image.InspectResponse{Config: &dockerspec.DockerOCIImageConfig{}, ID: "sha256:1", RepoTags: []string{"debian:bookworm-slim"}},
		Host:  inspect.Host{Version: "20.10.24", CgroupVersion: "1", DefaultRuntime: "runc", LogDriver: "json-file"},
	}
	if err := json.Unmarshal(data, &in.Container); err != nil {
		t.Fatal(err)
	}
	return in
}

func fixtures(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recorded, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".json"))
	}
	return names
}

func from(t testing.TB, in Input) Command {
	t.Helper()
	c, err := From(in)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestLines compares the command of every recorded container, as it is and
// hardened, with a golden file.
func TestLines(t *testing.T) {
	for _, name := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			c := from(t, fixture(t, name))
			got := strings.Join(c.Lines(), "\n") + "\n\n" + strings.Join(c.Harden(plan(t)).Lines(), "\n") + "\n"
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestHardenIsThePlanApplied holds the command's settings to fix.Apply.
func TestHardenIsThePlanApplied(t *testing.T) {
	for _, name := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			in := fixture(t, name)
			before := engine.ToWorkload(in.Container).Settings
			got := engine.ToWorkload(from(t, in).Harden(plan(t)).in.Container).Settings
			want := fix.Apply(before, plan(t))
			sortTmpfs := cmp.Transformer("byPath", func(tmpfs []inspect.Tmpfs) map[string]string {
				m := map[string]string{}
				for _, t := range tmpfs {
					m[t.Path] = t.Options
				}
				return m
			})
			if diff := cmp.Diff(want, got, sortTmpfs); diff != "" {
				t.Errorf("settings (-plan applied +hardened):\n%s", diff)
			}
			if again := engine.ToWorkload(in.Container).Settings; !cmp.Equal(before, again) {
				t.Error("hardening changed its input")
			}
		})
	}
}

func TestEmptyPlanChangesNothing(t *testing.T) {
	for _, name := range fixtures(t) {
		c := from(t, fixture(t, name))
		if diff := cmp.Diff(c.Lines(), c.Harden(fix.Plan{}).Lines()); diff != "" {
			t.Errorf("%s: (-before +after):\n%s", name, diff)
		}
	}
}

// made is an input of a small container, changed by f.
func made(f func(*Input)) Input {
	in := Input{
		Container: container.InspectResponse{
			ID: strings.Repeat("ab", 32), Name: "/web", Image: "sha256:1",
			Config:     &container.Config{Image: "app:1", Hostname: "abababababab", Cmd: []string{"serve"}, Entrypoint: []string{"/start"}},
			HostConfig: &container.HostConfig{ShmSize: defaultShm},
		},
		Image: image.InspectResponse{
			ID: "sha256:1", RepoTags: []string{"app:1"}, Architecture: "amd64",
			Config: &dockerspec.DockerOCIImageConfig{
				ImageConfig: ocispec.ImageConfig{Cmd: []string{"serve"}, Entrypoint: []string{"/start"}},
			},
		},
		Host: inspect.Host{CgroupVersion: "2", DefaultRuntime: "runc", Arch: "x86_64"},
	}
	f(&in)
	return in
}

func TestOneLine(t *testing.T) {
	tests := []struct {
		name string
		make func(*Input)
		want string
	}{
		{"everything from the image", func(*Input) {}, "docker run -d --name web app:1"},
		{"own arguments", func(in *Input) { in.Container.Config.Cmd = []string{"check", "-v"} }, "docker run -d --name web app:1 check -v"},
		{"own entrypoint of several words", func(in *Input) {
			in.Container.Config.Entrypoint = []string{"sh", "-c"}
			in.Container.Config.Cmd = []string{"a b"}
		}, "docker run -d --name web --entrypoint sh app:1 -c 'a b'"},
		{"entrypoint taken away", func(in *Input) { in.Container.Config.Entrypoint = nil }, "docker run -d --name web --entrypoint '' app:1 serve"},
		{"arguments taken away", func(in *Input) { in.Container.Config.Cmd = nil }, "docker run -d --name web --entrypoint /start app:1"},
		{"environment of the image", func(in *Input) {
			in.Image.Config.Env = []string{"PATH=/bin", "MODE=a"}
			in.Container.Config.Env = []string{"PATH=/bin", "MODE=b"}
		}, "docker run -d --name web --env MODE=b app:1"},
		{"another user than the image's, none", func(in *Input) { in.Image.Config.User = "app" }, "docker run -d --name web --user 0 app:1"},
		{"another architecture", func(in *Input) { in.Image.Architecture, in.Image.Variant = "arm64", "v8" }, "docker run -d --name web --platform linux/arm64/v8 app:1"},
		{"host cgroup namespace on cgroup v2", func(in *Input) { in.Container.HostConfig.CgroupnsMode = "host" }, "docker run -d --name web --cgroupns host app:1"},
		{"links", func(in *Input) { in.Container.HostConfig.Links = []string{"/db:/web/database"} }, "docker run -d --name web --link db:database app:1"},
		{"MAC address, which the types have lost", func(in *Input) { in.Raw = []byte(`{"Config":{"MacAddress":"02:42:ac:11:00:09"}}`) },
			"docker run -d --name web --mac-address 02:42:ac:11:00:09 app:1"},
		{"driver options of a network", func(in *Input) {
			in.Container.HostConfig.NetworkMode = "front"
			in.Container.NetworkSettings = &container.NetworkSettings{Networks: map[string]*network.EndpointSettings{
				"front": {DriverOpts: map[string]string{"a.b": "c"}, GwPriority: 5},
				"back":  {Aliases: []string{"abababababab", "api"}},
			}}
		}, "docker run -d --name web --network name=front,driver-opt=a.b=c,gw-priority=5 app:1 && docker network connect --alias api back web"},
		{"seccomp profile in the old spelling", func(in *Input) {
			in.Container.HostConfig.SecurityOpt = []string{`seccomp:{"a":"="}`, "apparmor:x"}
		}, "docker run -d --name web --security-opt seccomp=web-seccomp.json --security-opt apparmor:x app:1"},
		{"attached by Compose, which stays with nothing", func(in *Input) {
			in.Container.Config.AttachStdout, in.Container.Config.AttachStderr = true, true
			in.Container.Config.Labels = map[string]string{"com.docker.compose.service": "web"}
		}, "docker run -d --name web app:1"},
		{"in the foreground", func(in *Input) { in.Container.Config.AttachStdout, in.Container.Config.AttachStderr = true, true }, "docker run --name web app:1"},
		{"healthcheck without a shell", func(in *Input) {
			in.Container.Config.Healthcheck = &container.HealthConfig{Test: []string{"CMD", "/probe", "a b"}}
		}, `docker run -d --name web --health-cmd '/probe '\''a b'\''' app:1`},
		{"GPUs", func(in *Input) {
			in.Container.HostConfig.DeviceRequests = []container.DeviceRequest{
				{Count: -1, Capabilities: [][]string{{"gpu"}}},
				{Driver: "nvidia", DeviceIDs: []string{"0", "1"}, Capabilities: [][]string{{"compute", "gpu"}}},
				{Driver: "cdi", DeviceIDs: []string{"vendor.com/gpu=0"}},
			}
		}, `docker run -d --name web --gpus count=all --gpus 'driver=nvidia,"device=0,1",capabilities=compute' --device vendor.com/gpu=0 app:1`},
		{"mount options", func(in *Input) {
			in.Container.HostConfig.Mounts = []mount.Mount{
				{Type: "bind", Source: "/a,b", Target: "/c", BindOptions: &mount.BindOptions{NonRecursive: true}},
				{Type: "volume", Source: "v", Target: "/d", VolumeOptions: &mount.VolumeOptions{Subpath: "x", DriverConfig: &mount.Driver{Name: "nfs", Options: map[string]string{"o": "addr=h,rw"}}}},
				{Type: "image", Source: "tools", Target: "/e", ImageOptions: &mount.ImageOptions{Subpath: "y"}},
			}
		}, `docker run -d --name web --mount 'type=bind,"source=/a,b",target=/c,bind-recursive=disabled' ` +
			`--mount 'type=volume,source=v,target=/d,volume-subpath=x,volume-driver=nfs,"volume-opt=o=addr=h,rw"' ` +
			`--mount type=image,source=tools,target=/e,image-subpath=y app:1`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, from(t, made(tt.make)).OneLine()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNotesSayWhatFlagsCannot(t *testing.T) {
	tests := []struct {
		name string
		make func(*Input)
		want string
	}{
		{"healthcheck without a shell", func(in *Input) {
			in.Container.Config.Healthcheck = &container.HealthConfig{Test: []string{"CMD", "curl", "-f", "http://x/"}}
		}, "without a shell"},
		{"Compose service", func(in *Input) {
			in.Container.Config.Labels = map[string]string{"com.docker.compose.service": "web"}
		}, `Compose service "web"`},
		{"moved tag", func(in *Input) { in.Image.RepoTags = []string{"app:0"} }, "means another image today"},
		{"tag without an image", func(in *Input) { in.Image.RepoTags = nil }, "means another image today"},
		{"unknown image", func(in *Input) { in.Image = image.InspectResponse{} }, "image's own configuration is not known"},
		{"cgroup of another", func(in *Input) { in.Container.HostConfig.Cgroup = "container:x" }, "cgroup of container:x"},
		{"namespace of another", func(in *Input) { in.Container.HostConfig.PidMode = "container:x" }, "named by its ID"},
		{"unheard-of device request", func(in *Input) {
			in.Container.HostConfig.DeviceRequests = []container.DeviceRequest{{Driver: "tpu", Capabilities: [][]string{{"tpu"}}}}
		}, `"tpu"`},
		{"half the masks", func(in *Input) {
			in.Container.HostConfig.MaskedPaths, in.Container.HostConfig.ReadonlyPaths = []string{}, []string{"/proc/sys"}
		}, "Only one of the two lists"},
		{"control characters", func(in *Input) { in.Container.Config.Env = []string{"A=\x1b[2J"} }, "control characters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			notes := strings.Join(from(t, made(tt.make)).Notes(), "\n")
			if !strings.Contains(notes, tt.want) {
				t.Errorf("the notes are %q, want them to say %q", notes, tt.want)
			}
		})
	}
	if notes := from(t, made(func(*Input) {})).Notes(); len(notes) > 0 {
		t.Errorf("an ordinary container has the notes %q", notes)
	}
	privileged := made(func(in *Input) { in.Container.HostConfig.Privileged = true })
	if notes := strings.Join(from(t, privileged).Harden(plan(t)).Notes(), "\n"); !strings.Contains(notes, "privileged") {
		t.Errorf("hardening a privileged container notes %q", notes)
	}
}

// TestNoSecretIsPrinted hides one password in every place where people put them.
func TestNoSecretIsPrinted(t *testing.T) {
	const secret = "s3cr3t-Passw0rd"
	places := map[string]func(*Input){
		"environment":           func(in *Input) { in.Container.Config.Env = []string{"DB_PASSWORD=" + secret} },
		"environment, odd name": func(in *Input) { in.Container.Config.Env = []string{"db.password=" + secret} },
		"two variables":         func(in *Input) { in.Container.Config.Env = []string{"A_TOKEN=" + secret, "B_TOKEN=" + secret} },
		"URL":                   func(in *Input) { in.Container.Config.Env = []string{"BACKEND=postgres://me:" + secret + "@db/x"} },
		"inside another variable": func(in *Input) {
			in.Container.Config.Env = []string{"DB_PASSWORD=" + secret, "DSNLESS=x " + secret + " y"}
		},
		"option with =":    func(in *Input) { in.Container.Config.Cmd = []string{"--password=" + secret} },
		"option and value": func(in *Input) { in.Container.Config.Cmd = []string{"redis-server", "--requirepass", secret} },
		"shell line": func(in *Input) {
			in.Container.Config.Cmd = []string{"sh", "-c", "exec redis-server --requirepass " + secret}
		},
		"shell line, quoted":      func(in *Input) { in.Container.Config.Cmd = []string{"sh", "-c", `API_KEY="` + secret + `" serve`} },
		"URL among the arguments": func(in *Input) { in.Container.Config.Cmd = []string{"--db", "mysql://me:" + secret + "@db/x"} },
		"label":                   func(in *Input) { in.Container.Config.Labels = map[string]string{"app.token": secret} },
		"value of an env, in a label": func(in *Input) {
			in.Container.Config.Env = []string{"TOKEN=" + secret}
			in.Container.Config.Labels = map[string]string{"x": "y" + secret}
		},
		"healthcheck": func(in *Input) {
			in.Container.Config.Env = []string{"REDIS_PASSWORD=" + secret}
			in.Container.Config.Healthcheck = &container.HealthConfig{Test: []string{"CMD-SHELL", "redis-cli -a " + secret + " ping"}}
		},
		"password that redis-cli takes": func(in *Input) {
			in.Container.Config.Healthcheck = &container.HealthConfig{Test: []string{"CMD-SHELL", "redis-cli -h db -a '" + secret + "' ping"}}
		},
		"password that mysqladmin takes": func(in *Input) {
			in.Container.Config.Healthcheck = &container.HealthConfig{Test: []string{"CMD-SHELL", "mysqladmin -uroot -p" + secret + " ping"}}
		},
		"password that curl takes": func(in *Input) {
			in.Container.Config.Cmd = []string{"sh", "-c", "curl -s -u me:" + secret + " http://x/"}
		},
		"healthcheck without a shell": func(in *Input) {
			in.Container.Config.Healthcheck = &container.HealthConfig{Test: []string{"CMD", "probe", "--password", secret}}
		},
		"log option": func(in *Input) {
			in.Container.HostConfig.LogConfig = container.LogConfig{Type: "splunk", Config: map[string]string{"splunk-token": secret}}
		},
		"short, in a URL": func(in *Input) {
			in.Container.Config.Cmd = []string{"mysql://me:x@db", "--password=" + secret}
		},
		"with quotes, healthcheck without a shell": func(in *Input) {
			in.Container.Config.Env = []string{"PASSWORD=it's " + secret}
			in.Container.Config.Healthcheck = &container.HealthConfig{Test: []string{"CMD", "probe", "it's " + secret}}
		},
		"volume option": func(in *Input) {
			in.Container.HostConfig.Mounts = []mount.Mount{{Type: "volume", Target: "/d", VolumeOptions: &mount.VolumeOptions{
				DriverConfig: &mount.Driver{Name: "cifs", Options: map[string]string{"o": "username=me,password=" + secret}}}}}
		},
	}
	for name, put := range places {
		t.Run(name, func(t *testing.T) {
			c := from(t, made(put))
			for _, text := range []string{c.OneLine(), strings.Join(c.Lines(), "\n"), strings.Join(c.Harden(plan(t)).Lines(), "\n")} {
				if strings.Contains(text, secret) {
					t.Errorf("the secret stands in\n%s", text)
				}
			}
			if !strings.Contains(strings.Join(c.Notes(), "\n"), "Set and export") {
				t.Errorf("nothing says that a variable is needed: %q", c.Notes())
			}
		})
	}
}

func TestWordsOfASentenceAreNoSecrets(t *testing.T) {
	c := from(t, made(func(in *Input) {
		in.Container.Config.Cmd = []string{"sh", "-c", "echo the password is wrong; test $TOKEN = x; run --token-file /run/secrets/t"}
	}))
	if want := "app:1 sh -c 'echo the password is wrong; test $TOKEN = x;"; !strings.Contains(c.OneLine(), want) {
		t.Errorf("%s, want it to hold %s", c.OneLine(), want)
	}
}

func TestHostileContainersStayPrintable(t *testing.T) {
	evil := "\x1b]0;pwned\x07\n'; rm -rf / #"
	c := from(t, made(func(in *Input) {
		in.Container.Name = "/" + evil
		in.Container.Config.Image = evil
		in.Container.Config.Hostname = evil
		in.Container.Config.Env = []string{evil, evil + "=" + evil}
		in.Container.Config.Labels = map[string]string{evil: evil, "com.docker.compose.service": evil}
		in.Container.HostConfig.SecurityOpt = []string{`seccomp={"x":"` + evil + `"}`, evil}
		in.Container.HostConfig.Binds = []string{evil}
	}))
	for _, line := range append(c.Lines(), c.OneLine()) {
		if inspect.Printable(line) != line {
			t.Errorf("%q is not printable", line)
		}
	}
	for _, f := range c.Files() {
		if strings.ContainsAny(f.Name, "/\\ '\x1b\n") || strings.HasPrefix(f.Name, ".") {
			t.Errorf("the file name %q escapes", f.Name)
		}
	}
}

func TestFromRefusesWhatIsNotAContainer(t *testing.T) {
	for name, in := range map[string]Input{
		"empty":    {},
		"no image": {Container: container.InspectResponse{Config: &container.Config{}, HostConfig: &container.HostConfig{}}},
	} {
		if _, err := From(in); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzFrom holds that no inspect JSON makes the writer panic or lets anything
// unprintable through.
func FuzzFrom(f *testing.F) {
	for _, name := range fixtures(f) {
		f.Add(fixture(f, name).Raw)
	}
	f.Add([]byte(`{"Config":{"Image":"a","Env":["A","=","B="],"Healthcheck":{"Test":[""]}},"HostConfig":{"Binds":["","a"],"Devices":[{}],"DeviceRequests":[{}],"Ulimits":[null],"PortBindings":{"1/tcp":null},"Mounts":[{}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := Input{Raw: data}
		if json.Unmarshal(data, &in.Container) != nil {
			return
		}
		c, err := From(in)
		if err != nil {
			return
		}
		for _, line := range c.Harden(fix.Plan{}).Lines() {
			if inspect.Printable(line) != line {
				t.Errorf("%q is not printable", line)
			}
		}
	})
}
