package workbench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"

	"bulkhead/fix/clone"
	"bulkhead/inspect"
	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/trace"
	"bulkhead/inspect/observe/watch"
)

// Observing says how containers are watched.
type Observing string

// What a person may say of it; "" is ObserveAuto.
const (
	// ObserveAuto takes the first that is possible here, in the order below.
	ObserveAuto   Observing = "auto"
	ObserveEBPF   Observing = "ebpf"
	ObservePtrace Observing = "ptrace"
	ObserveLog    Observing = "log"
	ObserveNever  Observing = "never"
)

// Observings are all of them.
var Observings = []string{string(ObserveAuto), string(ObserveEBPF), string(ObservePtrace), string(ObserveLog), string(ObserveNever)}

// backend is a way to observe, in the order in which they are tried.
type backend struct {
	kind Observing
	// name is the one for people, cost what it does to a copy, a clause.
	name, cost string
	// start brings it into the engine.
	start func(ctx context.Context) (started, error)
}

// started is a backend at work.
type started struct {
	observer clone.Observer
	// caps are the capabilities of a helper outside of the copies, nil where there
	// is none.
	caps  []string
	close func(context.Context) error
}

// holding says with which capabilities the observer's helper looks, after a
// sentence; "" where there is no helper.
func (b *Bench) holding(caps []string) string {
	if len(caps) == 0 {
		return ""
	}
	said := " The observer holds CAP_" + strings.Join(caps, " and CAP_") + " and no other capability."
	if !b.Engine.Host.Remap.None() {
		said += " Its users are the host's: it is left out of the engine's remapping."
	}
	return said
}

// backends are all ways, the best first. image is the helper's, which is in the
// engine.
func (b *Bench) backends(image string) []backend {
	options := watch.Options{Image: image, Labels: clone.LabelsBeside(), Remap: b.Engine.Host.Remap}
	return []backend{
		{ObserveEBPF, "eBPF", "which costs a copy next to nothing", func(ctx context.Context) (started, error) {
			if err := b.privileged(); err != nil {
				return started{}, err
			}
			o, err := watch.Start(ctx, b.Engine.API, options)
			if err != nil {
				return started{}, err
			}
			return started{untouched(o.Watch), o.Caps(), o.Close}, nil
		}},
		{ObservePtrace, "ptrace", "which makes system calls many times slower and sees no capability checks", func(ctx context.Context) (started, error) {
			o, err := trace.Start(ctx, b.Engine.API, trace.Options{Image: image, Labels: options.Labels})
			if err != nil {
				return started{}, err
			}
			return started{changing[*trace.Watch]{o.Prepare, o.Watch, trace.Process}, nil, o.Close}, nil
		}},
		{ObserveLog, "the kernel's log", "which makes system calls many times slower, sees nothing but their names, and lets a copy go without its seccomp profile", func(ctx context.Context) (started, error) {
			if err := b.privileged(); err != nil {
				return started{}, err
			}
			o, err := watch.StartLog(ctx, b.Engine.API, options)
			if err != nil {
				return started{}, err
			}
			return started{changing[*watch.LogWatch]{o.Prepare, o.Watch, ""}, o.Caps(), o.Close}, nil
		}},
	}
}

// privileged is an *observe.RefusedError where no helper can have a privilege over
// the kernel of the engine's host.
func (b *Bench) privileged() error {
	if why := b.Engine.Host.Powerless(); why != "" {
		return &observe.RefusedError{Reason: why, Next: observe.NeedsNoPrivilege}
	}
	return nil
}

// changing is an observer that changes what a copy is created with.
type changing[W clone.Watching] struct {
	prepare func(*container.Config, *container.HostConfig) (*container.Config, *container.HostConfig, error)
	watch   func(context.Context, string) (W, error)
	process string
}

func (o changing[W]) Prepare(c *container.Config, h *container.HostConfig) (*container.Config, *container.HostConfig, error) {
	return o.prepare(c, h)
}

func (o changing[W]) Watch(ctx context.Context, id string) (clone.Watching, error) {
	w, err := o.watch(ctx, id)
	if err != nil {
		return nil, err // not a nil pointer in an interface
	}
	return w, nil
}

