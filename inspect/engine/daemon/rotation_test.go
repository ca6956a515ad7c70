package daemon

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLogRotation(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		args       []string
		want       *bool
		unread     string
	}{
		{"neither", `{}`, nil, on(false), ""},
		{"max-size in the file", `{"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}}`, nil, on(true), ""},
		{"max-file alone", `{"log-opts": {"max-file": "3"}}`, nil, on(false), ""},
		{"max-size as a flag", `{}`, []string{"--log-opt", "max-file=3", "--log-opt=max-size=1.5g"}, on(true), ""},
		{"another option as a flag", `{}`, []string{"--log-opt", "labels=max-size"}, on(false), ""},
		{"local in the file", `{"log-driver": "local"}`, nil, on(true), ""},
		{"local as a flag", `{}`, []string{"--log-driver", "local"}, on(true), ""},
		{"a size of nothing", `{"log-opts": {"max-size": "0"}}`, nil, nil, "max-size in log-opts"},
		{"a size below nothing", `{}`, []string{"--log-opt=max-size=-1"}, nil, "max-size in log-opts"},
		{"a number", `{"log-opts": {"max-size": 10}}`, nil, nil, "log-opts in "},
		{"a list for the driver", `{"log-driver": ["local"]}`, nil, nil, "log-driver in "},
		{"no JSON", `{"log-opts": `, nil, nil, "not JSON"},
		{"no JSON, yet a flag", `{"log-opts": `, []string{"--log-opt", "max-size=1m"}, on(true), "not JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t, tt.args...)
			m.write("etc/docker/daemon.json", tt.file)
			d := m.read()
			if diff := cmp.Diff(tt.want, d.LogRotation); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			unread := strings.Join(d.Unread, " ")
			if tt.unread == "" && unread != "" || !strings.Contains(unread, tt.unread) {
				t.Errorf("unread: %q, want %q", unread, tt.unread)
			}
		})
	}
}
