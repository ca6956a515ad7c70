package trial

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// Subject is what a search is about.
type Subject struct {
	Workload inspect.Workload
	// Engine and Kernel are recorded with the result.
	Engine, Kernel string
	// Notes are what the clone does not share with the original.
	Notes []string
}

// Options steer a search. The zero value is usable.
type Options struct {
	// Parallel is how many steps may run at once, at least 1.
	Parallel int
	// Keep are capabilities that stay because the person said so.
	Keep inspect.CapSet
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// BaselineError says that the copy does not work under today's settings, so
// that nothing can be learned from tighter ones.
type BaselineError struct {
	Workload string
	// Missing says what failed, a sentence each.
	Missing []string
	// Log is the end of the copy's log, redacted and printable.
	Log []string
	// Notes are what the copy does not share with the original.
	Notes []string
}

// Error says what failed.
func (e *BaselineError) Error() string {
	return fmt.Sprintf("A copy of %s does not work in isolation under today's settings. %s", inspect.Printable(e.Workload), strings.Join(e.Missing, " "))
}

// Hint is the next step.
func (e *BaselineError) Hint() string {
	return "Read the copy's last log lines. If it needs the content of its volumes, try --copy-volumes; if it needs to reach other services or the internet, --egress lets it."
}

// Search finds the tightest plan under which the workload still works. It runs
// the baseline twice, tries the root filesystem and no-new-privileges, then
// the capabilities: all dropped, then growing sets until one works, then each
// of its members left out. Nothing is assumed to be monotone: what is
// returned as proved was itself run twice. The error is a *BaselineError where
// the copy does not work to begin with; with ctx's error the partial result is
// returned too.
func Search(ctx context.Context, runner Runner, subject Subject, opt Options, emit func(Event)) (Result, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	s := &search{
		runner: runner, subject: subject, opt: opt, emit: emit,
		result: Result{
			SchemaVersion: 1, Workload: subject.Workload.Name,
			Image: subject.Workload.Image, ImageID: subject.Workload.ImageID,
			Engine: subject.Engine, Kernel: subject.Kernel, Started: opt.Now(),
			Granted: subject.Workload.Settings.Capabilities(), Notes: subject.Notes,
			Trials: []Trial{}, Evidence: []fix.Evidence{},
		},
	}
	s.grid.Granted = s.result.Granted
	err := s.run(ctx)
	s.result.Seconds = opt.Now().Sub(s.result.Started).Seconds()
	slices.SortFunc(s.result.Trials, func(a, b Trial) int { return a.N - b.N })
	return s.result, err
}

// search is one search under way. The mutex guards what parallel steps touch.
type search struct {
	runner  Runner
	subject Subject
	opt     Options
	emit    func(Event)
	expect  health.Expectation
	written health.Written

	mu     sync.Mutex
	steps  int
	grid   Grid
	result Result
}

func (s *search) run(ctx context.Context) error {
	if err := s.baseline(ctx); err != nil {
		return err
	}
	plan, err := s.surroundings(ctx)
	if err != nil {
		return err
	}
	return s.capabilities(ctx, plan)
}

// baseline runs the copy twice under today's settings and learns from both
// what to expect of a trial, and what is noise.
func (s *search) baseline(ctx context.Context) error {
	steps := []Step{
		{Purpose: "baseline: today's settings", Baseline: true},
		{Purpose: "baseline again, to know what flickers", Baseline: true},
	}
	readings, err := s.try(ctx, steps)
	if err != nil {
		return err
	}
	for _, r := range readings {
		if missing := unwell(r); len(missing) > 0 {
			return &BaselineError{Workload: s.subject.Workload.Name, Missing: missing, Log: tail(r.Log, 12), Notes: s.subject.Notes}
		}
	}
	s.expect = health.Expect(readings...)
	s.written = readings[0].Written
	for _, r := range readings[1:] {
		s.written = merge(s.written, r.Written)
	}
	s.result.Baseline = Baseline{
		Runs: len(readings), ReadySeconds: seconds(s.expect.ReadyAfter), Healthcheck: s.expect.Healthcheck,
		Answers: s.expect.Answers, Identities: s.expect.Required, ExitCode: s.expect.Code,
		Restarted: s.expect.Restart, Written: s.written.Paths,
	}
	for _, noise := range s.expect.Noise {
		s.note(noise)
	}
	if !s.expect.Healthcheck && len(s.expect.Answers) == 0 {
		s.note("It has no healthcheck and listens on no port: a trial passes when it stays up, runs as the same users and stops the same way. An --exercise would say more.")
	}
	if !s.expect.Restart {
		s.note("It does not come back after a restart in isolation, so restarts are not compared.")
	}
	return nil
}

// unwell says why a baseline does not count as working.
func unwell(r health.Reading) []string {
	switch {
	case r.StartError != "":
		return []string{"The container did not start: " + r.StartError}
	case r.Exited && r.Code == 0:
		return []string{"It ended by itself with exit code 0: it seems to be a job, not a service."}
	case r.Exited:
		return []string{fmt.Sprintf("It ended by itself with exit code %d.", r.Code)}
	case r.Healthcheck != "" && r.Healthcheck != "healthy":
		return []string{fmt.Sprintf("Its healthcheck says %s.", r.Healthcheck)}
	case !r.Ready:
		return []string{"It did not become ready."}
	case r.Exercise != "":
		return []string{r.Exercise + "."}
	}
	return nil
}

// merge joins what two runs wrote: what only one of them wrote counts too.
func merge(a, b health.Written) health.Written {
	out := health.Written{Paths: slices.Clone(a.Paths), Places: slices.Clone(a.Places), Obstacles: slices.Clone(a.Obstacles)}
	for _, p := range b.Paths {
		if !slices.Contains(out.Paths, p) {
			out.Paths = append(out.Paths, p)
		}
	}
	for _, p := range b.Places {
		if !slices.Contains(out.Places, p) {
			out.Places = append(out.Places, p)
		}
	}
	for _, o := range b.Obstacles {
		if !slices.Contains(out.Obstacles, o) {
			out.Obstacles = append(out.Obstacles, o)
		}
	}
	return out
}

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
			s.evidence(c.Tmpfs.Path, fix.Observed, "It writes there; a tmpfs takes it, with the owner and mode that the image has.")
		default:
			s.evidence(string(c.Dial), fix.Proved, "It works with it.")
		}
	}
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

