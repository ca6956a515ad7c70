package detail

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/inspect"
	"bulkhead/ui/tui/theme"
)

func TestAFindingMarksTheProcessItNames(t *testing.T) {
	a := inspect.Audited{Layers: []inspect.LayerState{{Layer: inspect.LayerSeccomp, Findings: []inspect.Finding{{
		ID: "actual-seccomp", Severity: inspect.High, Title: "It is not filtered", Evidence: "web (PID 12) has Seccomp 0, uid 34",
	}}}}}
	for _, tt := range []struct {
		pid    int
		marked bool
	}{{12, true}, {34, false}, {1, false}, {0, false}, {123, false}} {
		text := ansi.Strip(process(theme.New(true, false), inspect.Process{PID: tt.pid, Command: "web"}, a, 80).String())
		if got := strings.Contains(text, "▲ high: It is not filtered"); got != tt.marked {
			t.Errorf("process %d is marked: %v\n%s", tt.pid, got, text)
		}
	}
}

func TestTraits(t *testing.T) {
	caps := inspect.ParseCaps
	for _, tt := range []struct {
		process inspect.Process
		want    string
	}{
		{inspect.Process{}, "user root (0:0), root on the host too | capabilities none | no-new-privileges no | seccomp off | label none"},
		{inspect.Process{HostUID: 100000}, "user root (0:0), 100000 on the host | capabilities none | no-new-privileges no | seccomp off | label none"},
		{
			inspect.Process{UID: 101, GID: 5, HostUID: 101, Bounding: caps([]string{"KILL"}), NoNewPrivileges: true, Seccomp: 2, Label: "docker-default (enforce)"},
			"user 101:5 | capabilities none; the bounding set has 1 | no-new-privileges yes | seccomp filter | label docker-default (enforce)",
		},
		{
			inspect.Process{UID: 1, HostUID: 1, Effective: caps([]string{"KILL", "CHOWN"}), Bounding: caps([]string{"KILL", "CHOWN", "SETUID"}), Seccomp: 9},
			"user 1:0 | capabilities 2: CHOWN KILL; the bounding set has 1 more | no-new-privileges no | seccomp mode 9, which is not known here | label none",
		},
		{
			inspect.Process{Effective: inspect.AllCaps, Bounding: inspect.AllCaps, Seccomp: 1},
			"user root (0:0), root on the host too | capabilities all 41 | no-new-privileges no | seccomp strict | label none",
		},
	} {
		var all []string
		for _, one := range traits(tt.process) {
			all = append(all, one.name+" "+one.text)
		}
		if got := strings.Join(all, " | "); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
