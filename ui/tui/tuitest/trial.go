package tuitest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"bulkhead/fix"
	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// notShared is what the copy of web does not share with the original.
const notShared = "The copy has a network of its own without a way out, and port 80 is not published."

var (
	webLog = []string{
		"web: preparing /var/cache/web for uid 101",
		"web: listening on :80",
		"web: worker 7 runs as 101:101",
	}
	worker = health.Identity{Command: "web", UID: "101", GID: "101"}
	cache  = health.Place{Path: "/var/cache/web", Mode: 0o755}
)

// copies are the copies of web: how each does follows from the plan it runs
// under. Its clock moves only with its runs.
type copies struct {
	pause func(context.Context) bool

	mu  sync.Mutex
	now time.Time
}

func newCopies(pause func(context.Context) bool) *copies {
	return &copies{pause: pause, now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
}

// Now is the clock of the copies.
func (s *copies) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Run lets a copy start, log and end.
func (s *copies) Run(ctx context.Context, step trial.Step, _ *health.Expectation, log func(string)) (health.Reading, error) {
	r, took := reading(step)
	for _, line := range r.Log {
		if !s.pause(ctx) {
			return health.Reading{}, ctx.Err()
		}
		log(line)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(took)
	return r, ctx.Err()
}

// Survey finds nothing to mount on.
func (s *copies) Survey(context.Context, string) (trial.Survey, error) { return trial.Survey{}, nil }

// Loosen has nothing to loosen.
func (s *copies) Loosen(context.Context) (string, error) { return "", nil }

// reading is how web does under the step's plan: it needs CHOWN for its cache,
// and SETGID and SETUID for its workers.
func reading(step trial.Step) (health.Reading, time.Duration) {
	keep, speaks := step.Plan.Capabilities()
	has := func(name string) bool { return !speaks || keep.Has(inspect.ParseCaps([]string{name})) }
	switch {
	case !has("CHOWN"):
		r := health.Reading{Exited: true, Code: 1, Log: []string{webLog[0], "web: chown /var/cache/web: operation not permitted"}}
		r.Complaints = health.Complaints(r.Log)
		return r, 1200 * time.Millisecond
	case !has("SETGID"):
		r := health.Reading{Log: []string{webLog[0], webLog[1], "web: worker: setgroups: operation not permitted"}}
		r.Complaints = health.Complaints(r.Log)
		return r, 5200 * time.Millisecond
	}
	r := health.Reading{
		Ready: true, ReadyAfter: 400 * time.Millisecond, Log: webLog,
		Answers:    []health.Answer{{Protocol: "tcp", Port: 80, Kind: health.Answered, Application: "http", Line: "HTTP/1.1 200 OK, text/html"}},
		Identities: []health.Identity{worker}, Seen: []health.Identity{worker},
		Restart: health.Restart{Tried: true, Ready: true},
	}
	if !has("SETUID") {
		root := health.Identity{Command: "web", UID: "0", GID: "101"}
		r.Identities, r.Seen = []health.Identity{root}, []health.Identity{root}
	}
	if step.Baseline {
		r.Written = health.Written{Paths: []string{"/var/cache/web/page"}, Places: []health.Place{cache}}
	}
	return r, 3 * time.Second
}

// search is a search on web over the copies, one copy after the other, so that
// it goes the same way every time.
func search(s *copies, o trial.Options, emit func(trial.Event)) *trial.Search {
	w := Audit().Workloads[0].Workload
	o.Parallel, o.Now = 1, s.Now
	return trial.New(s, trial.Subject{
		Workload: w, Notes: []string{notShared},
		Facts: trial.Facts{Image: "bulkhead-lab/web:1", Engine: "29.1.3", Kernel: "6.18.2"},
	}, o, emit)
}

// played is a whole search, run once.
var played = sync.OnceValues(func() ([]trial.Event, trial.Result) {
	events := []trial.Event{{Kind: trial.Note, Line: notShared}}
	s := newCopies(func(context.Context) bool { return true })
	r, err := search(s, trial.Options{}, func(e trial.Event) { events = append(events, e) }).Run(context.Background())
	if err != nil {
		panic(err)
	}
	return events, r
})

// Events are those of a search on web, from the first note to the last step.
func Events() []trial.Event {
	events, _ := played()
	return append([]trial.Event{}, events...)
}

// EventsUntil are the events up to the start of step n, whose log has begun.
func EventsUntil(n int) []trial.Event {
	for i, e := range Events() {
		if e.Kind == trial.StepFinished && e.Step.N == n {
			return Events()[:i]
		}
	}
	panic(fmt.Sprintf("the played search has no step %d", n))
}

// Result is what the search on web ends with.
func Result() trial.Result {
	_, r := played()
	return r
}

// Final is the plan that the search proves.
func Final() fix.Plan { return Result().Plan }

// Skipped is step n being called back.
func Skipped(n int) trial.Event {
	for _, e := range Events() {
		if e.Kind == trial.StepStarted && e.Step.N == n {
			e.Kind = trial.StepDropped
			return e
		}
	}
	panic(fmt.Sprintf("the played search has no step %d", n))
}
