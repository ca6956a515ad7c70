package strip

import (
	"testing"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/inspect"
	"bulkhead/ui/tui/theme"
)

func TestRowStandsUnderItsHeader(t *testing.T) {
	plain := theme.New(true, false)
	layers := []inspect.LayerState{
		{Layer: inspect.LayerUser, State: inspect.Open}, {Layer: inspect.LayerCapabilities, State: inspect.Partly},
		{Layer: inspect.LayerSeccomp, State: inspect.Closed}, {Layer: inspect.LayerNetwork, State: inspect.NotApplicable},
	}
	for _, tt := range []struct {
		pitch       Pitch
		header, row string
	}{
		{Tight, "UCSREBNL", "○◐●???·?"},
		{Spaced, "U C S R E B N L", "○ ◐ ● ? ? ? · ?"},
		{Named, "usr cap sec rfs esc bnd net lim", " ○   ◐   ●   ?   ?   ?   ·   ? "},
	} {
		header, row := ansi.Strip(Header(plain, tt.pitch)), ansi.Strip(Row(plain, layers, tt.pitch, false))
		if header != tt.header || row != tt.row {
			t.Errorf("pitch %d:\n%q\n%q\nwant\n%q\n%q", tt.pitch, header, row, tt.header, tt.row)
		}
		if n := ansi.StringWidth(row); n != tt.pitch.Width() {
			t.Errorf("pitch %d has %d cells, Width says %d", tt.pitch, n, tt.pitch.Width())
		}
	}
}
