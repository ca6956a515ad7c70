package fix

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"

	"bulkhead/inspect"
)

func keep(names ...string) inspect.Change {
	return inspect.Change{Dial: inspect.DialCapabilities, Keep: inspect.ParseCaps(names)}
}

func tmpfs(path, options string) inspect.Change {
	return inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: path, Options: options}}
}

var (
	readOnly = inspect.Change{Dial: inspect.DialReadOnlyRoot}
	noNew    = inspect.Change{Dial: inspect.DialNoNewPrivileges}
)

func TestPlanHoldsOneChangeForEachDial(t *testing.T) {
	p := NewPlan(keep("CHOWN"), tmpfs("/run", "a"), tmpfs("/tmp", ""), keep("KILL"), tmpfs("/run", "b"))
	want := []inspect.Change{keep("KILL"), tmpfs("/run", "b"), tmpfs("/tmp", "")}
	if diff := cmp.Diff(want, p.Changes); diff != "" {
		t.Error(diff)
	}
	if got := p.Without(inspect.DialTmpfs); len(got.Changes) != 1 || len(p.Changes) != 3 {
		t.Errorf("without: %s; the plan itself: %s", got, p)
	}
}

func TestApply(t *testing.T) {
	before := inspect.Settings{
		CapAdd: []string{"SYS_ADMIN"}, CapDrop: []string{"KILL"},
		Tmpfs: []inspect.Tmpfs{{Path: "/run", Options: "size=1m"}},
	}
	after := Apply(before, NewPlan(readOnly, tmpfs("/run", "mode=755"), tmpfs("/tmp", ""), noNew, keep("SETUID", "CHOWN")))
	want := inspect.Settings{
		CapAdd: []string{"CHOWN", "SETUID"}, CapDrop: []string{"ALL"}, NoNewPrivileges: true, ReadOnlyRoot: true,
		Tmpfs: []inspect.Tmpfs{{Path: "/run", Options: "mode=755"}, {Path: "/tmp"}},
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Error(diff)
	}
	if before.CapAdd[0] != "SYS_ADMIN" || before.Tmpfs[0].Options != "size=1m" {
		t.Error("Apply changed what it was given")
	}
	if got := Apply(before, NewPlan(keep())); len(got.CapAdd) != 0 || got.Capabilities() != 0 {
		t.Errorf("all dropped, and yet %s", got.Capabilities())
	}
	if diff := cmp.Diff(before, Apply(before, Plan{})); diff != "" {
		t.Errorf("the empty plan changes something: %s", diff)
	}
}

func TestPlanJSON(t *testing.T) {
	for _, tt := range []struct {
		plan Plan
		want string
	}{
		{Plan{}, `{}`},
		{NewPlan(keep()), `{"capDrop":["ALL"]}`},
		{NewPlan(readOnly, tmpfs("/run", "mode=755,uid=1"), tmpfs("/tmp", ""), noNew, keep("CHOWN")),
			`{"capDrop":["ALL"],"capAdd":["CHOWN"],"readOnly":true,"tmpfs":["/run:mode=755,uid=1","/tmp"],"noNewPrivileges":true}`},
	} {
		data, err := json.Marshal(tt.plan)
		if err != nil || string(data) != tt.want {
			t.Errorf("%s is written as %s, %v", tt.plan, data, err)
		}
		var back Plan
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.plan.String(), back.String()); diff != "" {
			t.Error(diff)
		}
	}
	var p Plan
	if err := json.Unmarshal([]byte(`{"capDrop":["ALL"],"capAdd":["TELEPORT"]}`), &p); err == nil {
		t.Error("an unknown capability is accepted")
	}
}

func TestApplyTo(t *testing.T) {
	before := container.HostConfig{
		SecurityOpt: []string{"no-new-privileges=false", "seccomp=unconfined"},
		Tmpfs:       map[string]string{"/run": "size=1m"},
		Mounts:      []mount.Mount{{Type: mount.TypeTmpfs, Target: "/tmp"}, {Type: mount.TypeBind, Target: "/srv"}},
	}
	_, after := ApplyTo(container.Config{}, before, NewPlan(noNew, tmpfs("/run", "mode=755"), tmpfs("/tmp", ""), keep("KILL"), readOnly))
	if diff := cmp.Diff([]string{"seccomp=unconfined", "no-new-privileges:true"}, after.SecurityOpt); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"/run": "mode=755", "/tmp": ""}, after.Tmpfs); diff != "" {
		t.Error(diff)
	}
	if len(after.Mounts) != 1 || after.Mounts[0].Target != "/srv" || !after.ReadonlyRootfs || after.CapAdd[0] != "KILL" {
		t.Errorf("%+v", after)
	}
	if before.Tmpfs["/run"] != "size=1m" || len(before.Mounts) != 2 || len(before.SecurityOpt) != 2 {
		t.Error("ApplyTo changed what it was given")
	}
}

