package inspect

import "testing"

func TestCloneSharesNoUlimit(t *testing.T) {
	s := Settings{Limits: Limits{Ulimits: []Ulimit{{Name: "nofile", Soft: 1, Hard: 1}}}}
	s.Clone().Limits.Ulimits[0].Hard = 2
	if s.Limits.Ulimits[0].Hard != 1 {
		t.Error("a change of the copy changes the original")
	}
}
