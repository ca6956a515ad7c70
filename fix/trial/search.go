package trial

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// Subject is what a search is about.
type Subject struct {
	Workload inspect.Workload
	// Facts are recorded with the result.
	Facts Facts
	// Volumes says that copies get fresh volumes.
	Volumes bool
	// Notes are what the clone does not share with the original.
	Notes []string
}

// Options steer a search. The zero value is usable.
type Options struct {
	// Parallel is how many steps may run at once, at least 1.
	Parallel int
	// Keep are capabilities that stay because the person said so.
	Keep inspect.CapSet
	Also Also
	// Earlier is an unfinished result to carry on; nil to begin anew. Its trials
	// count as if they had just been run.
	Earlier *Result
	// Save, where it is set, is called after every trial with the result so far.
	Save func(Result) error
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Search is one search for the tightest plan under which a workload still
// works. Its methods must not be called at the same time.
type Search struct {
	runner  Runner
	opt     Options
	emit    func(Event)
	began   time.Time
	earlier float64 // seconds of earlier sittings

	mu     sync.Mutex // guards what parallel steps touch
	known  Known
	steps  int
	grid   Grid
	result Result
	said   []string // notes that were emitted
	// loosened is how often the runner's isolation was loosened in this sitting.
	loosened int
}

// New prepares a search, and runs nothing. emit may be called from several
// goroutines.
func New(runner Runner, subject Subject, opt Options, emit func(Event)) *Search {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	s := &Search{
		runner: runner, opt: opt, emit: emit, began: opt.Now(),
		known: Known{Workload: subject.Workload, Keep: opt.Keep, Also: opt.Also, Volumes: subject.Volumes, Surveys: map[string]Survey{}},
		result: Result{
			SchemaVersion: 1, Workload: subject.Workload.Name, Facts: subject.Facts, Started: opt.Now(),
			Granted: subject.Workload.Settings.Capabilities(), Notes: slices.Clone(subject.Notes), Trials: []Trial{},
		},
	}
	s.grid.Granted = s.result.Granted
	if opt.Earlier != nil {
		s.resume(*opt.Earlier)
	}
	return s
}

// resume takes over what an earlier sitting found out. Its copies are gone, so
// isolation is loosened again as far as it was.
func (s *Search) resume(r Result) {
	s.result.Started, s.earlier = r.Started, r.Seconds
	s.known.Trials = slices.Clone(r.Trials)
	for path, survey := range r.Surveys {
		s.known.Surveys[path] = survey
	}
	for _, t := range r.Trials {
		s.steps = max(s.steps, t.N)
		s.known.Notch = max(s.known.Notch, t.Notch)
	}
	s.relearn()
}

// Known is what the search knows so far.
func (s *Search) Known() Known {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.known
	k.Trials = slices.Clone(k.Trials)
	return k
}

// Run carries the search to its end. The error is a *BaselineError where the
// copy does not work to begin with; with ctx's error the result so far is
// returned too.
func (s *Search) Run(ctx context.Context) (Result, error) {
	if err := s.loosenAgain(ctx); err != nil {
		return s.Result(), err
	}
	under := newFlights(s, max(1, s.opt.Parallel))
	defer under.land()
	for {
		d := Decide(s.Known())
		s.tellNotes()
		var err error
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case d.Outcome != nil:
			under.land()
			return s.end(*d.Outcome)
		case d.Loosen != nil:
			under.land()
			err = s.loosen(ctx, d.Loosen)
		case len(d.Survey) > 0:
			err = s.survey(ctx, d.Survey)
		default:
			err = under.fly(ctx, d.Steps)
		}
		if err != nil {
			under.land()
			return s.Result(), s.cause(ctx, err)
		}
	}
}

// cause is ctx's error where a search was stopped, with what else went wrong.
func (s *Search) cause(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return ctx.Err()
	}
	return errors.Join(ctx.Err(), err)
}

// Result is what the search has found so far.
func (s *Search) Result() Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.result
	r.Trials = slices.Clone(s.known.Trials)
	slices.SortFunc(r.Trials, func(a, b Trial) int { return a.N - b.N })
	r.Surveys = s.known.Surveys
	r.Seconds = s.earlier + s.opt.Now().Sub(s.began).Seconds()
	r.Notes = slices.Concat(s.result.Notes, s.said)
	r.Baseline = s.known.summary()
	return r
}

// end writes down where the search came to.
func (s *Search) end(o Outcome) (Result, error) {
	if o.Err != nil {
		var failed *BaselineError
		if errors.As(o.Err, &failed) {
			failed.Notes = s.Result().Notes
		}
		s.mu.Lock()
		s.result.Finished = true // carried on, it would end the same
		s.mu.Unlock()
		return s.Result(), errors.Join(o.Err, s.save())
	}
	for _, note := range o.Notes {
		s.note(note)
	}
	s.mu.Lock()
	s.result.Finished, s.result.Proved, s.result.Plan = true, o.Proved, o.Plan
	s.result.Evidence = s.known.explain(o)
	s.mu.Unlock()
	return s.Result(), s.save()
}

func (s *Search) save() error {
	if s.opt.Save == nil {
		return nil
	}
	return s.opt.Save(s.Result())
}

