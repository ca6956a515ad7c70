package workbench

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"

	"bulkhead/fix/clone"
	"bulkhead/inspect"
	"bulkhead/inspect/engine"
	"bulkhead/inspect/observe"
)

// nothing is an observer that is never asked.
type nothing struct{ clone.Observer }

// offering are backends that start, or are refused for a reason.
func offering(refused map[Observing]string) []backend {
	var list []backend
	for _, b := range []backend{{kind: ObserveEBPF, name: "eBPF"}, {kind: ObservePtrace, name: "ptrace", cost: "which is slow"}, {kind: ObserveLog, name: "the log", cost: "which is dull"}} {
		b.start = func(context.Context) (started, error) {
			if reason, no := refused[b.kind]; no {
				return started{}, &observe.RefusedError{Reason: reason, Next: "Mend " + b.name + "."}
			}
			return started{observer: nothing{}}, nil
		}
		list = append(list, b)
	}
	return list
}

func TestTheBestObserverThatIsPossibleIsChosen(t *testing.T) {
	no := func(kinds ...Observing) map[Observing]string {
		m := map[Observing]string{}
		for _, k := range kinds {
			m[k] = "no " + string(k)
		}
		return m
	}
	for _, tt := range []struct {
		name    string
		want    Observing
		refused map[Observing]string
		chosen  string
		rest    int
		said    []string
		fails   string
	}{
		{"all are", ObserveAuto, nil, "eBPF", 2, nil, ""},
		{"not said", "", nil, "eBPF", 2, nil, ""},
		{"no eBPF", ObserveAuto, no(ObserveEBPF), "ptrace", 1, []string{"Observing with eBPF is not possible here: no ebpf. Next is ptrace, which is slow."}, ""},
		{"only the log", ObserveAuto, no(ObserveEBPF, ObservePtrace), "the log", 0, []string{
			"Observing with eBPF is not possible here: no ebpf. Next is ptrace, which is slow.",
			"Observing with ptrace is not possible here: no ptrace. Next is the log, which is dull.",
		}, ""},
		{"none is", ObserveAuto, no(ObserveEBPF, ObservePtrace, ObserveLog), "", 0, []string{
			"Observing with eBPF is not possible here: no ebpf. Next is ptrace, which is slow.",
			"Observing with ptrace is not possible here: no ptrace. Next is the log, which is dull.",
		}, "observing is not possible: eBPF: no ebpf; ptrace: no ptrace; the log: no log"},
		{"one was asked for", ObservePtrace, nil, "ptrace", 0, nil, ""},
		{"and is refused", ObserveLog, no(ObserveLog), "", 0, nil, "observing is not possible: the log: no log"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var said []string
			c, rest, err := choose(t.Context(), wanted(offering(tt.refused), tt.want), func(line string) { said = append(said, line) })
			if diff := cmp.Diff(tt.said, said); diff != "" || c.name != tt.chosen || len(rest) != tt.rest {
				t.Errorf("chosen is %q with %d behind it; said (-want +got):\n%s", c.name, len(rest), diff)
			}
			if tt.fails == "" && err != nil || tt.fails != "" && (err == nil || err.Error() != tt.fails) {
				t.Errorf("the error is %v", err)
			}
			var refused *observe.RefusedError
			if errors.As(err, &refused) && refused.Hint() == "" {
				t.Error("it does not say what to do")
			}
		})
	}
}

func TestAnInterruptedChoiceIsNoRefusal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := choose(ctx, offering(map[Observing]string{ObserveEBPF: "cut off"}), func(line string) { t.Errorf("said %q", line) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// An observer that needs nothing of a copy changes nothing in it and has no
// process there.
func TestAnUntouchedCopyIsTheSame(t *testing.T) {
	o := untouched(func(context.Context, string) (clone.Watching, error) { return nil, nil })
	c, h := &container.Config{Image: "x"}, &container.HostConfig{ReadonlyRootfs: true}
	gotC, gotH, err := o.Prepare(c, h)
	if gotC != c || gotH != h || err != nil || o.Own("") || o.Own("sh") {
		t.Errorf("%+v %+v %v", gotC, gotH, err)
	}
}

func TestWithWhatAnObserverLooksIsSaid(t *testing.T) {
	for want, caps := range map[string][]string{
		"": nil,
		" The observer holds CAP_SYS_ADMIN and no other capability.":           {"SYS_ADMIN"},
		" The observer holds CAP_BPF and CAP_PERFMON and no other capability.": {"BPF", "PERFMON"},
	} {
		if got := (&Bench{Engine: &engine.Engine{}}).holding(caps); got != want {
			t.Errorf("%v: %q", caps, got)
		}
	}
}

// In a rootless engine nothing is tried that its kernel refuses in words which
// lead astray.
func TestPowerlessEnginesAreNotAskedForPrivileges(t *testing.T) {
	for why, host := range map[string]inspect.Host{"rootless": {Rootless: true}, "userns-remap": {UsernsRemap: true}} { // to whom is not known
		b := &Bench{Engine: &engine.Engine{Host: host}} // asked for anything, it would panic
		for _, backend := range b.backends("helper") {
			if backend.kind == ObservePtrace {
				continue
			}
			_, _, err := choose(t.Context(), wanted(b.backends("helper"), backend.kind), nil)
			var refused *observe.RefusedError
			if !errors.As(err, &refused) || !strings.Contains(refused.Reason, why) || refused.Next != observe.NeedsNoPrivilege {
				t.Errorf("%s: %v", backend.name, err)
			}
		}
		running := inspect.Workload{ID: "1", Name: "web", State: inspect.Running}
		_, err := b.ObserveRunning(t.Context(), running, ObserveOptions{}, nil, nil)
		var refused *observe.RefusedError
		if !errors.As(err, &refused) || !strings.Contains(refused.Reason, why) || !strings.Contains(refused.Next, "Leave out --live") {
			t.Errorf("live: %v", err)
		}
	}
}
