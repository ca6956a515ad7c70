package daemon

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseSubIDs(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       SubIDs
	}{
		{"nothing", "", SubIDs{}},
		{"a name and a number", "ann:100000:65536\n1001:165536:65536\n", SubIDs{Grants: []Grant{
			{"ann", Range{100000, 165536}}, {"1001", Range{165536, 231072}},
		}}},
		{"comments and empty lines", "# ours\n\n  ann:1:2  \n", SubIDs{Grants: []Grant{{"ann", Range{1, 3}}}}},
		{"no newline at the end, Windows' line ends", "ann:1:2\r\nbob:3:4", SubIDs{Grants: []Grant{{"ann", Range{1, 3}}, {"bob", Range{3, 7}}}}},
		{"lines that are none", "broken\n:1:1\nann:1\nann:x:1\nann:1:-1\nann:1:0\nann:1:2:3\n", SubIDs{Bad: []int{1, 2, 3, 4, 5, 6, 7}}},
		{"past the last ID", "ann:4294967295:1\nann:4294901760:65536\nann:4294901759:65536\nann:99999999999:1\n", SubIDs{
			Grants: []Grant{{"ann", Range{4294901759, 4294967295}}}, Bad: []int{1, 2, 4},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, parseSubIDs([]byte(tt.text))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRangesAreLaidEndToEndFromTheLowest(t *testing.T) {
	ids := parseSubIDs([]byte("ann:300000:10\n7:100000:5\nbob:200000:10\n"))
	ranges := ids.Of("ann", "7")
	if diff := cmp.Diff([]Range{{100000, 100005}, {300000, 300010}}, ranges); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for inside, outside := range map[uint64]uint64{0: 100000, 4: 100004, 5: 300000, 14: 300009} {
		if got, ok := mapped(ranges, inside); !ok || got != outside {
			t.Errorf("%d inside is %d outside, want %d", inside, got, outside)
		}
	}
	if got, ok := mapped(ranges, 15); ok {
		t.Errorf("15 is not mapped, and became %d", got)
	}
}

func TestFreeRange(t *testing.T) {
	for _, tt := range []struct {
		name  string
		taken []Range
		want  Range
		ok    bool
	}{
		{"nothing taken", nil, Range{100000, 165536}, true},
		{"below and above", []Range{{0, 1000}, {165536, 231072}}, Range{100000, 165536}, true},
		{"behind the first, in a gap", []Range{{231072, 300000}, {100000, 165536}}, Range{165536, 231072}, true},
		{"a gap that is too small", []Range{{100000, 165536}, {200000, 200001}}, Range{200001, 265537}, true},
		{"a user's own ID", []Range{{100500, 100501}}, Range{100501, 166037}, true},
		{"ranges within ranges", []Range{{100000, 400000}, {150000, 160000}}, Range{400000, 465536}, true},
		{"none left", []Range{{100000, 4294960000}}, Range{4294960000, 4295025536}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := freeRange(enough, tt.taken)
			if got != tt.want || ok != tt.ok {
				t.Errorf("%v %v, want %v %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// FuzzParseSubIDs holds that no file makes the reader panic, that what it read
// is IDs, and that a range it calls free touches none of them.
func FuzzParseSubIDs(f *testing.F) {
	f.Add([]byte("ann:100000:65536\nbroken\n# x\n1000:165536:65536\n"))
	f.Add([]byte("a:4294901759:65536\r\nb:0:4294967295"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ids := parseSubIDs(data)
		var taken []Range
		for _, g := range ids.Grants {
			if g.Owner == "" || g.Count() == 0 || g.End-1 > largestID {
				t.Fatalf("%+v is no range", g)
			}
			taken = append(taken, g.Range)
			ranges := ids.Of(g.Owner, "")
			if got, ok := mapped(ranges, total(ranges)-1); !ok || !within(ranges, got) {
				t.Fatalf("the last of %v is %d", ranges, got)
			}
		}
		free, ok := freeRange(enough, taken)
		for _, r := range taken {
			if ok && r.overlaps(free) {
				t.Fatalf("%v is not free: %v", free, r)
			}
		}
	})
}

// FuzzParsePasswd holds that no file makes the reader panic.
func FuzzParsePasswd(f *testing.F) {
	f.Add([]byte("root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:\nbroken\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, a := range parsePasswd(data) {
			if a.Name == "" {
				t.Fatal("a user without a name")
			}
		}
	})
}
