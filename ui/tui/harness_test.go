package tui

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"bulkhead/fix/trial"
	"bulkhead/ui/tui/page/observe"
	"bulkhead/ui/tui/page/trials"
	"bulkhead/ui/tui/tuitest"
	"bulkhead/ui/tui/work"
)

// still is a timer that never rings and whose time the test moves.
type still struct{ now time.Time }

func (s *still) Now() time.Time { return s.now }

func (s *still) After(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }

// stage drives a model without a terminal: commands run where the test says so.
type stage struct {
	*model
	t     testing.TB
	clock *still
	quit  bool
	// commands wait for settle.
	commands []tea.Cmd
}

func newStage(t testing.TB, b *tuitest.Backend, w, h int, change ...func(*Options)) *stage {
	t.Helper()
	o := Options{Auditor: b, Observer: b, Trier: b, Writer: b, Engine: "docker", Theme: ThemeDark}
	for _, f := range change {
		f(&o)
	}
	clock := &still{time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	group := work.New(context.Background())
	t.Cleanup(group.Close)
	s := &stage{model: newModel(o, group, clock), t: t, clock: clock}
	s.send(tea.WindowSizeMsg{Width: w, Height: h})
	s.commands = append(s.commands, s.model.Init())
	return s
}

// loaded is a stage whose first audit has ended.
func loaded(t testing.TB, b *tuitest.Backend, w, h int, change ...func(*Options)) *stage {
	s := newStage(t, b, w, h, change...)
	s.settle()
	return s
}

// send hands a message over and keeps the command for settle.
func (s *stage) send(msg tea.Msg) {
	_, cmd := s.model.Update(msg)
	s.commands = append(s.commands, cmd)
}

// settle runs commands, and what follows from them, until none is left.
func (s *stage) settle() {
	for len(s.commands) > 0 {
		cmd := s.commands[0]
		s.commands = s.commands[1:]
		if cmd != nil {
			s.receive(cmd())
		}
	}
}

func (s *stage) receive(msg tea.Msg) {
	switch msg := msg.(type) {
	case nil:
	case tea.BatchMsg:
		s.commands = append(s.commands, msg...)
	case tea.QuitMsg:
		s.quit = true
	default:
		s.send(msg)
	}
}

// ended says that no call is under way: one that has told its end returns a
// moment later.
func (s *stage) ended() bool {
	for range 2000 {
		if !s.work.Busy() {
			return true
		}
		time.Sleep(5 * time.Millisecond)
	}
	return false
}

// forget drops the commands that wait, so that what they would do stays undone.
func (s *stage) forget() { s.commands = nil }

// press types keys by their names, running commands after each.
func (s *stage) press(keys ...string) {
	for _, k := range keys {
		s.send(stroke(k))
		s.settle()
	}
}

func stroke(name string) tea.KeyPressMsg {
	special := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown,
		"home": tea.KeyHome, "end": tea.KeyEnd, "backspace": tea.KeyBackspace,
	}
	if code, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: code}
	}
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}
	}
	if name == "shift+tab" {
		return tea.KeyPressMsg{Code: tea.KeyTab, Mod: tea.ModShift}
	}
	if name == "space" {
		name = " "
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// trialing opens the trial page of web without letting the backend run; the
// events are handed over by hand.
func (s *stage) trialing(events []trial.Event) {
	s.press("enter", "t")
	s.send(stroke("enter"))
	s.forget()
	s.progress(events, nil)
}

func (s *stage) progress(events []trial.Event, end *trials.End) {
	s.t.Helper()
	p, ok := s.top().(*trials.Page)
	if !ok {
		s.t.Fatalf("the top page is %T, not the trials", s.top())
	}
	s.send(trials.Progress{Run: p.Run(), Events: events, End: end})
	s.forget()
}

// watched hands the observe page so many moments of a watch.
func (s *stage) watched(moments int) {
	s.t.Helper()
	p, ok := s.top().(*observe.Page)
	if !ok {
		s.t.Fatalf("the top page is %T, not the watch", s.top())
	}
	for _, m := range tuitest.Observed().Observation.Curve[:moments] {
		at := tuitest.Progress()
		at.Moment = m
		s.send(p.Told(at))
		s.forget()
	}
}

// tick lets time pass.
func (s *stage) tick(d time.Duration) {
	s.clock.now = s.clock.now.Add(d)
	s.send(ticked(s.clock.now))
	s.forget()
}

// plain is the screen without its colours.
func (s *stage) plain() string { return ansi.Strip(s.model.View().Content) }

// check fails where the screen does not have exactly its size.
func (s *stage) check(what string) {
	s.t.Helper()
	content := s.model.View().Content
	lines := strings.Split(content, "\n")
	if s.width <= 0 || s.height <= 0 {
		if content != "" {
			s.t.Fatalf("%s: a screen without size shows %q", what, content)
		}
		return
	}
	if len(lines) != s.height {
		s.t.Fatalf("%s: %d lines on a screen of %d×%d:\n%s", what, len(lines), s.width, s.height, ansi.Strip(content))
	}
	for i, line := range lines {
		if got := ansi.StringWidth(line); got != s.width {
			s.t.Fatalf("%s: line %d has %d cells on a screen of %d×%d: %q", what, i, got, s.width, s.height, ansi.Strip(line))
		}
	}
}
