package audit

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
)

// The copy's profile is replaced, its other options stay, and so does what was
// passed.
func TestPrepare(t *testing.T) {
	for _, tt := range []struct {
		name string
		host *container.HostConfig
		want []string
	}{
		{"nothing said", nil, []string{"seccomp=" + logAllButClone3}},
		{"a profile of its own", &container.HostConfig{SecurityOpt: []string{"no-new-privileges:true", `seccomp={"x":1}`, "apparmor=a"}},
			[]string{"no-new-privileges:true", "apparmor=a", "seccomp=" + logAllButClone3}},
		{"unconfined", &container.HostConfig{SecurityOpt: []string{"seccomp:unconfined"}}, []string{"seccomp=" + logAll}},
		{"privileged", &container.HostConfig{Privileged: true}, []string{"seccomp=" + logAll}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before []string
			if tt.host != nil {
				before = append(before, tt.host.SecurityOpt...)
			}
			config := &container.Config{Image: "x"}
			c, h, err := Prepare(config, tt.host)
			if diff := cmp.Diff(tt.want, h.SecurityOpt); diff != "" || c != config || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			if tt.host != nil && !cmp.Equal(before, tt.host.SecurityOpt) {
				t.Error("what was passed changed")
			}
		})
	}
}
