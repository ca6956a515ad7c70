package health

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	master = Identity{Command: "nginx", UID: "0", GID: "0"}
	worker = Identity{Command: "nginx", UID: "33", GID: "33"}
)

// baseline is a service with a root master and a worker that drops.
func baseline() Reading {
	return Reading{
		Ready: true, ReadyAfter: time.Second, StopAfter: 200 * time.Millisecond,
		Answers:    []Answer{{Protocol: "tcp", Port: 80, Kind: Answered, Line: "HTTP/1.1 200 OK"}},
		Identities: []Identity{master, worker}, Seen: []Identity{master, worker},
		Restart:    Restart{Tried: true, Ready: true},
		Complaints: Complaints([]string{"chmod: Operation not permitted"}),
	}
}

func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Reading)
		want   []string // a part of each difference
	}{
		{"the same", func(*Reading) {}, nil},
		{"an old complaint", func(r *Reading) { r.Complaints = Complaints([]string{"chmod: Operation not permitted"}) }, nil},
		{"a new complaint", func(r *Reading) { r.Complaints = Complaints([]string{"open: Permission denied"}) }, []string{"Its log says: open: Permission denied"}},
		{"another status", func(r *Reading) { r.Answers[0].Line = "HTTP/1.1 403 Forbidden" }, []string{`answered "HTTP/1.1 403 Forbidden"; in the baseline answered "HTTP/1.1 200 OK"`}},
		{"silence", func(r *Reading) { r.Answers[0].Kind, r.Answers[0].Line = Silent, "" }, []string{"80/tcp accepted and stayed silent"}},
		{"nothing listens", func(r *Reading) { r.Answers = nil }, []string{"Nothing listens on 80/tcp"}},
		{"the worker is gone", func(r *Reading) { r.Identities = []Identity{master} }, []string{"No process nginx (33:33)"}},
		{"a privilege inversion", func(r *Reading) {
			r.Identities = []Identity{master, {Command: "nginx", UID: "0", GID: "33"}}
		}, []string{"No process nginx (33:33)", "privilege inversion"}},
		{"an unknown helper process", func(r *Reading) {
			r.Identities = append(r.Identities, Identity{Command: "sleep", UID: "0", GID: "0"})
		}, nil},
		{"exited", func(r *Reading) { *r = Reading{Exited: true, Code: 1} }, []string{"ended by itself with exit code 1"}},
		{"not started", func(r *Reading) { *r = Reading{StartError: "exec: operation not permitted"} }, []string{"did not start: exec"}},
		{"no restart", func(r *Reading) {
			r.Restart = Restart{Tried: true, Missing: []string{"Nothing listens on 80/tcp."}}
		}, []string{"After a restart on the volumes it had filled: Nothing listens"}},
		{"exercise", func(r *Reading) { r.Exercise = `The exercise "x" failed` }, []string{"The exercise"}},
		{"killed", func(r *Reading) { r.Killed, r.Code = true, 137 }, []string{"was killed after its grace period"}},
		{"exit code", func(r *Reading) { r.Code = 1 }, []string{"stopped with exit code 1; in the baseline with 0"}},
		{"slow to stop", func(r *Reading) { r.StopAfter = 6 * time.Second }, []string{"took 6.0 s to stop"}},
		{"a little slower", func(r *Reading) { r.StopAfter = 2 * time.Second }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := baseline()
			tt.change(&r)
			got := Expect(baseline(), baseline()).Compare(r)
			if len(got) != len(tt.want) {
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

func TestExpectDropsWhatFlickers(t *testing.T) {
	a, b := baseline(), baseline()
	b.Answers = []Answer{{Protocol: "tcp", Port: 80, Kind: Silent}}
	b.Identities = []Identity{master}
	b.Code = 2
	b.Restart.Ready = false
	e := Expect(a, b)
	if len(e.Answers) != 0 || e.CodeStable || e.Restart || len(e.Noise) != 2 {
		t.Errorf("expectation %+v", e)
	}
	if diff := cmp.Diff([]Identity{master}, e.Required); diff != "" {
		t.Error(diff)
	}
	trial := baseline()
	trial.Code, trial.Answers, trial.Identities = 9, nil, []Identity{master}
	if got := e.Compare(trial); len(got) != 0 {
		t.Errorf("noise counts: %q", got)
	}
}

// A port that answers now this and now that must still answer.
func TestExpectKeepsWhatAnswersHaveInCommon(t *testing.T) {
	answering := func(application, line string) Reading {
		r := baseline()
		r.Answers = []Answer{{Protocol: "tcp", Port: 80, Kind: Answered, Application: application, Line: line}}
		return r
	}
	ok, busy, other := answering("http", "HTTP/1.1 200 OK"), answering("http", "HTTP/1.1 503 Busy"), answering("", "")
	silent := baseline()
	silent.Answers[0] = Answer{Protocol: "tcp", Port: 80, Kind: Silent}
	for _, tt := range []struct {
		name   string
		second Reading
		trial  Reading
		want   int
	}{
		{"another line passes", busy, answering("http", "HTTP/1.1 404 Not Found"), 0},
		{"another protocol does not", busy, answering("redis", "+PONG"), 1},
		{"any answer passes", other, answering("redis", "+PONG"), 0},
		{"silence does not", other, silent, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := Expect(ok, tt.second)
			if got := e.Compare(tt.trial); len(got) != tt.want {
				t.Errorf("differences %q", got)
			}
			if len(e.Noise) != 1 {
				t.Errorf("noise %q", e.Noise)
			}
		})
	}
}

func TestProbeTimeoutComesFromTheBaseline(t *testing.T) {
	const most = 2 * time.Second
	for answered, want := range map[time.Duration]time.Duration{
		0:                      most, // nobody measured it
		5 * time.Millisecond:   300 * time.Millisecond,
		80 * time.Millisecond:  800 * time.Millisecond,
		900 * time.Millisecond: most,
	} {
		quick := Reading{Ready: true, AnsweredIn: answered / 2}
		if got := Expect(quick, Reading{Ready: true, AnsweredIn: answered}).ProbeTimeout(most); got != want {
			t.Errorf("answered in %s: %s, want %s", answered, got, want)
		}
	}
}
