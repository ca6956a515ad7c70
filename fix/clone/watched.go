package clone

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
	"bulkhead/inspect/observe"
)

// Observer is a way to have copies watched. Its methods are called from several
// goroutines.
type Observer interface {
	// Prepare returns the settings of a copy that can be watched, made of those
	// it is to have; the ones passed stay as they are.
	Prepare(config *container.Config, host *container.HostConfig) (*container.Config, *container.HostConfig, error)
	// Watch watches the created copy from before its start.
	Watch(ctx context.Context, id string) (Watching, error)
	// Own says that a process of the copy with this name is the observer's.
	Own(command string) bool
}

// Watching is one container under observation.
type Watching interface {
	Phase(ctx context.Context, p observe.Phase) error
	// Stop ends it; the container must still be there.
	Stop(ctx context.Context) (observe.Observation, error)
}

// Watchman has copies watched, several at a time. A watchman that fails is said
// once and watches no more; it never fails a run.
type Watchman struct {
	Observer Observer
	// Most is how many copies are watched at a time: what comes beyond them goes
	// unwatched.
	Most int
	// Note is told why nothing is watched any more.
	Note func(string)
	// Keep, where it is set, gets the observation of every baseline that lived its
	// whole life.
	Keep func(observe.Observation) error
	// Progress, where it is set, is told how far the watch of a baseline has come.
	Progress func(observe.Phase, observe.Moment)

	mu      sync.Mutex // guards what follows
	watched int        // copies that are reserved for
	lost    error
}

// Failed says why nothing is watched any more, nil where copies still are.
func (w *Watchman) Failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost
}

// watches says that baselines are watched, also where one of them is not.
func (w *Watchman) watches() bool { return w != nil && w.Failed() == nil }

// underWatch is a copy that is watched; nil for one that is not.
type underWatch struct {
	man      *Watchman
	watching Watching // nil until the copy has been created
	baseline bool
	// original are the mounts of what the copy is one of.
	original []container.MountPoint
	// mounts are what the observer mounts into the copy.
	mounts []string
	pulse  *pulse
}

// reserve decides whether the copy of a step is watched, before it is created:
// where the step asks for it. What is reserved has to be ended.
func (w *Watchman) reserve(ctx context.Context, step trial.Step, original []container.MountPoint) *underWatch {
	if w == nil || !step.Watch || ctx.Err() != nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lost != nil || w.watched >= w.Most {
		return nil
	}
	w.watched++
	return &underWatch{man: w, baseline: step.Baseline, original: original}
}

// free gives back what reserve took.
func (w *Watchman) free() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watched--
}

// prepare changes what the copy is created with, where its observer needs that.
func (u *underWatch) prepare(config *container.Config, host *container.HostConfig) (*container.Config, *container.HostConfig) {
	if u == nil {
		return config, host
	}
	c, h, err := u.man.Observer.Prepare(config, host)
	if err != nil {
		u.man.fail(err)
		return config, host
	}
	for _, m := range h.Mounts {
		if !slices.ContainsFunc(host.Mounts, func(other mount.Mount) bool { return other.Target == m.Target }) {
			u.mounts = append(u.mounts, m.Target)
		}
	}
	return c, h
}

// watch watches the copy that was created.
func (u *underWatch) watch(ctx context.Context, id string) {
	if u == nil || u.man.Failed() != nil {
		return
	}
	// Cut off in the middle of an answer, the observer would be of no more use.
	ctx, cancel := uncut(ctx)
	defer cancel()
	watching, err := u.man.Observer.Watch(ctx, id)
	if err != nil {
		u.man.fail(err)
		return
	}
	u.watching = watching
	if peeker, ok := watching.(Peeker); ok && u.baseline {
		u.pulse = beat(ctx, peeker, u.man.Progress)
	}
}

// foreign drops the processes that are the observer's.
func (u *underWatch) foreign(list []health.Identity) []health.Identity {
	if u == nil {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(i health.Identity) bool { return u.man.Observer.Own(i.Command) })
}

// targets are the paths that the observer has something mounted on.
func (u *underWatch) targets() []string {
	if u == nil {
		return nil
	}
	return u.mounts
}

// theirs are the mounts that were seen, as the person's workload calls them: what
// stands in for a volume or a directory of theirs has its name, and what is the
// observer's is left out.
func (u *underWatch) theirs(seen []observe.Mount) []observe.Mount {
	var out []observe.Mount
	for _, m := range seen {
		if slices.Contains(u.mounts, m.Point) {
			continue
		}
		if m.Kind == observe.VolumeMount {
			m.Volume = ""
			if i := slices.IndexFunc(u.original, mountedOn(m.Point)); i >= 0 {
				switch of := u.original[i]; {
				case of.Type == mount.TypeBind:
					m.Kind = observe.BindMount
				case !inspect.MadeUp(of.Name):
					m.Volume = of.Name
				}
			}
		}
		out = append(out, m)
	}
	return out
}

// fail gives up watching.
func (w *Watchman) fail(err error) {
	w.mu.Lock()
	first := w.lost == nil
	if first {
		w.lost = err
	}
	w.mu.Unlock()
	if first {
		w.Note(fmt.Sprintf("Copies are watched no more: %s.", inspect.Printable(err.Error())))
	}
}

func (u *underWatch) phase(ctx context.Context, p observe.Phase) {
	if u == nil || u.watching == nil || u.man.Failed() != nil {
		return
	}
	ctx, cancel := uncut(ctx)
	defer cancel()
	if err := u.watching.Phase(ctx, p); err != nil {
		u.man.fail(err)
		return
	}
	u.pulse.enter(p)
}

// end ends the watch, also after ctx has ended, and says what was seen; whole
// says that the copy has lived its whole life.
func (u *underWatch) end(ctx context.Context, whole bool) *observe.Observation {
	if u == nil {
		return nil
	}
	defer u.man.free()
	if u.watching == nil {
		return nil
	}
	u.pulse.end()
	ctx, cancel := uncut(ctx)
	defer cancel()
	seen, err := u.watching.Stop(ctx)
	if u.man.Failed() != nil {
		return nil
	}
	if err != nil {
		u.man.fail(err)
		return nil
	}
	seen.Mounts = u.theirs(seen.Mounts)
	if u.baseline && whole && u.man.Keep != nil {
		if err := u.man.Keep(seen); err != nil {
			u.man.Note(inspect.Printable(err.Error()) + ".")
		}
	}
	return &seen
}
