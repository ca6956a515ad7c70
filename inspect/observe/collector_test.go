package observe

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is collected is bounded, and what is left out is counted as what it is.
func TestACollectorIsBounded(t *testing.T) {
	c := NewCollector()
	for i := range MaxFiles + 3 {
		if f := c.File("/"+strconv.Itoa(i), Start); (f == nil) != (i >= MaxFiles) {
			t.Fatalf("file %d: %+v", i, f)
		}
	}
	for i := range MaxExecutions + 2 {
		c.Execution(Execution{Path: "/bin/sh", UID: uint32(i)})
	}
	for i := range MaxTallies + 1 {
		c.Identity(Identity{UID: uint32(i)})
		c.Socket(Socket{Operation: "connect", Family: strconv.Itoa(i)})
		c.Signal(Signal{Number: i})
	}
	c.Execution(Execution{Path: "/bin/sh", Count: 7}) // known already
	var o Observation
	c.Fill(&o)
	got := []int{len(o.Files), len(o.Executions), len(o.Identities), len(o.Sockets), len(o.Signals)}
	if diff := cmp.Diff([]int{MaxFiles, MaxExecutions, MaxTallies, MaxTallies, MaxTallies}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Lost{Entries: 5, Checks: 3}, o.Lost); diff != "" {
		t.Errorf("lost (-want +got):\n%s", diff)
	}
	if x := o.Sorted().Executions[0]; x.Count != 2 {
		t.Errorf("executed twice: %+v", x)
	}
}

// What was filled in stays as it is while collecting goes on.
func TestWhatACollectorGaveDoesNotChange(t *testing.T) {
	c := NewCollector()
	c.File("/f", Stop).Accessed(Read)
	c.File("/f", Start).Refuse("EPERM")
	c.Syscall("io_uring_setup", Start, true).Count++
	var o Observation
	c.Fill(&o)
	c.File("/f", Ready).Accessed(Created)
	want := Observation{
		Files:    []File{{Path: "/f", Named: true, Access: []Access{Read}, Refused: []string{"EPERM"}, Phases: []Phase{Start, Stop}}},
		Syscalls: []Syscall{{Name: "io_uring_setup", Phase: Start, Compat: true, Count: 1}},
		Compat:   true, IOURing: true,
	}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
