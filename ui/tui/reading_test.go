package tui

import (
	"context"
	"errors"
	"strings"
	"testing"

	"bulkhead/inspect"
	"bulkhead/ui/tui/page/list"
	"bulkhead/ui/tui/tuitest"
	"bulkhead/ui/workbench"
)

// reading is a list whose first look goes on; what it judges is handed over by
// hand.
func reading(t testing.TB, b *tuitest.Backend, w, h int, change ...func(*Options)) *stage {
	s := newStage(t, b, w, h, append(change, func(o *Options) { o.Auditor = tuitest.Each{Backend: b} })...)
	s.forget()
	return s
}

// judged hands over all that the look has judged so far.
func (s *stage) judged(all ...inspect.Audited) {
	s.t.Helper()
	p, ok := s.pages[0].(*list.Page)
	if !ok {
		s.t.Fatalf("the first page is %T, not the list", s.pages[0])
	}
	s.send(list.Read{Look: p.Look(), Workloads: all, Count: len(all)})
	s.forget()
}

// more hands over one more workload, the nth of the look.
func (s *stage) more(n int, a inspect.Audited) {
	s.send(list.Read{Look: s.pages[0].(*list.Page).Look(), Workloads: []inspect.Audited{a}, Count: n})
	s.forget()
}

func (s *stage) shows(what string, want ...string) {
	s.t.Helper()
	for _, one := range want {
		if !strings.Contains(s.plain(), one) {
			s.t.Errorf("%s: %q is missing:\n%s", what, one, s.plain())
		}
	}
}

// bar is the line of the selected workload.
func (s *stage) bar() (at int, line string) {
	for i, line := range strings.Split(s.plain(), "\n") {
		if strings.Contains(line, "▌") {
			return i, line
		}
	}
	return -1, ""
}

func TestWorkloadsAppearWhileTheRestIsRead(t *testing.T) {
	a := tuitest.Audit()
	s := reading(t, tuitest.New(), 80, 24)
	s.more(1, a.Workloads[0])
	s.shows("one", "reading… 1 so far", "▌ ► web")
	s.more(2, a.Workloads[3])
	s.shows("nothing was chosen, so the first is selected", "reading… 2 so far", "▌ ► admin", "► web")
	s.press("down")
	s.forget()
	s.more(3, a.Workloads[2])
	s.more(4, a.Workloads[5])
	s.shows("web was chosen", "▌ ► web", "ping", "redis-old")
	before, _ := s.bar()
	s.send(list.Loaded{Audit: a})
	s.shows("at the end", "6 workloads", "▌ ► web", "store")
	if after, _ := s.bar(); after != before+1 {
		t.Errorf("the selection went from line %d to %d; one workload came above it:\n%s", before, after, s.plain())
	}
}

func TestTheEndOfAReadingMovesNothing(t *testing.T) {
	b := &tuitest.Backend{Looked: tuitest.Many(60)}
	for _, keys := range [][]string{nil, {"down", "down"}, {"end", "up"}, {"/", "1", "2", "enter", "down"}} {
		s := reading(t, b, 80, 24)
		all := append([]inspect.Audited{}, b.Looked.Workloads...)
		for i := range all {
			s.more(i+1, all[len(all)-1-i])
		}
		s.press(keys...)
		at, line := s.bar()
		s.send(list.Loaded{Audit: b.Looked})
		if endAt, endLine := s.bar(); endAt != at || endLine != line {
			t.Errorf("after %q the selection went from line %d %q to %d %q", keys, at, line, endAt, endLine)
		}
	}
}

func TestTheTargetIsSelectedWhenItComes(t *testing.T) {
	a := tuitest.Audit()
	target := func(o *Options) { o.Target = "store" }
	s := reading(t, tuitest.New(), 80, 24, target)
	s.more(1, a.Workloads[0])
	s.more(2, a.Workloads[1])
	s.shows("nothing was chosen", "▌ ► store")
	chosen := reading(t, tuitest.New(), 80, 24, target)
	chosen.judged(a.Workloads[0], a.Workloads[3])
	chosen.press("down")
	chosen.more(3, a.Workloads[1])
	chosen.shows("web was chosen", "▌ ► web")
}

func TestAPartIsNotTakenForAll(t *testing.T) {
	b := tuitest.New()
	s := reading(t, b, 80, 24)
	s.judged(b.Looked.Workloads[:2]...)
	s.press("/")
	s.send(list.Loaded{Err: errors.New("the engine went away")})
	s.shows("failed", "could not be looked at", "the engine went away", "r looks again")
	if strings.Contains(s.plain(), "store") || s.top().Typing() {
		t.Errorf("what was read of a failed look is still shown:\n%s", s.plain())
	}
	old := list.Read{Look: s.pages[0].(*list.Page).Look(), Workloads: b.Looked.Workloads[:1], Count: 1}
	s.send(stroke("r"))
	s.forget()
	s.send(old)
	s.shows("looking again", "Looking again…")
	s.judged(b.Looked.Workloads[1])
	s.shows("the second look", "reading… 1 so far", "▌ ► store")
	if strings.Contains(s.plain(), "went away") {
		t.Errorf("an old failure stands beside what is read now:\n%s", s.plain())
	}
}

func TestALaterLookKeepsTheWholeList(t *testing.T) {
	b := tuitest.New()
	s := loaded(t, b, 80, 24, func(o *Options) { o.Auditor = tuitest.Each{Backend: b} })
	s.shows("loaded", "6 workloads")
	s.send(stroke("r"))
	s.shows("looking again", "looking again", "web", "redis-old")
	s.judged(b.Looked.Workloads[0])
	s.shows("looking again", "looking again", "web", "redis-old")
	s.settle()
}

// stuck hands over its workloads and then reads until it is stopped.
type stuck struct {
	*tuitest.Backend
	handed, ended chan struct{}
}

func (s stuck) AuditEach(ctx context.Context, emit func(inspect.Audited)) (workbench.Audit, error) {
	defer close(s.ended)
	for _, w := range s.Looked.Workloads {
		emit(w)
	}
	close(s.handed)
	<-ctx.Done()
	return workbench.Audit{}, ctx.Err()
}

func TestQuittingStopsTheReading(t *testing.T) {
	b := stuck{tuitest.New(), make(chan struct{}), make(chan struct{})}
	keys, _, ended := start(t, context.Background(), b)
	<-b.handed
	if _, err := keys.Write([]byte("q")); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("quitting: %v", err)
	}
	select {
	case <-b.ended:
	default:
		t.Error("Run returned while the auditor was still reading")
	}
}
