package trial

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

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
