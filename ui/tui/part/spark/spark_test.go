package spark

import (
	"testing"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for _, tt := range []struct {
		name    string
		numbers []int
		w       int
		want    string
	}{
		{"nothing", nil, 10, ""},
		{"no room", []int{1}, 0, ""},
		{"none", []int{0, 0}, 10, "▁▁"},
		{"one new thing is seen", []int{1000, 0, 1}, 10, "█▁▂"},
		{"a fall", []int{8, 4, 2, 1, 0}, 10, "█▄▂▂▁"},
		{"all alike", []int{1, 1}, 10, "▂▂"},
		{"more than there is room for", []int{4, 4, 0, 0, 1, 0}, 3, "█▁▂"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Line(tt.numbers, tt.w); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	long := make([]int, 1000)
	if got := utf8.RuneCountInString(Line(long, 33)); got != 33 {
		t.Errorf("%d cells", got)
	}
}
