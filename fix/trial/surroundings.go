package trial

import (
	"context"
	"fmt"
	"strings"

	"bulkhead/fix"
	"bulkhead/inspect"
)

// surroundings tries what is around the capabilities, because it changes which
// of them are needed: first the root filesystem and no-new-privileges together,
// then each alone.
func (s *search) surroundings(ctx context.Context) (fix.Plan, error) {
	settings := s.subject.Workload.Settings
	var plans []fix.Plan
	if root, ok := s.readOnlyRoot(); ok {
		plans = append(plans, root)
	}
	if !settings.NoNewPrivileges {
		plans = append(plans, fix.NewPlan(inspect.Change{Dial: inspect.DialNoNewPrivileges}))
	}
	if len(plans) == 0 {
		return fix.Plan{}, nil
	}
	all := fix.Plan{}
	for _, p := range plans {
		all = all.With(p.Changes...)
	}
	passed, err := s.passes(ctx, step("", all))
	if err != nil {
		return fix.Plan{}, err
	}
	if passed[0] {
		s.accept(all)
		return all, nil
	}
	if len(plans) == 1 {
		s.refuse(all)
		return fix.Plan{}, nil
	}
	passed, err = s.passes(ctx, step(" alone", plans[0]), step(" alone", plans[1]))
	if err != nil {
		return fix.Plan{}, err
	}
	kept := fix.Plan{}
	for i, p := range plans {
		switch {
		case !passed[i]:
			s.refuse(p)
		case kept.Empty():
			kept = p
			s.accept(p)
		default:
			s.note("The root filesystem and no-new-privileges each pass alone but not together; " + plans[0].String() + " is kept.")
		}
	}
	return kept, nil
}

// step names the step after what it tries.
func step(suffix string, p fix.Plan) Step { return Step{Purpose: p.String() + suffix, Plan: p} }

// readOnlyRoot is the plan for a read-only root filesystem with a tmpfs where
// the baselines wrote.
func (s *search) readOnlyRoot() (fix.Plan, bool) {
	if s.subject.Workload.Settings.ReadOnlyRoot {
		return fix.Plan{}, false
	}
	if len(s.written.Obstacles) > 0 {
		s.evidence(string(inspect.DialReadOnlyRoot), fix.Observed,
			"The root filesystem stays writable: "+strings.Join(s.written.Obstacles, " "))
		return fix.Plan{}, false
	}
	plan := fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyRoot})
	for _, place := range s.written.Places {
		options := fmt.Sprintf("mode=%o", place.Mode)
		if place.UID != 0 {
			options += fmt.Sprintf(",uid=%d", place.UID)
		}
		if place.GID != 0 {
			options += fmt.Sprintf(",gid=%d", place.GID)
		}
		plan = plan.With(inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: place.Path, Options: options}})
	}
	return plan, true
}

// accept records the plan's changes as passed.
func (s *search) accept(p fix.Plan) {
	for _, c := range p.Changes {
		switch c.Dial {
		case inspect.DialTmpfs:
			s.evidence(c.Tmpfs.Path, fix.Observed, "It writes there; a tmpfs takes it, with the owner and mode that the image has."+s.hides(c.Tmpfs.Path))
		default:
			s.evidence(string(c.Dial), fix.Proved, "It works with it.")
		}
	}
}

// hides says what of the image a tmpfs on the path covers.
func (s *search) hides(path string) string {
	for _, p := range s.written.Places {
		if p.Path == path && len(p.Hides) > 0 {
			return " It covers files of the image, such as " + inspect.Printable(p.Hides[0]) + ": look whether they matter."
		}
	}
	return ""
}

// refuse records that a trial of the plan failed, with what it said.
func (s *search) refuse(p fix.Plan) {
	s.mu.Lock()
	why := ""
	for _, t := range s.result.Trials {
		if t.Verdict == Failed && t.Plan.String() == p.String() {
			why = brief(t.Evidence)
		}
	}
	s.mu.Unlock()
	s.evidence(string(p.Changes[0].Dial), fix.Proved, "It breaks with it: "+why)
}
