package engine

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
)

// made is a container for the fake engine.
func made(id, name string, state container.ContainerState, labels map[string]string) container.InspectResponse {
	return container.InspectResponse{
		ID: id + strings.Repeat("0", 64-len(id)), Name: "/" + name,
		State:      &container.State{Status: state},
		Config:     &container.Config{Image: "i", Labels: labels},
		HostConfig: &container.HostConfig{},
	}
}

func labels(project, service, number string, more ...string) map[string]string {
	l := map[string]string{labelProject: project, labelService: service, labelNumber: number}
	for i := 0; i < len(more); i += 2 {
		l[more[i]] = more[i+1]
	}
	return l
}

func TestWorkloadsGroupReplicas(t *testing.T) {
	e := connectFake(t, newFake(
		made("a1", "zeta", "running", nil),
		made("b1", "shop-web-1", "exited", labels("shop", "web", "1")),
		made("b2", "shop-web-2", "running", labels("shop", "web", "2")),
		made("b3", "shop-web-3", "running", labels("shop", "web", "3")),
		made("b4", "shop-web-run-1", "running", labels("shop", "web", "1", labelOneOff, "True")),
		made("c1", "blog-db-1", "running", labels("blog", "db", "1", labelOneOff, "False")),
		made("d1", "alpha", "created", map[string]string{labelProject: "half"}),
		made("e1", "bulkhead-clone", "running", map[string]string{labelSession: "x"}),
	))
	workloads, problems, err := e.Workloads(t.Context())
	if err != nil || len(problems) > 0 {
		t.Fatalf("problems %q, error %v", problems, err)
	}
	var got []string
	for _, w := range workloads {
		line := w.Name + " reads " + w.Container
		for _, r := range w.Replicas {
			line += " +" + r[:2]
		}
		got = append(got, line)
	}
	want := []string{
		"blog/db reads blog-db-1",
		"shop/web reads shop-web-2 +b3 +b1",
		"alpha reads alpha",
		"shop-web-run-1 reads shop-web-run-1",
		"zeta reads zeta",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReplicasUnderOtherSettingsAreNamed(t *testing.T) {
	second := made("b2", "shop-web-2", "running", labels("shop", "web", "2"))
	second.HostConfig.Privileged = true
	e := connectFake(t, newFake(made("b1", "shop-web-1", "running", labels("shop", "web", "1")), second))
	_, problems, err := e.Workloads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != 1 || !strings.Contains(problems[0], "shop/web: shop-web-1 was read") || !strings.Contains(problems[0], "shop-web-2") {
		t.Errorf("problems %q", problems)
	}
}

func TestVanishedAndBrokenContainers(t *testing.T) {
	gone, sick, fine := made("a1", "gone", "running", nil), made("a2", "sick\x1b[2J", "running", nil), made("a3", "fine", "running", nil)
	fake := newFake(gone, sick, fine)
	fake.broken = map[string]int{gone.ID: http.StatusNotFound, sick.ID: http.StatusInternalServerError}
	workloads, problems, err := connectFake(t, fake).Workloads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(workloads) != 1 || workloads[0].Name != "fine" {
		t.Errorf("workloads %v", workloads)
	}
	if len(problems) != 1 || !strings.Contains(problems[0], "sick") || !strings.Contains(problems[0], "driver failed") {
		t.Fatalf("problems %q", problems)
	}
	if strings.ContainsRune(problems[0], 0x1b) {
		t.Errorf("a control sequence got through: %q", problems[0])
	}
}

func TestNamespacesNameTheirPeers(t *testing.T) {
	db := made("d1", "shop-db-1", "running", labels("shop", "db", "1"))
	web := made("d2", "shop-web-1", "running", labels("shop", "web", "1"))
	web.HostConfig.NetworkMode = container.NetworkMode("container:" + db.ID)
	debug := made("d3", "debug", "running", nil)
	debug.HostConfig.PidMode = container.PidMode("container:" + db.ID)
	debug.HostConfig.IpcMode = "container:elsewhere"
	workloads, _, err := connectFake(t, newFake(db, web, debug)).Workloads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, w := range workloads {
		n := w.Settings.Namespaces
		got[w.Name] = strings.Join([]string{n.Network, n.PID, n.IPC}, "|")
	}
	want := map[string]string{"shop/db": "||", "shop/web": "service:db||", "debug": "|container:shop-db-1|container:elsewhere"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFind(t *testing.T) {
	e := connectFake(t, newFake(
		made("abc1", "web", "running", nil),
		made("abd2", "worker", "running", nil),
		made("f00d", "shop-web-1", "exited", labels("shop", "web", "1")),
		made("f00e", "shop-web-2", "running", labels("shop", "web", "2")),
		made("abe3", "clone", "running", map[string]string{labelSession: "x"}),
	))
	for _, tt := range []struct{ target, name, container string }{
		{"web", "web", "web"},
		{"/web", "web", "web"},
		{"abc", "web", "web"},
		{"shop/web", "shop/web", "shop-web-2"},
		{"shop-web-1", "shop/web", "shop-web-1"},
		{"f00d", "shop/web", "shop-web-1"},
	} {
		t.Run(tt.target, func(t *testing.T) {
			w, err := e.Find(t.Context(), tt.target)
			if err != nil {
				t.Fatal(err)
			}
			if w.Name != tt.name || w.Container != tt.container {
				t.Errorf("found %q in %q, want %q in %q", w.Name, w.Container, tt.name, tt.container)
			}
		})
	}
	for target, near := range map[string][]string{
		"wokrer":   {"worker"},
		"shop/wen": {"shop/web"},
		"clone":    nil,
		"":         nil,
		"zzzzzzzz": nil,
	} {
		_, err := e.Find(t.Context(), target)
		var missing *NotFoundError
		if !errors.As(err, &missing) {
			t.Errorf("%q: the error is %T (%v)", target, err, err)
			continue
		}
		if diff := cmp.Diff(near, missing.Near); diff != "" {
			t.Errorf("%q: near names (-want +got):\n%s", target, diff)
		}
	}
	_, err := e.Find(t.Context(), "ab")
	var ambiguous *AmbiguousError
	if !errors.As(err, &ambiguous) || !cmp.Equal([]string{"web", "worker"}, ambiguous.Matches) {
		t.Errorf("an ambiguous prefix gives %v", err)
	}
}
