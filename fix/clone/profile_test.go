package clone

import (
	"errors"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// The copy runs under the seccomp profile of the plan, whose text the engine
// gets: what the profile forbids fails in it.
func TestSeccompProfileIsApplied(t *testing.T) {
	p := newProject(t)
	s := p.open(p.service("web", "", script("mkdir /tmp/made && echo made it || echo could not"), container.HostConfig{}, false), Options{})
	if !p.Host.Seccomp {
		t.Skip("this engine's kernel has no seccomp")
	}
	p.run(s, fix.Plan{}, "made it")
	p.run(s, fix.NewPlan(inspect.Change{Dial: inspect.DialSeccomp, Profile: inspect.Profile{
		Name: "no-mkdir", Path: "no-mkdir.json",
		Text: `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}`,
	}}), "could not")
	broken := fix.NewPlan(inspect.Change{Dial: inspect.DialSeccomp, Profile: inspect.Profile{Name: "broken", Text: `{"defaultAction": `}})
	reading, err := Runner{Session: s}.Run(t.Context(), trial.Step{Plan: broken}, &health.Expectation{}, func(string) {})
	if said := reading.StartError; err == nil && !strings.Contains(said, "seccomp") || err != nil && !strings.Contains(err.Error(), "seccomp") {
		t.Errorf("of a broken profile it says %q, %v", said, err)
	}
}

// An AppArmor profile that the engine would ignore is not tried.
func TestAppArmorProfileThatIsNotHeeded(t *testing.T) {
	p := newProject(t)
	if p.Host.AppArmor {
		t.Skip("this engine's host has AppArmor")
	}
	s := p.open(p.service("web", "", script("echo up"), container.HostConfig{}, false), Options{})
	_, err := s.create(t.Context(), trial.Step{Plan: fix.NewPlan(inspect.Change{Dial: inspect.DialAppArmor, Profile: inspect.Profile{Name: "bulkhead-web"}})}, &logbook{}, nil)
	var blocked *BlockedError
	if !errors.As(err, &blocked) || !strings.Contains(err.Error(), "bulkhead-web") || !strings.Contains(err.Error(), "no AppArmor") || blocked.Hint() == "" {
		t.Errorf("error %v", err)
	}
}
