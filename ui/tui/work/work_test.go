package work

import (
	"context"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

func TestCloseCancelsAndWaitWaits(t *testing.T) {
	g := New(context.Background())
	began, cleaned := make(chan struct{}), make(chan struct{})
	cmd := g.Cmd(func(ctx context.Context) tea.Msg {
		close(began)
		<-ctx.Done()
		<-cleaned
		return "ended"
	})
	got := make(chan tea.Msg, 1)
	go func() { got <- cmd() }()
	<-began
	if !g.Busy() {
		t.Error("not busy while a call runs")
	}
	g.Close()
	if g.Wait(time.Millisecond) {
		t.Error("Wait did not wait for the call")
	}
	close(cleaned)
	if !g.Wait(time.Hour) || g.Busy() {
		t.Error("the group is not idle after its call has ended")
	}
	if msg := <-got; msg != "ended" {
		t.Errorf("the command returned %v", msg)
	}
}

func TestNothingBeginsAfterClose(t *testing.T) {
	g := New(context.Background())
	g.Close()
	g.Close()
	msg := g.Cmd(func(context.Context) tea.Msg { return "ran" })()
	if msg != nil {
		t.Errorf("a call began after Close: %v", msg)
	}
	if !g.Wait(time.Hour) {
		t.Error("a closed group without calls is not idle")
	}
}

// A call that was started ends by its own cancel, and leaves the group open.
func TestOneCallIsCancelledByItself(t *testing.T) {
	g := New(context.Background())
	ended := make(chan error, 1)
	run, cancel := g.Start(func(ctx context.Context) {
		<-ctx.Done()
		ended <- ctx.Err()
	})
	if msg := run(); msg != nil || !g.Busy() {
		t.Errorf("started with %v, busy %v", msg, g.Busy())
	}
	cancel()
	if err := <-ended; err == nil || g.Context().Err() != nil {
		t.Errorf("it ended with %v, the group with %v", err, g.Context().Err())
	}
	g.Close()
	if !g.Wait(time.Minute) {
		t.Error("the group is not idle after its call has ended")
	}
}