func (o changing[W]) Own(command string) bool { return o.process != "" && command == o.process }

// untouched is an observer that leaves copies as they are.
func untouched[W clone.Watching](watch func(context.Context, string) (W, error)) clone.Observer {
	same := func(c *container.Config, h *container.HostConfig) (*container.Config, *container.HostConfig, error) {
		return c, h, nil
	}
	return changing[W]{same, watch, ""}
}

// wanted are the backends to try, in order.
func wanted(all []backend, want Observing) []backend {
	if want == "" || want == ObserveAuto {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(b backend) bool { return b.kind != want })
}

// stepDown says that a backend is not possible here, why, and what is tried
// next, nil for nothing.
func stepDown(from backend, err error, next *backend) string {
	line := fmt.Sprintf("Observing with %s is not possible here: %s.", from.name, strings.TrimSuffix(why(err), "."))
	if next != nil {
		line += fmt.Sprintf(" Next is %s, %s.", next.name, next.cost)
	}
	return line
}

// why is the reason alone, without what RefusedError puts before it.
func why(err error) string {
	var refused *observe.RefusedError
	if errors.As(err, &refused) {
		return inspect.Printable(refused.Reason)
	}
	return inspect.Printable(err.Error())
}

// chosen is a backend that has started.
type chosen struct {
	backend
	started
}

// choose starts the first backend that starts, and says every step down. rest
// are those behind it. Where none starts, the error is an
// *observe.RefusedError with all the reasons.
func choose(ctx context.Context, list []backend, say func(string)) (c chosen, rest []backend, err error) {
	var reasons []string
	hint := ""
	for i, b := range list {
		s, err := b.start(ctx)
		if err == nil {
			return chosen{b, s}, list[i+1:], nil
		}
		if ctx.Err() != nil {
			return chosen{}, nil, ctx.Err()
		}
		var hinted interface{ Hint() string }
		if hint == "" && errors.As(err, &hinted) {
			hint = hinted.Hint()
		}
		var next *backend
		if i+1 < len(list) {
			next = &list[i+1]
			say(stepDown(b, err, next))
		}
		reasons = append(reasons, fmt.Sprintf("%s: %s", b.name, strings.TrimSuffix(why(err), ".")))
	}
	if hint == "" {
		hint = "`bulkhead doctor` says what this machine and its engine lack."
	}
	return chosen{}, nil, &observe.RefusedError{Reason: strings.Join(reasons, "; "), Next: hint}
}

// watchman starts an observer for the attempt, which closes it, and says how
// copies are watched. Without one, which is said, trials go on.
//
// Trials are watched with eBPF or not at all: a verdict counts only of a copy in
// which nothing was changed but the plan. ptrace puts itself before the copy's
// program, slows it down many times and adds to its peaks; the log replaces the
// seccomp profile that is to be tried. Neither sees capability checks, which is
// what a search asks an observer for, so that a run of their own would teach it
// nothing. Where a person asks for one of them, such a run comes before the
// search, and what it saw is kept for those who ask for observations.
func (b *Bench) watchman(ctx context.Context, a *Attempt, image string, note func(string)) (*clone.Watchman, string, error) {
	switch want := b.Trials.Observe; {
	case want == ObserveNever:
		return nil, "Copies were not watched, as you asked.", nil
	case want == ObservePtrace || want == ObserveLog:
		return nil, "Trials went unwatched; one copy beside them was watched, as you asked, and is kept for `bulkhead observe`.", nil
	case image == "":
		return nil, "Copies were not watched: the observer's helper cannot run in this engine.", nil
	}
	c, _, err := choose(ctx, wanted(b.backends(image), ObserveEBPF), note)
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	if err != nil {
		return nil, fmt.Sprintf("Copies were not watched: %s. Other observers see no capability checks and change what is tried; --observe ptrace lets one look at a copy of its own.",
			strings.TrimSuffix(why(err), ".")), nil
	}
	a.close = append(a.close, c.close)
	return &clone.Watchman{Observer: c.observer, Most: b.parallel(), Note: note}, "An observer watches copies with eBPF." + b.holding(c.caps), nil
}