// wide is a container with something for every dial to turn, in the engine's
// words and in bulkhead's.
func wide() (container.Config, container.HostConfig, inspect.Settings) {
	eighty := network.MustParsePort("80/tcp")
	return container.Config{User: "root"}, container.HostConfig{
			Privileged: true, SecurityOpt: []string{"seccomp=unconfined"},
			Binds:        []string{"/srv/www:/www", "logs:/logs:z,rw", "/etc/x:/x:ro"},
			PortBindings: network.PortMap{eighty: {{HostIP: netip.IPv4Unspecified(), HostPort: "8080"}, {HostIP: netip.IPv6Unspecified(), HostPort: "8080"}}},
		}, inspect.Settings{
			User: "root", Privileged: true, Seccomp: "unconfined",
			Mounts: []inspect.Mount{{Type: inspect.BindMount, Source: "/srv/www", Target: "/www"}, {Type: inspect.VolumeMount, Source: "logs", Target: "/logs"}},
			Ports:  []inspect.Port{{HostIP: "0.0.0.0", HostPort: 8080, Container: 80, Protocol: "tcp"}, {HostIP: "::", HostPort: 8080, Container: 80, Protocol: "tcp"}},
		}
}

// everyDial is a plan that turns each dial but those of the tests above.
func everyDial() Plan {
	return NewPlan(
		inspect.Change{Dial: inspect.DialUser, User: "101:101"},
		inspect.Change{Dial: inspect.DialPrivileged},
		inspect.Change{Dial: inspect.DialMemory, Limit: 64 << 20},
		inspect.Change{Dial: inspect.DialPIDs, Limit: 50},
		inspect.Change{Dial: inspect.DialCPUs, CPUs: 0.5},
		inspect.Change{Dial: inspect.DialSeccomp, Profile: inspect.Profile{Path: "web.json", Text: "{}"}},
		inspect.Change{Dial: inspect.DialAppArmor, Profile: inspect.Profile{Name: "bulkhead-web"}},
		inspect.Change{Dial: inspect.DialVolume, Path: "/var/lib/web"},
		inspect.Change{Dial: inspect.DialReadOnlyMount, Path: "/logs"},
		inspect.Change{Dial: inspect.DialRemoveMount, Path: "/www"},
		inspect.Change{Dial: inspect.DialLoopback, Port: "80/tcp"},
	)
}

func TestEveryDialInSettings(t *testing.T) {
	_, _, before := wide()
	want := inspect.Settings{
		User: "101:101", Seccomp: inspect.CustomProfile, AppArmor: "bulkhead-web",
		Limits: inspect.Limits{Memory: 64 << 20, PIDs: 50, CPUs: 0.5},
		Mounts: []inspect.Mount{{Type: inspect.VolumeMount, Source: "logs", Target: "/logs", ReadOnly: true}, {Type: inspect.VolumeMount, Target: "/var/lib/web"}},
		Ports:  []inspect.Port{{HostIP: inspect.Loopback, HostPort: 8080, Container: 80, Protocol: "tcp"}},
	}
	if diff := cmp.Diff(want, Apply(before, everyDial())); diff != "" {
		t.Error(diff)
	}
	if _, _, again := wide(); cmp.Diff(again, before) != "" {
		t.Error("Apply changed what it was given")
	}
}

func TestEveryDialInTheEnginesWords(t *testing.T) {
	config, before, _ := wide()
	fifty := int64(50)
	wantConfig := container.Config{User: "101:101"}
	want := container.HostConfig{
		SecurityOpt:  []string{"seccomp={}", "apparmor=bulkhead-web"},
		Binds:        []string{"logs:/logs:ro,z", "/etc/x:/x:ro"},
		Mounts:       []mount.Mount{{Type: mount.TypeVolume, Target: "/var/lib/web"}},
		PortBindings: network.PortMap{network.MustParsePort("80/tcp"): {{HostIP: netip.MustParseAddr(inspect.Loopback), HostPort: "8080"}}},
		Resources:    container.Resources{Memory: 64 << 20, NanoCPUs: 5e8, PidsLimit: &fifty},
	}
	gotConfig, got := ApplyTo(config, before, everyDial())
	compare := cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(network.Port{}, netip.Addr{})}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(wantConfig, gotConfig, compare); diff != "" {
		t.Error(diff)
	}
	if _, again, _ := wide(); cmp.Diff(again, before, compare) != "" {
		t.Error("ApplyTo changed what it was given")
	}
}

func TestEveryDialSurvivesTheJournal(t *testing.T) {
	for _, change := range append(everyDial().Changes, keep("CHOWN"), readOnly, noNew, tmpfs("/run", "mode=755"), inspect.MoveSecret("db", "postgres", "POSTGRES_PASSWORD")) {
		data, err := json.Marshal(NewPlan(change))
		if err != nil {
			t.Fatal(err)
		}
		var back Plan
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(NewPlan(change), back); diff != "" {
			t.Errorf("%s: %s", data, diff)
		}
		if change.String() == string(change.Dial) {
			t.Errorf("%q has no words of its own", change.Dial)
		}
	}
}

// A secret that moved is no longer in the environment, and what never stood
// there is no change.
func TestMovedSecretInSettings(t *testing.T) {
	before := inspect.Settings{Env: []string{"A", "POSTGRES_PASSWORD", "Z"}}
	for image, want := range map[string][]string{
		"postgres:16":          {"A", "POSTGRES_PASSWORD_FILE", "Z"},
		"example.org/postgres": {"A", "Z"},
	} {
		plan := NewPlan(inspect.MoveSecret("db", image, "POSTGRES_PASSWORD"))
		after := Apply(before, plan)
		if diff := cmp.Diff(want, after.Env); diff != "" {
			t.Errorf("%s: %s", image, diff)
		}
		if !Meets(after, plan.Changes[0]) || Meets(before, plan.Changes[0]) {
			t.Errorf("%s: before or after is mistaken for the other", image)
		}
	}
}
