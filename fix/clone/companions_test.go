package clone

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/agent"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
)

// project makes containers as Compose makes them, on a network of their own.
type project struct {
	*testing.T
	*engine.Engine
	name string
}

func newProject(t *testing.T) project {
	t.Helper()
	e := enginetest.Connect(t)
	enginetest.Image(t, e, "redis") // makes sure that the base image is there
	p := project{t, e, "bulkhead-test-" + strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-"))}
	_, err := e.API.NetworkCreate(t.Context(), p.name, client.NetworkCreateOptions{Labels: enginetest.Labels(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := e.API.NetworkRemove(context.Background(), p.name, client.NetworkRemoveOptions{}); err != nil {
			t.Error(err)
		}
	})
	return p
}

// service creates the container of a service, started where that is wanted.
// dependsOn is Compose's label.
func (p project) service(name, dependsOn string, config container.Config, h container.HostConfig, start bool) string {
	p.Helper()
	if config.Image == "" {
		config.Image = enginetest.BaseImage
	}
	config.Labels = map[string]string{labelProject: p.name, labelService: name, labelDependsOn: dependsOn}
	options := client.ContainerCreateOptions{Name: p.name + "-" + name, Config: &config, HostConfig: &h}
	if h.NetworkMode == "" {
		h.NetworkMode = container.NetworkMode(p.name)
		options.NetworkingConfig = &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{p.name: {Aliases: []string{name}}}}
	}
	return enginetest.Create(p, p.Engine, options, start)
}

func script(lines string) container.Config {
	return container.Config{Cmd: []string{"bash", "-c", "trap 'exit 0' TERM; " + lines + "; sleep 600 & wait"}}
}

// open opens a session that is closed when the test ends, and fails the test
// where it leaves anything.
func (p project) open(id string, opt Options) *Session {
	p.Helper()
	s, err := Open(p.Context(), p.Engine, id, opt)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { closeClean(p.T, s) })
	return s
}

func closeClean(t *testing.T, s *Session) {
	t.Helper()
	if err := s.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if left := labelled(t, s.api, s.id); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// labelled is what carries the session's label.
func labelled(t *testing.T, api *client.Client, id string) []string {
	t.Helper()
	ctx := context.Background()
	filter := client.Filters{}.Add("label", LabelSession+"="+id)
	var left []string
	containers, err := api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range containers.Items {
		left = append(left, summaryName(c))
	}
	volumes, err := api.VolumeList(ctx, client.VolumeListOptions{Filters: filter})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range volumes.Items {
		left = append(left, v.Name)
	}
	networks, err := api.NetworkList(ctx, client.NetworkListOptions{Filters: filter})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range networks.Items {
		left = append(left, n.Name)
	}
	return left
}

// run makes a copy under the plan, starts it, and returns it when its log has a
// line that contains the text.
func (p project) run(s *Session, plan fix.Plan, until string) *copied {
	p.Helper()
	said := make(chan string, 100)
	c, err := s.create(p.Context(), trial.Step{Plan: plan}, &logbook{live: func(line string) { said <- line }}, nil)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() {
		if err := c.remove(context.Background()); err != nil {
			p.Error(err)
		}
	})
	if err := c.start(p.Context()); err != nil {
		p.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.Context(), time.Minute)
	defer cancel()
	for {
		select {
		case line := <-said:
			if strings.Contains(line, until) {
				return c
			}
			p.Logf("it says: %s", line)
		case <-ctx.Done():
			p.Fatalf("it never said %q: %q", until, c.log.lines())
		}
	}
}

func (p project) noted(s *Session, parts ...string) {
	p.Helper()
	for _, part := range parts {
		if !slices.ContainsFunc(s.Notes(), func(n string) bool { return strings.Contains(n, part) }) {
			p.Errorf("no note says %q: %q", part, s.Notes())
		}
	}
}

