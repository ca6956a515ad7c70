package fix

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

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
	after := ApplyTo(before, NewPlan(noNew, tmpfs("/run", "mode=755"), tmpfs("/tmp", ""), keep("KILL"), readOnly))
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