// brief is what failed and the first thing the log said of it.
func brief(evidence []string) string {
	if len(evidence) == 0 {
		return ""
	}
	said := slices.IndexFunc(evidence[1:], func(e string) bool { return strings.HasPrefix(e, "Its log says") })
	if said < 0 {
		return evidence[0]
	}
	return evidence[0] + " " + evidence[1+said]
}

func (s *search) evidence(setting string, strength fix.Strength, text string) {
	s.result.Evidence = append(s.result.Evidence, fix.Evidence{Setting: setting, Strength: strength, Text: text})
}

func (s *search) note(text string) {
	s.result.Notes = append(s.result.Notes, text)
	s.emit(Event{Kind: Note, Line: text})
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

func tail(lines []string, n int) []string { return lines[max(0, len(lines)-n):] }

// passes runs trials and says which of them passed.
func (s *search) passes(ctx context.Context, steps ...Step) ([]bool, error) {
	readings, err := s.try(ctx, steps)
	if err != nil {
		return nil, err
	}
	passed := make([]bool, len(readings))
	for i, r := range readings {
		passed[i] = len(s.expect.Compare(r)) == 0
	}
	return passed, nil
}

// try runs steps, as many at once as the options allow, and records them.
func (s *search) try(ctx context.Context, steps []Step) ([]health.Reading, error) {
	readings := make([]health.Reading, len(steps))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, s.opt.Parallel))
	for i, step := range steps {
		s.steps++
		step.N = s.steps
		group.Go(func() error {
			if err := groupCtx.Err(); err != nil {
				return err
			}
			var err error
			readings[i], err = s.one(groupCtx, step)
			return err
		})
	}
	err := group.Wait()
	if ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), ignoreCancelled(err))
	}
	return readings, err
}

// ignoreCancelled drops an error that says only that the search was stopped.
func ignoreCancelled(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// one runs one step and records it.
func (s *search) one(ctx context.Context, step Step) (health.Reading, error) {
	tested := s.start(step)
	began := s.opt.Now()
	var expect *health.Expectation
	if !step.Baseline {
		expect = &s.expect
	}
	reading, err := s.runner.Run(ctx, step, expect, func(line string) {
		s.emit(Event{Kind: LogLine, Step: step, Line: line})
	})
	if err != nil {
		return reading, fmt.Errorf("%s: %w", step.Purpose, err)
	}
	t := Trial{
		N: step.N, Purpose: step.Purpose, Plan: step.Plan, Drop: []string{}, Add: []string{},
		Seconds: seconds(s.opt.Now().Sub(began)), Evidence: []string{}, Log: tail(reading.Log, 40),
	}
	if keep, ok := step.Plan.Capabilities(); ok {
		t.Drop, t.Add = []string{"ALL"}, keep.Names()
	}
	t.Verdict, t.Evidence = s.judge(step, reading)
	s.finish(step, t, tested)
	return reading, nil
}

func (s *search) judge(step Step, r health.Reading) (Verdict, []string) {
	if step.Baseline {
		if missing := unwell(r); len(missing) > 0 {
			return Failed, missing
		}
		return Works, []string{fmt.Sprintf("Ready after %.1f s.", r.ReadyAfter.Seconds())}
	}
	if differences := s.expect.Compare(r); len(differences) > 0 {
		return Failed, differences
	}
	return Passed, []string{}
}

// start says that the step is under way. It returns the
// capabilities that the step tests: those it leaves out.
func (s *search) start(step Step) inspect.CapSet {
	s.mu.Lock()
	defer s.mu.Unlock()
	var tested inspect.CapSet
	if keep, ok := step.Plan.Capabilities(); ok {
		tested = s.grid.Granted.Without(keep).Without(s.grid.Needed).Without(s.grid.Unneeded)
	}
	s.grid.Testing = s.grid.Testing.Union(tested)
	s.emit(Event{Kind: StepStarted, Step: step, Grid: s.grid})
	return tested
}

func (s *search) finish(step Step, t Trial, tested inspect.CapSet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grid.Testing = s.grid.Testing.Without(tested)
	if keep, ok := step.Plan.Capabilities(); ok {
		s.learn(keep, t.Verdict == Passed)
	}
	s.result.Trials = append(s.result.Trials, t)
	s.emit(Event{Kind: StepFinished, Step: step, Trial: t, Grid: s.grid})
}
