package health

import (
	"strings"
	"testing"
	"time"
)

// job is a run that ended by itself.
func job(log ...string) Reading {
	return Reading{Exited: true, EndedAfter: 2 * time.Second, Log: log, Complaints: Complaints(log)}
}

func TestCompareJob(t *testing.T) {
	first := job("migrating at 21:00:01", "3 rows moved", "chown: Operation not permitted", "", "done")
	second := job("migrating at 21:07:59", "3 rows moved", "chown: Operation not permitted", "done")
	noisy := job("migrating at 21:07:59", "3 rows moved", "chown: Operation not permitted", "cache is cold", "done")
	for _, tt := range []struct {
		name   string
		second Reading
		trial  Reading
		want   []string // a part of each difference
	}{
		{"the same", second, first, nil},
		{"slower", second, Reading{Exited: true, EndedAfter: time.Hour, Log: first.Log}, nil},
		{"another time", second, job("migrating at 09:13:00", "3 rows moved", "done"), nil},
		{"another number", second, job("migrating at 21:00:01", "0 rows moved", "done"), []string{`lacks "3 rows moved"`}},
		{"a line less", second, job("3 rows moved", "done"), []string{`lacks a line like "migrating at #:#:#"`}},
		{"a line more", second, job("migrating at 1", "3 rows moved", "migrating at 21:00:01", "skipped a table", "done"),
			[]string{`says "migrating at 1"`, `says "skipped a table"`}},
		{"a line more, where lines come and go", noisy, job("migrating at 21:00:01", "3 rows moved", "cache is warm", "done"), nil},
		{"a complaint", second, job("migrating at 21:00:01", "3 rows moved", "open x: Permission denied", "done"), []string{"Its log says: open x"}},
		{"an exit code", second, Reading{Exited: true, Code: 4, Log: first.Log}, []string{"ended with exit code 4; in the baseline with 0"}},
		{"no end", second, Reading{Log: first.Log}, []string{"did not end by itself"}},
		{"no start", second, Reading{StartError: "exec: no"}, []string{"did not start"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := Expect(first, tt.second)
			got := e.Compare(tt.trial)
			if !e.Job || len(got) != len(tt.want) {
				t.Fatalf("differences %q, want %q", got, tt.want)
			}
			for i, part := range tt.want {
				if !strings.Contains(got[i], part) {
					t.Errorf("difference %q does not say %q", got[i], part)
				}
			}
		})
	}
}

func TestIsJob(t *testing.T) {
	failed, unstarted := job(), job()
	failed.Code, unstarted.StartError = 1, "no"
	for _, tt := range []struct {
		name string
		runs []Reading
		want bool
	}{
		{"nothing", nil, false},
		{"two runs", []Reading{job(), job()}, true},
		{"one of them failed", []Reading{job(), failed}, false},
		{"one of them did not start", []Reading{unstarted}, false},
		{"a service", []Reading{job(), baseline()}, false},
	} {
		if got := IsJob(tt.runs...); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestMissingOfAJob(t *testing.T) {
	e := Expect(job("done"), job("done"))
	if got := e.Missing(Reading{}); len(got) != 1 {
		t.Errorf("still running: %q", got)
	}
	if got := e.Missing(job()); len(got) != 0 {
		t.Errorf("ended: %q", got)
	}
	if e.Patience() < 2*time.Second {
		t.Errorf("patience %s is shorter than the job", e.Patience())
	}
}
