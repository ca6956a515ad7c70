package bpf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"bulkhead/inspect/observe"
)

// Recorder records one container.
type Recorder struct {
	kernel *kernel
	checks checkpoints
	arch   arch
	live   bool
	unseen []observe.Gap
	ring   *ringbuf.Reader
	// done gets one error, or nil, when reading has ended.
	done    chan error
	reading sync.WaitGroup
	began   time.Time

	mu     sync.Mutex
	record *record
	curve  []observe.Moment
}

// wholeID is what the engine calls a container: 64 hexadecimal digits.
var wholeID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Open watches the container with the ID, all 64 digits of it, from here on: a
// container that is yet to be started from its first instruction, its runtime's
// included; with live set also the processes it already has. The error may be
// an *observe.RefusedError. The caller closes the recorder.
func Open(id string, live bool) (*Recorder, error) {
	return open(id, live, btf.LoadKernelSpec)
}

func open(id string, live bool, types func() (*btf.Spec, error)) (*Recorder, error) {
	if !wholeID.MatchString(id) {
		return nil, fmt.Errorf("watching container %q: not a whole container ID", id)
	}
	// cgroupfs names the container's cgroup by its ID, systemd by a scope.
	return watch([]string{id, "docker-" + id + ".scope"}, live, standard, capabilityChecks, types)
}

// watch watches the cgroups with these names.
func watch(names []string, live bool, b bounds, at checkpoints, types func() (*btf.Spec, error)) (*Recorder, error) {
	a, ok := archOf(runtime.GOARCH)
	if !ok {
		return nil, &observe.RefusedError{Reason: "bulkhead knows no system calls of " + runtime.GOARCH,
			Next: "Observe on amd64 or arm64; elsewhere, trials search without observation."}
	}
	spec, err := types()
	if err != nil {
		return nil, &observe.RefusedError{Reason: "the kernel does not say where it keeps its fields: " + err.Error(),
			Next: "Use a kernel with CONFIG_DEBUG_INFO_BTF, which has /sys/kernel/btf/vmlinux; see `bulkhead doctor`.", Err: err}
	}
	specs, err := programSpecs(spec, a, names, live)
	if err != nil {
		return nil, err
	}
	k, err := load(specs, b)
	if err != nil {
		return nil, err
	}
	r := &Recorder{kernel: k, checks: at, arch: a, live: live, record: newRecord(a.native), began: time.Now(), done: make(chan error, 1)}
	if err := r.start(); err != nil {
		return nil, errors.Join(err, k.close())
	}
	return r, nil
}

// start attaches the programs and reads their events.
func (r *Recorder) start() error {
	if err := r.kernel.prepare(r.arch); err != nil {
		return err
	}
	ring, err := ringbuf.NewReader(r.kernel.Maps["events"])
	if err != nil {
		return refusal("map the ring of events", err)
	}
	r.ring = ring
	if err := r.watchAll(); err != nil {
		return errors.Join(err, ring.Close())
	}
	r.reading.Go(r.read)
	return nil
}

func (r *Recorder) watchAll() error {
	if r.live {
		r.unseen = append(r.unseen, observe.Gap{Aspect: observe.Beginning, Reason: "the container ran already when the watch began"})
		if err := r.Phase(observe.Ready); err != nil {
			return err
		}
	}
	if err := r.kernel.attach(); err != nil {
		return err
	}
	if err := r.kernel.attachCapabilities(r.checks); err != nil {
		r.unseen = append(r.unseen, observe.Gap{Aspect: observe.Capabilities,
			Reason: "this kernel has neither the tracepoint cap_capable nor lets its function be traced: " + err.Error()})
	}
	return nil
}

// read takes events until the recorder is stopped.
func (r *Recorder) read() {
	var entry ringbuf.Record
	for {
		err := r.ring.ReadInto(&entry)
		if errors.Is(err, ringbuf.ErrFlushed) {
			r.done <- nil
			return
		}
		if err != nil {
			r.done <- fmt.Errorf("reading the ring of events: %w", err)
			return
		}
		r.mu.Lock()
		r.record.take(entry.RawSample)
		r.mu.Unlock()
	}
}

// Phase marks the phase that begins now. The runtime's phases cannot be marked.
func (r *Recorder) Phase(p observe.Phase) error {
	n := slices.Index(observe.Phases, p)
	if n < phaseStart {
		return fmt.Errorf("there is no phase %q to mark", p)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	state, err := r.kernel.value("state", stateSize)
	if err != nil {
		return err
	}
	binary.NativeEndian.PutUint32(state[statePhase:], uint32(n))
	if err := r.kernel.Maps["state"].Update(uint32(0), state, ebpf.UpdateAny); err != nil {
		return fmt.Errorf("marking the phase %s: %w", p, err)
	}
	return nil
}

// Peek says how much was seen so far, and puts that into the curve.
func (r *Recorder) Peek() (observe.Moment, error) {
	o, err := r.observation()
	if err != nil {
		return observe.Moment{}, err
	}
	return o.Curve[len(o.Curve)-1], nil
}

// Stop ends the watch and returns what was seen. It can be called once.
func (r *Recorder) Stop() (observe.Observation, error) {
	err := r.kernel.detach()
	if err := errors.Join(err, r.ring.Flush()); err != nil {
		return observe.Observation{}, fmt.Errorf("ending the watch: %w", err)
	}
	if err := <-r.done; err != nil {
		return observe.Observation{}, err
	}
	return r.observation()
}

// observation puts together what was seen so far.
func (r *Recorder) observation() (observe.Observation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := observe.Observation{Runs: 1, Arch: runtime.GOARCH, Kernel: kernelRelease(), Live: r.live, Unseen: r.unseen}
	state, err := r.kernel.value("state", stateSize)
	if err != nil {
		return o, err
	}
	o.Began = word(state[stateUsers:]) != 0
	if o.Syscalls, err = r.kernel.syscalls(r.arch); err != nil {
		return o, err
	}
	r.record.Fill(&o)
	err = errors.Join(r.kernel.tallies(r.arch, r.record.names, &o), r.kernel.arguments(r.arch, &o),
		r.kernel.addresses(r.arch, r.record.names, &o), r.kernel.peaks(&o), r.kernel.losses(&o))
	r.curve = observe.Later(r.curve, o.At(time.Since(r.began)))
	o.Curve = slices.Clone(r.curve)
	return o.WithMounts(), err
}

// Close takes everything out of the kernel.
func (r *Recorder) Close() error {
	err := errors.Join(r.kernel.detach(), r.ring.Close())
	r.reading.Wait()
	return errors.Join(err, r.kernel.close())
}

func kernelRelease() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "unknown"
	}
	release, _, _ := bytes.Cut(name.Release[:], []byte{0})
	return string(release)
}