// loosen makes the isolation looser, and says so.
func (s *Search) loosen(ctx context.Context, why *BaselineError) error {
	said, err := s.runner.Loosen(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.known.Sealed = said == ""
	if said != "" {
		s.known.Notch++
		s.loosened++
	}
	s.mu.Unlock()
	if said != "" {
		s.note(fmt.Sprintf("The copy does not work so (%s). %s", strings.TrimSuffix(sentences(why.Missing), "."), said))
	}
	return nil
}

// loosenAgain brings the isolation to where an earlier sitting had it.
func (s *Search) loosenAgain(ctx context.Context) error {
	for notch := s.Known().Notch; s.loosened < notch; s.loosened++ {
		said, err := s.runner.Loosen(ctx)
		if err != nil {
			return err
		}
		if said != "" {
			s.note(said)
		}
	}
	return nil
}

// survey looks at paths of the image.
func (s *Search) survey(ctx context.Context, paths []string) error {
	for _, p := range paths {
		found, err := s.runner.Survey(ctx, p)
		if err != nil {
			return err
		}
		s.mu.Lock()
		s.known.Surveys[p] = found
		s.mu.Unlock()
	}
	return nil
}

// Try runs steps that a person asks for, one after the other, and records them
// like any others.
func (s *Search) Try(ctx context.Context, steps ...Step) ([]Trial, error) {
	var out []Trial
	if err := s.loosenAgain(ctx); err != nil {
		return out, err
	}
	for _, step := range steps {
		known := s.Known()
		step.ByHand, step.Notch = !step.Baseline, known.Notch
		step.Watch = step.Watch || !step.Baseline
		if !step.Baseline && len(known.baselines(step.RootOwned)) == 0 {
			return out, errors.New("there is no baseline yet to hold a trial against")
		}
		t, err := s.one(ctx, step)
		if err != nil {
			return out, s.cause(ctx, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// Overrule gives the trial with the number the verdict that a person saw with
// their own eyes; the search goes by it from then on.
func (s *Search) Overrule(n int, verdict Verdict, why string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range s.known.Trials {
		if t.N != n {
			continue
		}
		if t.Baseline {
			return fmt.Errorf("run %d is a baseline; only trials are judged", n)
		}
		s.known.Trials[i].Verdict, s.known.Trials[i].Judged, s.known.Trials[i].Unsure = verdict, true, false
		s.known.Trials[i].Evidence = append([]string{fmt.Sprintf("You judged that it %s. %s", verdict, why)}, t.Evidence...)
		s.relearn()
		return nil
	}
	return fmt.Errorf("there is no trial %d", n)
}

func (s *Search) note(text string) {
	s.mu.Lock()
	known := slices.Contains(s.said, text)
	if !known {
		s.said = append(s.said, text)
	}
	s.mu.Unlock()
	if !known {
		s.emit(Event{Kind: Note, Line: text})
	}
}

// tellNotes says what the baselines showed, once both have been run.
func (s *Search) tellNotes() {
	k := s.Known()
	if k.baseline().wants() {
		return
	}
	for _, note := range k.baselineNotes() {
		s.note(note)
	}
}

// one runs one step and records it.
func (s *Search) one(ctx context.Context, step Step) (Trial, error) {
	step, tested, expect := s.start(step)
	began := s.opt.Now()
	reading, err := s.runner.Run(ctx, step, expect, func(line string) {
		s.emit(Event{Kind: LogLine, Step: step, Line: line})
	})
	if err != nil {
		s.drop(step, tested)
		return Trial{}, fmt.Errorf("%s: %w", step.Purpose, err)
	}
	t := s.Known().withDenied(record(step, expect, reading), reading.Watched)
	t.Seconds = seconds(s.opt.Now().Sub(began))
	s.finish(t, tested)
	return t, s.save()
}

// start says that the step is under way. It returns the capabilities that the
// step tests, those it leaves out, and what to hold it against.
func (s *Search) start(step Step) (Step, inspect.CapSet, *health.Expectation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps++
	step.N = s.steps
	var tested inspect.CapSet
	if keep, ok := step.Plan.Capabilities(); ok {
		tested = s.grid.Granted.Without(keep).Without(s.grid.Needed).Without(s.grid.Unneeded)
	}
	s.grid.Testing = s.grid.Testing.Union(tested)
	s.emit(Event{Kind: StepStarted, Step: step, Grid: s.grid})
	if step.Baseline {
		return step, tested, nil
	}
	expect := s.known.expectation(step.RootOwned)
	return step, tested, &expect
}

func (s *Search) drop(step Step, tested inspect.CapSet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grid.Testing = s.grid.Testing.Without(tested)
	s.emit(Event{Kind: StepDropped, Step: step, Grid: s.grid})
}

func (s *Search) finish(t Trial, tested inspect.CapSet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grid.Testing = s.grid.Testing.Without(tested)
	s.known.Trials = append(s.known.Trials, t)
	s.relearn()
	s.emit(Event{Kind: StepFinished, Step: t.Step, Trial: t, Grid: s.grid})
}

// relearn makes the grid from all trials. What a passing trial lacked is not
// needed; what alone was missing from a failing one, next to a passing set, is.
func (s *Search) relearn() {
	grid := Grid{Granted: s.grid.Granted, Testing: s.grid.Testing}
	s.eachSet(Passed, func(kept inspect.CapSet) {
		grid.Unneeded = grid.Unneeded.Union(grid.Granted.Without(kept))
	})
	s.eachSet(Failed, func(kept inspect.CapSet) {
		if suspects := grid.Granted.Without(kept).Without(grid.Unneeded); suspects.Len() == 1 {
			grid.Needed = grid.Needed.Union(suspects)
		}
	})
	s.grid = grid
}

// eachSet goes through the sets of capabilities that were tried with the
// verdict.
func (s *Search) eachSet(v Verdict, visit func(kept inspect.CapSet)) {
	for _, t := range s.known.tried(false) {
		if kept, ok := t.Plan.Capabilities(); ok && t.Verdict == v {
			visit(kept)
		}
	}
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

func tail[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }

func sentences(all []string) string { return strings.Join(all, " ") }
