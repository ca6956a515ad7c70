package audit

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect/observe"
)

// feeder writes records as the kernel does, with one serial number each.
type feeder struct {
	*reader
	serial uint64
	at     time.Time
}

func newFeeder(t *testing.T) *feeder {
	t.Helper()
	r, err := newReader("amd64")
	if err != nil {
		t.Fatal(err)
	}
	return &feeder{reader: r, serial: 100, at: time.Now()}
}

// call is a call that a process made and that was logged.
func (f *feeder) call(pid int, exe string, number int) {
	f.serial++
	f.take(true, fmt.Sprintf(`audit(%d.%03d:%d): auid=1 uid=0 gid=0 ses=1 pid=%d comm="x" exe=%q sig=0 arch=c000003e syscall=%d compat=0 ip=0x1 code=0x7ffc0000`,
		f.at.Unix(), f.at.Nanosecond()/1e6, f.serial, pid, exe, number))
}

// watch begins a watch in which the runtime has logged one call.
func (f *feeder) watch(t *testing.T) {
	t.Helper()
	if err := f.begin(); err != nil {
		t.Fatal(err)
	}
	f.call(1, "/", 59)
}

func calls(o observe.Observation) map[string]uint64 {
	got := map[string]uint64{}
	for _, s := range o.Syscalls {
		got[string(s.Phase)+" "+s.Name] += s.Count
	}
	return got
}

const read, write = 0, 1

func TestWhoseRecordsTheyAre(t *testing.T) {
	for _, tt := range []struct {
		name string
		feed func(f *feeder)
		want map[string]uint64
		lost uint64
		gap  observe.Aspect
	}{
		{"all are listed", func(f *feeder) {
			f.watch(t)
			f.List([]int{1, 7})
			f.call(7, "/app", read)
		}, map[string]uint64{"confined execve": 1, "start read": 1}, 0, observe.Attribution}, // the first came before the list
		{"one ended before it was listed", func(f *feeder) {
			f.watch(t)
			f.List([]int{7})
			f.call(7, "/app", read)
			f.call(8, "/bin/sh", write)
		}, map[string]uint64{"confined execve": 1, "start read": 1, "start write": 1}, 0, observe.Attribution},
		{"something else logs", func(f *feeder) {
			f.call(50, "/other", read)
			f.watch(t)
			f.List([]int{7})
			f.call(7, "/app", read)
			f.call(8, "/bin/sh", write)
			f.call(50, "/other", read)
		}, map[string]uint64{"start read": 1}, 2, observe.Others},
		{"serial numbers are missing", func(f *feeder) {
			f.watch(t)
			f.List([]int{7})
			f.serial += 5
			f.call(7, "/app", read)
		}, map[string]uint64{"confined execve": 1, "start read": 1}, 5, observe.Attribution},
		{"the socket had no room", func(f *feeder) {
			f.watch(t)
			f.call(7, "/app", read)
			f.overran()
		}, map[string]uint64{"confined execve": 1, "start read": 1}, 1, observe.Attribution},
		{"another kind of record", func(f *feeder) {
			f.watch(t)
			f.serial++
			f.take(false, fmt.Sprintf("audit(1.000:%d): whatever pid=7", f.serial))
			f.call(7, "/app", read)
		}, map[string]uint64{"confined execve": 1, "start read": 1}, 0, observe.Attribution},
		{"one that cannot be read", func(f *feeder) {
			f.watch(t)
			f.serial++
			f.take(true, fmt.Sprintf("audit(1.000:%d): pid=x", f.serial))
			f.call(7, "/app", read)
		}, map[string]uint64{"confined execve": 1, "start read": 1}, 1, observe.Attribution},
		{"a number that is none", func(f *feeder) {
			f.watch(t)
			f.call(7, "/app", 1<<40)
			f.call(7, "/app", -5)
		}, map[string]uint64{"confined execve": 1, "start unknown": 2}, 0, observe.Attribution},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFeeder(t)
			tt.feed(f)
			o, err := f.Stop()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, calls(o)); diff != "" || o.Lost.Events != tt.lost || !o.Misses(tt.gap) || !o.Began || o.Runs != 1 {
				t.Errorf("lost %d, began %v, runs %d, unseen %v (-want +got):\n%s", o.Lost.Events, o.Began, o.Runs, o.Unseen, diff)
			}
			if !o.Misses(observe.Capabilities) || !o.Misses(observe.Details) {
				t.Error("it does not say what the log cannot show")
			}
		})
	}
}

// A record falls into the phase of its own time, though it comes later.
func TestPhasesGoByTheRecordsTime(t *testing.T) {
	f := newFeeder(t)
	f.at = time.Now()
	f.watch(t)
	if err := f.Phase(observe.Ready); err != nil {
		t.Fatal(err)
	}
	f.at = f.at.Add(-time.Second)
	f.call(7, "/app", read)
	f.at = f.at.Add(2 * time.Second)
	f.call(7, "/app", write)
	o, err := f.Stop()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]uint64{"confined execve": 1, "start read": 1, "ready write": 1}, calls(o)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := f.Phase("lunch"); err == nil {
		t.Error("an unknown phase was marked")
	}
}

// Nothing logged is never "nothing was used"; a runtime alone is no application.
func TestNothingLoggedIsARefusal(t *testing.T) {
	f := newFeeder(t)
	if err := f.begin(); err != nil {
		t.Fatal(err)
	}
	if err := f.begin(); err == nil {
		t.Error("two watches at once")
	}
	_, err := f.Stop()
	var refused *observe.RefusedError
	if !errors.As(err, &refused) {
		t.Errorf("the error is %v", err)
	}
	f.watch(t)
	if o, err := f.Stop(); err != nil || o.Began {
		t.Errorf("began %v, %v", o.Began, err)
	}
}

// However many processes there are, what is remembered of them is bounded.
func TestProcessesAreBounded(t *testing.T) {
	f := newFeeder(t)
	for pid := range maxPIDs + 10 {
		f.call(pid+1, "/other", read)
	}
	f.watch(t)
	pids := make([]int, maxPIDs+10)
	for i := range pids {
		pids[i] = i
	}
	f.List(pids)
	if len(f.strangers) > maxPIDs || len(f.copies) > maxPIDs {
		t.Errorf("%d strangers, %d listed", len(f.strangers), len(f.copies))
	}
}