// A service that ends at once without its database finds it, with the cache and
// what the migration left in the volume they share, in each of two copies.
func TestCompanionsAreThere(t *testing.T) {
	p := newProject(t)
	p.service("db", "", container.Config{
		Image: enginetest.Image(t, p.Engine, "postgres"), Env: []string{"POSTGRES_PASSWORD=correct-horse"},
		Healthcheck: &container.HealthConfig{Test: []string{"CMD", "gosu", "postgres", "psql", "-h", "127.0.0.1", "-c", "select 1"}, Interval: time.Minute},
	}, container.HostConfig{}, false)
	p.service("cache", "", container.Config{Image: enginetest.Image(t, p.Engine, "redis")}, container.HostConfig{}, false)
	shared := []mount.Mount{{Type: mount.TypeVolume, Source: p.name, Target: "/shared"}}
	t.Cleanup(func() { removeVolume(t, p.Engine, p.name) })
	p.service("migrate", "db:service_healthy:false", container.Config{Cmd: []string{"bash", "-c", ": </dev/tcp/db/5432 && date +%N >/shared/migrated"}},
		container.HostConfig{Mounts: shared}, false)
	readOnly := slices.Clone(shared)
	readOnly[0].ReadOnly = true
	web := p.service("web", "cache:service_started:false,migrate:service_completed_successfully:false,gone:service_started:false",
		script("set -e; cat /shared/migrated; : </dev/tcp/db/5432; until (: </dev/tcp/cache/6379) 2>/dev/null; do sleep .1; done; echo connected"),
		container.HostConfig{Mounts: readOnly}, false)

	s := p.open(web, Options{})
	var order []string
	for _, c := range s.companions {
		order = append(order, c.called)
	}
	if diff := cmp.Diff([]string{"cache", "db", "migrate"}, order); diff != "" {
		t.Error(diff)
	}
	p.noted(s, "db is cloned with it", "depends on gone, which has no container", "db /var/lib/postgresql/data is a fresh volume")
	first := p.run(s, fix.Plan{}, "connected")
	second := p.run(s, fix.NewPlan(inspect.Change{Dial: inspect.DialCapabilities}), "connected")
	if first.network == second.network {
		t.Error("two copies are on one network")
	}
	if a, b := first.log.lines(), second.log.lines(); slices.Equal(a, b) {
		t.Errorf("both copies read what one migration wrote: %q", a)
	}
}

func removeVolume(t *testing.T, e *engine.Engine, name string) {
	t.Helper()
	if _, err := e.API.VolumeRemove(context.Background(), name, client.VolumeRemoveOptions{}); err != nil {
		t.Error(err)
	}
}

// A service that lives in another one's network gets a copy of that, and is
// reached there.
func TestCompanionWhoseNetworkIsShared(t *testing.T) {
	p := newProject(t)
	vpn := p.service("vpn", "", script("until (: </dev/tcp/vpn/6379) 2>/dev/null; do sleep .1; done"), container.HostConfig{}, true)
	app := p.service("app", "vpn:service_started:true", container.Config{Image: enginetest.Image(t, p.Engine, "redis")},
		container.HostConfig{NetworkMode: container.NetworkMode("container:" + vpn)}, true)
	s := p.open(app, Options{HelperImage: probeImage(t, p.Engine)})
	c := p.run(s, fix.Plan{}, "Ready to accept connections")
	if answers, err := c.helper.ask(probeTimeout); err != nil || len(answers) == 0 {
		t.Errorf("the probe hears %v, %v", answers, err)
	}
	st, err := c.state(t.Context())
	if err != nil || st.address == "" {
		t.Errorf("the copy answers on %q, %v", st.address, err)
	}
	owner, err := c.companions[0].state(t.Context())
	if err != nil || owner.address != st.address {
		t.Errorf("the network's owner is on %q, the copy on %q, %v", owner.address, st.address, err)
	}
}

