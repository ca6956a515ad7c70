package daemon

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Range is a block of the host's IDs, End not among them.
type Range struct{ Start, End uint64 }

// Count is how many IDs it has.
func (r Range) Count() uint64 { return r.End - r.Start }

func (r Range) overlaps(o Range) bool { return r.Start < o.End && o.Start < r.End }

// Grant is one line of subuid(5): the range that a user may map into a user
// namespace. The owner is a name or a number.
type Grant struct {
	Owner string
	Range
}

// SubIDs are the lines of /etc/subuid or /etc/subgid.
type SubIDs struct {
	Grants []Grant
	// Bad are the numbers of the lines that are none of subuid(5). shadow passes
	// over them; dockerd refuses to start with userns-remap (moby
	// pkg/idtools, parseSubidFile).
	Bad []int
}

// largestID is the last that a user or group can have: 4294967295 stands for
// none (user_namespaces(7)).
const largestID = 1<<32 - 2

// parseSubIDs reads NAME:START:COUNT lines. Empty lines and comments say
// nothing.
func parseSubIDs(data []byte) SubIDs {
	var out SubIDs
	n := 0
	for line := range bytes.Lines(data) {
		n++
		text := strings.TrimSpace(string(line))
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		g, ok := parseGrant(text)
		if !ok {
			out.Bad = append(out.Bad, n)
			continue
		}
		out.Grants = append(out.Grants, g)
	}
	return out
}

func parseGrant(text string) (Grant, bool) {
	fields := strings.Split(text, ":")
	if len(fields) != 3 || fields[0] == "" {
		return Grant{}, false
	}
	start, err := strconv.ParseUint(fields[1], 10, 32)
	count, err2 := strconv.ParseUint(fields[2], 10, 32)
	if err != nil || err2 != nil || count == 0 || start+count-1 > largestID {
		return Grant{}, false
	}
	return Grant{Owner: fields[0], Range: Range{start, start + count}}, true
}

// Of are the ranges of a user, by name or number, lowest first: in that order
// the engine lays them end to end (moby pkg/idtools, createIDMap).
func (s SubIDs) Of(name, id string) []Range {
	var out []Range
	for _, g := range s.Grants {
		if g.Owner == name || id != "" && g.Owner == id {
			out = append(out, g.Range)
		}
	}
	slices.SortFunc(out, byStart)
	return out
}

// others are the grants that are not the user's.
func (s SubIDs) others(name, id string) []Grant {
	return slices.DeleteFunc(slices.Clone(s.Grants), func(g Grant) bool {
		return g.Owner == name || id != "" && g.Owner == id
	})
}

func byStart(a, b Range) int { return cmp.Compare(a.Start, b.Start) }

func total(ranges []Range) (n uint64) {
	for _, r := range ranges {
		n += r.Count()
	}
	return n
}

// mapped is the host's ID of the nth of the ranges laid end to end.
func mapped(ranges []Range, n uint64) (uint64, bool) {
	for _, r := range ranges {
		if n < r.Count() {
			return r.Start + n, true
		}
		n -= r.Count()
	}
	return 0, false
}

// within says whether the ID is one of the ranges.
func within(ranges []Range, id uint64) bool {
	return slices.ContainsFunc(ranges, func(r Range) bool { return r.Start <= id && id < r.End })
}

// firstSubID is where shadow begins to give ranges (login.defs(5), SUB_UID_MIN),
// and where the engine does for dockremap.
const firstSubID = 100000

// freeRange is the lowest block of count IDs from firstSubID on that none of
// the taken ranges touches; false where there is none.
func freeRange(count uint64, taken []Range) (Range, bool) {
	taken = slices.SortedFunc(slices.Values(taken), byStart)
	free := Range{firstSubID, firstSubID + count}
	for _, t := range taken {
		if t.overlaps(free) {
			free = Range{t.End, t.End + count}
		}
	}
	return free, free.End-1 <= largestID
}
