package inspect

import (
	"cmp"
	"slices"
	"strings"
)

// Near returns the names that a person may have meant by target, the nearest
// first, three at most: names that contain it or are contained in it, and
// names a few typing errors away. Letter case does not count.
func Near(target string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	want := strings.ToLower(target)
	bound := max(1, len([]rune(want))/3)
	var near []candidate
	for _, name := range names {
		have := strings.ToLower(name)
		// A service is often meant by its last part alone.
		last := have[strings.LastIndexByte(have, '/')+1:]
		distance := min(editDistance(want, have), editDistance(want, last))
		contained := want != "" && have != "" && (strings.Contains(have, want) || strings.Contains(want, have))
		if distance <= bound || contained {
			near = append(near, candidate{name, distance})
		}
	}
	slices.SortFunc(near, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, c := range near {
		if len(out) < 3 && !slices.Contains(out, c.name) {
			out = append(out, c.name)
		}
	}
	return out
}

// editDistance counts the insertions, deletions and replacements of runes and
// the swaps of two neighbours that turn a into b. Names come from outside, so
// both are cut to a bounded length.
func editDistance(a, b string) int {
	const longest = 128
	s, t := []rune(a), []rune(b)
	s, t = s[:min(len(s), longest)], t[:min(len(t), longest)]
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := range s {
		row[0] = i + 1
		for j := range t {
			cost := last[j]
			if s[i] != t[j] {
				cost++
			}
			row[j+1] = min(cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(t)]
}