// probeImage is the image of the probe helper, made of this very binary.
func probeImage(t *testing.T, e *engine.Engine) string {
	t.Helper()
	binary, err := agent.Own()
	if err != nil {
		t.Fatal(err)
	}
	image, forget, err := HelperImage(t.Context(), e.API, binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := forget(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return image
}

// What tries once, and is restarted today until its store listens, finds it
// listening.
func TestCompanionThatListensIsAwaited(t *testing.T) {
	p := newProject(t)
	p.service("store", "", container.Config{
		Image: enginetest.Image(t, p.Engine, "redis"), Cmd: []string{"sh", "-c", "sleep 1.5; exec redis-server --bind 0.0.0.0 --protected-mode no"},
	}, container.HostConfig{}, true)
	web := p.service("web", "store:service_started:false", script(": </dev/tcp/store/6379 && echo connected"), container.HostConfig{}, false)
	p.run(p.open(web, Options{HelperImage: probeImage(t, p.Engine)}), fix.Plan{}, "connected")
}

// Links give a container another name, and what a person names comes along.
func TestCompanionsByLinkAndByName(t *testing.T) {
	p := newProject(t)
	redis := container.Config{Image: enginetest.Image(t, p.Engine, "redis")}
	p.service("store", "", redis, container.HostConfig{}, false)
	peer := p.service("peer", "", redis, container.HostConfig{}, false)
	wait := script("for h in memory peer; do until (: </dev/tcp/$h/6379) 2>/dev/null; do sleep .1; done; done; echo connected")
	web := p.service("web", "", wait, container.HostConfig{}, false)
	if _, err := p.API.NetworkDisconnect(t.Context(), p.name, client.NetworkDisconnectOptions{Container: web}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.API.NetworkConnect(t.Context(), p.name, client.NetworkConnectOptions{
		Container: web, EndpointConfig: &network.EndpointSettings{Links: []string{p.name + "-store:memory"}},
	}); err != nil {
		t.Fatal(err)
	}
	s := p.open(web, Options{With: []string{peer}})
	p.run(s, fix.Plan{}, "connected")
}

// What another project has on an external network is cloned under the names that
// it has there, where the service's configuration names it; its other neighbours,
// and a namesake of what the service's own project has, stay where they are.
func TestPeersOnAnExternalNetwork(t *testing.T) {
	p := newProject(t)
	shared := p.name + "-shared"
	if _, err := p.API.NetworkCreate(t.Context(), shared, client.NetworkCreateOptions{Labels: enginetest.Labels(t)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := p.API.NetworkRemove(context.Background(), shared, client.NetworkRemoveOptions{}); err != nil {
			t.Error(err)
		}
	})
	redis := enginetest.Image(t, p.Engine, "redis")
	for service, alias := range map[string]string{"memory": "store.shared", "search": "search", "cache": "cache"} {
		enginetest.Create(t, p.Engine, client.ContainerCreateOptions{
			Name:             p.name + "-theirs-" + service,
			Config:           &container.Config{Image: redis, Labels: map[string]string{labelProject: p.name + "-theirs", labelService: service, labelDependsOn: ""}},
			HostConfig:       &container.HostConfig{NetworkMode: container.NetworkMode(shared)},
			NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{shared: {Aliases: []string{service, alias}}}},
		}, true)
	}
	p.service("cache", "", container.Config{Image: redis}, container.HostConfig{}, false)
	config := script("url=${STORE#*//}; for at in ${url%/*} ${CACHE}; do until (: </dev/tcp/${at/://}) 2>/dev/null; do sleep .1; done; done; echo connected")
	config.Env = []string{"STORE=redis://store.shared:6379/0", "CACHE=cache:6379"}
	web := p.service("web", "cache:service_started:false", config, container.HostConfig{}, false)
	if _, err := p.API.NetworkConnect(t.Context(), shared, client.NetworkConnectOptions{Container: web}); err != nil {
		t.Fatal(err)
	}
	s := p.open(web, Options{})
	var names []string
	for _, c := range s.companions {
		names = append(names, strings.TrimPrefix(c.original.Name, "/"+p.name+"-"))
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"cache", "theirs-memory"}, names); diff != "" {
		t.Error(diff)
	}
	p.noted(s, "The configuration of web names store.shared, which is "+p.name+"-theirs-memory", "memory is cloned with it")
	p.run(s, fix.Plan{}, "connected")
}

func TestCompanionsThatFail(t *testing.T) {
	never := &container.HealthConfig{Test: []string{"CMD", "false"}, Interval: time.Second}
	for _, tt := range []struct {
		name, condition string
		config          container.Config
		want            []string
	}{
		{"never healthy", "service_healthy", container.Config{
			Env: []string{"DB_PASSWORD=hunter22"}, Healthcheck: never, Cmd: []string{"bash", "-c", "echo waiting as $DB_PASSWORD; sleep 600"},
		}, []string{"db, which web needs, did not reach service_healthy within 2s", "waiting as •••"}},
		{"ends", "service_healthy", container.Config{Healthcheck: never, Cmd: []string{"sh", "-c", "echo no data; exit 3"}},
			[]string{"ended with exit code 3", "no data"}},
		{"job fails", "service_completed_successfully", container.Config{Cmd: []string{"sh", "-c", "exit 4"}}, []string{"ended with exit code 4"}},
		{"cannot start", "service_started", container.Config{Cmd: []string{"/nothing/here"}}, []string{"could not be cloned with it", "/nothing/here"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newProject(t)
			p.service("db", "", tt.config, container.HostConfig{}, false)
			web := p.service("web", "db:"+tt.condition+":false", script("true"), container.HostConfig{}, false)
			s := p.open(web, Options{Patience: 2 * time.Second})
			_, err := s.create(t.Context(), trial.Step{}, &logbook{}, nil)
			var failed *CompanionError
			if !errors.As(err, &failed) || failed.Hint() == "" {
				t.Fatalf("error %v", err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			left := slices.DeleteFunc(labelled(t, s.api, s.id), func(name string) bool { return strings.Contains(name, "-net") })
			if len(left) > 0 {
				t.Errorf("left behind by a copy that could not be made: %v", left)
			}
		})
	}
}

// A service that lives in another one's process and IPC namespaces lives in
// those of that one's copy: it sees its processes and its shared memory, and the
// probe tells the processes of both apart.
func TestCompanionWhoseNamespacesAreShared(t *testing.T) {
	p := newProject(t)
	app := p.service("app", "", script("echo of the app >/dev/shm/word; exec -a the-app sleep 600"), container.HostConfig{IpcMode: container.IPCModeShareable}, true)
	debug := p.service("debug", "app:service_started:true",
		script("until grep -qz the-app /proc/1/cmdline; do sleep .1; done; until test -s /dev/shm/word; do sleep .1; done; cat /dev/shm/word"),
		container.HostConfig{PidMode: container.PidMode("container:" + app), IpcMode: container.IpcMode("container:" + app)}, true)
	s := p.open(debug, Options{HelperImage: probeImage(t, p.Engine)})
	p.noted(s, "app is cloned with it")
	c := p.run(s, fix.NewPlan(inspect.Change{Dial: inspect.DialCapabilities}), "of the app")
	if _, err := c.helper.ask(probeTimeout); err != nil {
		t.Fatal(err)
	}
	for _, i := range health.Identities(c.helper.last.Processes) {
		if i.Powers.Effective != 0 {
			t.Errorf("%s is not of the copy, whose capabilities were dropped", i)
		}
	}
	if len(c.helper.last.Processes) == 0 {
		t.Error("the probe sees no process")
	}
	if _, _, killed, err := c.stop(t.Context()); err != nil || killed {
		t.Errorf("it did not stop by itself (killed %v, %v)", killed, err)
	}
	if st, err := c.companions[0].state(t.Context()); err != nil || !st.running {
		t.Errorf("its companion does not run on: %+v, %v", st, err)
	}

	p.noted(p.open(app, Options{With: []string{debug}}), "debug lives in the PID namespace of app itself and is not cloned with it.")
}

// What cannot be cloned stands in the way, unless the service can do without.
func TestCompanionsThatCannotBeCloned(t *testing.T) {
	p := newProject(t)
	p.service("agent", "", script("true"), container.HostConfig{Privileged: true}, false)
	web := p.service("web", "agent:service_started:false", script("echo up"), container.HostConfig{}, false)
	_, err := Open(t.Context(), p.Engine, web, Options{})
	var failed *CompanionError
	if !errors.As(err, &failed) || failed.Companion != "agent" || failed.Hint() == "" {
		t.Errorf("error %v", err)
	}
	s := p.open(web, Options{Needs: map[string][]Need{"web": {{Service: "agent", Optional: true}}}})
	p.noted(s, "agent is left out")
	p.run(s, fix.Plan{}, "up")
}

func TestLoosen(t *testing.T) {
	p := newProject(t)
	p.service("redis", "", container.Config{Image: enginetest.Image(t, p.Engine, "redis")}, container.HostConfig{}, true)
	t.Cleanup(func() { removeVolume(t, p.Engine, p.name) })
	web := p.service("web", "", script("cat /data/seed; until (: </dev/tcp/redis/6379) 2>/dev/null; do sleep .1; done; echo connected"),
		container.HostConfig{Mounts: []mount.Mount{{Type: mount.TypeVolume, Source: p.name, Target: "/data"}}}, false)
	p.fillVolume("echo from the volume >seed")

	s := p.open(web, Options{MayLeave: true})
	for _, want := range []string{"copies of what yours hold: /data", "neighbours run beside every copy: redis", "can reach the outside"} {
		said, more, err := s.Loosen(t.Context())
		if err != nil || !more || !strings.Contains(said, want) {
			t.Fatalf("said %q, %v, %v; want %q", said, more, err, want)
		}
		p.noted(s, said)
	}
	if said, more, err := s.Loosen(t.Context()); said != "" || more || err != nil {
		t.Errorf("one notch too many: %q, %v, %v", said, more, err)
	}
	c := p.run(s, fix.Plan{}, "connected")
	if lines := c.log.lines(); !slices.Contains(lines, "from the volume") {
		t.Errorf("it read %q", lines)
	}
	if n, err := p.API.NetworkInspect(t.Context(), c.network, client.NetworkInspectOptions{}); err != nil || n.Network.Internal {
		t.Errorf("the last notch has no way out: %v, %v", n.Network.Internal, err)
	}

	sealed := p.open(web, Options{CopyVolumes: true})
	var said []string
	for {
		one, more, err := sealed.Loosen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		said = append(said, one)
	}
	if len(said) != 1 || sealed.opt.Isolation != Sealed {
		t.Errorf("without leave: %q, isolation %v", said, sealed.opt.Isolation)
	}
}

// fillVolume runs a script in the test's volume.
func (p project) fillVolume(script string) {
	p.Helper()
	id := enginetest.Create(p, p.Engine, client.ContainerCreateOptions{
		Config:     &container.Config{Image: enginetest.BaseImage, WorkingDir: "/to", Cmd: []string{"sh", "-ec", script}},
		HostConfig: &container.HostConfig{NetworkMode: "none", Mounts: []mount.Mount{{Type: mount.TypeVolume, Source: p.name, Target: "/to"}}},
	}, true)
	wait := p.API.ContainerWait(p.Context(), id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case <-wait.Result:
	case err := <-wait.Error:
		p.Fatal(err)
	}
}

func TestLabelNeeds(t *testing.T) {
	// As Compose v5.6.0 writes it.
	got := labelNeeds("db:service_healthy:false,migrate:service_completed_successfully:true")
	if diff := cmp.Diff([]Need{{Service: "db", Condition: Healthy}, {Service: "migrate", Condition: Completed}}, got); diff != "" {
		t.Error(diff)
	}
	if got := labelNeeds(""); got != nil {
		t.Errorf("an empty label gives %v", got)
	}
}

func TestDistinguish(t *testing.T) {
	of := func(name string, aliases ...string) *pattern {
		return &pattern{called: name, spec: Spec{Aliases: aliases}}
	}
	s := &Session{pattern: of("web", "web", "www"), companions: []*pattern{of("db", "db", "db", "store"), of("cache", "cache", "store", "web")}}
	s.distinguish()
	got := map[string][]string{}
	for _, p := range s.patterns() {
		got[p.called] = p.spec.Aliases
	}
	if diff := cmp.Diff(map[string][]string{"web": {"web", "www"}, "db": {"db", "store"}, "cache": {"cache"}}, got); diff != "" {
		t.Error(diff)
	}
	if len(s.found) != 2 {
		t.Errorf("notes %q", s.found)
	}
}
