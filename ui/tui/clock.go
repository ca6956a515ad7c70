package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// timer tells the time and sends messages later; tests have their own.
type timer interface {
	Now() time.Time
	After(d time.Duration, msg func(time.Time) tea.Msg) tea.Cmd
}

// clock is the real timer.
type clock struct{}

func (clock) Now() time.Time { return time.Now() }

func (clock) After(d time.Duration, msg func(time.Time) tea.Msg) tea.Cmd { return tea.Tick(d, msg) }
