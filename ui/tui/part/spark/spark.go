// Package spark draws numbers as a line of bars.
package spark

import "strings"

var bars = []rune("▁▂▃▄▅▆▇█")

// Line draws the numbers in at most w cells, from the first to the last; where
// there are more numbers than cells, each cell is the sum of some. A number
// above zero is never drawn as the lowest bar, so that nothing new and something
// new can be told apart.
func Line(numbers []int, w int) string {
	if w <= 0 || len(numbers) == 0 {
		return ""
	}
	cells := fold(numbers, w)
	most := 0
	for _, n := range cells {
		most = max(most, n)
	}
	var b strings.Builder
	for _, n := range cells {
		at := 0
		if n > 0 {
			at = 1 + (n-1)*(len(bars)-2)/max(1, most-1)
		}
		b.WriteRune(bars[min(at, len(bars)-1)])
	}
	return b.String()
}

// fold sums neighbours until the numbers fit.
func fold(numbers []int, w int) []int {
	if len(numbers) <= w {
		return numbers
	}
	cells := make([]int, w)
	for i, n := range numbers {
		cells[i*w/len(numbers)] += n
	}
	return cells
}
