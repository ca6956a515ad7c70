package tui

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/google/go-cmp/cmp"
)

// TestEachEscapeCounts reads bytes as a terminal hands them over, read by read,
// and names the keys that come out.
func TestEachEscapeCounts(t *testing.T) {
	for _, tt := range []struct {
		reads string
		want  []string
	}{
		{"\x1b", []string{"esc"}},
		{"\x1b\x1b", []string{"esc", "esc"}},
		{"\x1b\x1b\x1b", []string{"esc", "esc", "esc"}},
		{"\x1b|\x1b", []string{"alt+esc"}},
		{"\x1b|\x1b|\x1b", []string{"alt+esc", "esc"}},
		{"\x1b\x1b\x1b|q", []string{"esc", "esc", "esc", "q"}},
		{"\x1b\x1bq", []string{"esc", "alt+q"}},
		{"\x1b[A", []string{"up"}},
		{"\x1bOB", []string{"down"}},
		{"\x1b\x1b[A", []string{"alt+up"}},
		{"\x1b\x1b\x1b[A", []string{"esc", "esc", "up"}},
		{"a\x1b\x1b", []string{"a", "esc", "esc"}},
		{"jk", []string{"j", "k"}},
	} {
		if diff := cmp.Diff(tt.want, keysOf(t, strings.Split(tt.reads, "|"))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.reads, diff)
		}
	}
}

// keysOf runs the reads through the filter and the terminal's own reader.
func keysOf(t *testing.T, reads []string) []string {
	t.Helper()
	var parts []io.Reader
	for _, r := range reads {
		parts = append(parts, strings.NewReader(r))
	}
	events := make(chan uv.Event, 64)
	reader := uv.NewTerminalReader(&escapes{Reader: io.MultiReader(parts...)}, "xterm-256color")
	if err := reader.StreamEvents(context.Background(), events); err != nil {
		t.Fatal(err)
	}
	close(events)
	var names []string
	for e := range events {
		if k, ok := e.(uv.KeyPressEvent); ok {
			names = append(names, tea.KeyPressMsg(k).String())
		}
	}
	return names
}

// FuzzInput holds that nothing but escapes is changed, wherever the reads end.
func FuzzInput(f *testing.F) {
	for _, seed := range []string{"", "\x1b\x1b\x1b", "a\x1b[27u\x1b", "\x1b[A\x1b\x1bOB"} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, raw []byte, bytewise bool) {
		var source io.Reader = bytes.NewReader(raw)
		if bytewise {
			source = iotest.OneByteReader(source)
		}
		got, err := io.ReadAll(&escapes{Reader: source})
		if err != nil {
			t.Fatal(err)
		}
		plain := func(b []byte) string {
			return strings.ReplaceAll(strings.ReplaceAll(string(b), alone, ""), "\x1b", "")
		}
		if bytes.Contains(raw, []byte("[27u")) {
			return
		}
		if plain(got) != plain(raw) {
			t.Errorf("%q became %q", raw, got)
		}
		if a, b := bytes.Count(raw, []byte{escape}), bytes.Count(got, []byte{escape}); a != b {
			t.Errorf("%d escapes became %d: %q", a, b, got)
		}
	})
}
