package owner

import (
	"strings"
	"testing"
)

func TestOwner(t *testing.T) {
	me := Self()
	if Gone(me) {
		t.Error("this process counts as gone")
	}
	host, _, _ := strings.Cut(me, "/")
	for owner, want := range map[string]bool{
		host + "/4194305/17": true, // above the kernel's largest process ID
		host + "/1/17":       true, // a later process under the same ID
		"elsewhere/1/17":     false,
		"":                   false,
		"nonsense":           false,
	} {
		if got := Gone(owner); got != want {
			t.Errorf("%q: %v", owner, got)
		}
	}
}
