package bpf

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"

	"bulkhead/inspect/observe"
)

// tracepoints are the raw tracepoints in the order in which they are attached:
// what follows tasks stands before what finds them. cap_capable is attached
// apart, as older kernels lack it.
var tracepoints = []string{
	"sys_enter", "sys_exit", "sched_process_exit", "sched_process_exec", "sched_process_fork", "cgroup_attach_task",
}

const (
	capabilityTracepoint = "cap_capable"
	capabilityFunction   = "cap_capable_exit"
)

// checkpoints are where a kernel tells of capability checks: at a raw tracepoint,
// and by the end of a function on kernels that lack it.
type checkpoints struct{ tracepoint, function string }

var capabilityChecks = checkpoints{"cap_capable", "cap_capable"}

// programSpecs assembles all programs for the container whose cgroup has one of
// the names; live is for one that runs already.
func programSpecs(types *btf.Spec, a arch, names []string, live bool) (map[string]*ebpf.ProgramSpec, error) {
	l := &layout{spec: types}
	specs := map[string]*ebpf.ProgramSpec{}
	spec := func(name string, write ...func(c *code)) {
		c := &code{layout: l}
		for _, w := range write {
			w(c)
		}
		// bpf_probe_read_kernel is there for programs under the GPL only.
		specs[name] = &ebpf.ProgramSpec{Name: name, Type: ebpf.RawTracepoint, Instructions: c.ins, License: "GPL"}
	}
	if live {
		spec("sys_enter", func(c *code) { sysEnter(c, a, names) }, recordArguments, walk)
	} else {
		spec("sys_enter", func(c *code) { sysEnter(c, a, nil) }, recordArguments)
	}
	spec("sys_exit", func(c *code) { sysExit(c, a) }, recordArguments, recordOpened, recordPath, walk)
	spec("sched_process_exit", func(c *code) { schedExit(c, names) })
	spec("sched_process_exec", func(c *code) { schedExec(c, names) }, walk)
	spec("sched_process_fork", func(c *code) { schedFork(c, names) })
	spec("cgroup_attach_task", func(c *code) { cgroupAttach(c, names) })
	spec(capabilityTracepoint, capCapable)
	spec(capabilityFunction, capCapableExit)
	specs[capabilityFunction].Type, specs[capabilityFunction].AttachType = ebpf.Tracing, ebpf.AttachTraceFExit
	if l.err != nil {
		return nil, &observe.RefusedError{Reason: "this kernel keeps its fields elsewhere than bulkhead expects: " + l.err.Error(),
			Next: "Report it with the kernel's release; until then, trials search without observation."}
	}
	return specs, nil
}

// kernel is what is loaded and attached.
type kernel struct {
	*ebpf.Collection
	specs map[string]*ebpf.ProgramSpec
	links []link.Link
}

// load puts the maps and the programs that are always needed into the kernel.
func load(specs map[string]*ebpf.ProgramSpec, b bounds) (*kernel, error) {
	wanted := map[string]*ebpf.ProgramSpec{}
	for _, name := range append([]string{capabilityTracepoint}, tracepoints...) {
		wanted[name] = specs[name]
	}
	coll, err := ebpf.NewCollection(&ebpf.CollectionSpec{Maps: mapSpecs(b), Programs: wanted})
	if err != nil {
		return nil, refusal("load the observing programs", err)
	}
	return &kernel{Collection: coll, specs: specs}, nil
}

// further loads one more program over the same maps. The caller closes it.
func (k *kernel) further(name string) (*ebpf.Program, error) {
	spec := k.specs[name].Copy()
	references := spec.Instructions.ReferenceOffsets()
	for m, loaded := range k.Maps {
		if len(references[m]) == 0 {
			continue
		}
		if err := spec.Instructions.AssociateMap(m, loaded); err != nil {
			return nil, err
		}
	}
	return ebpf.NewProgram(spec)
}

// attach attaches the tracepoints.
func (k *kernel) attach() error {
	for _, name := range tracepoints {
		if err := k.attachTo(name, k.Programs[name]); err != nil {
			return refusal("attach to tracepoint "+name, err)
		}
	}
	return nil
}

func (k *kernel) attachTo(name string, program *ebpf.Program) error {
	l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: name, Program: program})
	if err == nil {
		k.links = append(k.links, l)
	}
	return err
}

// attachCapabilities attaches to the tracepoint, or to the function on kernels
// that lack it.
func (k *kernel) attachCapabilities(at checkpoints) error {
	err := k.attachTo(at.tracepoint, k.Programs[capabilityTracepoint])
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return k.attachCapabilityFunction(at.function)
}

func (k *kernel) attachCapabilityFunction(function string) error {
	k.specs[capabilityFunction].AttachTo = function
	program, err := k.further(capabilityFunction)
	if err != nil {
		return err
	}
	defer program.Close()
	l, err := link.AttachTracing(link.TracingOptions{Program: program})
	if err == nil {
		k.links = append(k.links, l)
	}
	return err
}

// detach ends the watching; the maps stay.
func (k *kernel) detach() error {
	var errs []error
	for _, l := range k.links {
		errs = append(errs, l.Close())
	}
	k.links = nil
	return errors.Join(errs...)
}

func (k *kernel) close() error {
	err := k.detach()
	k.Collection.Close()
	return err
}

// refusal says in words what the kernel refused and what can be done.
func refusal(what string, err error) error {
	refused := &observe.RefusedError{Reason: fmt.Sprintf("the kernel did not %s: %v", what, err), Err: err}
	switch {
	case errors.Is(err, fs.ErrPermission):
		refused.Next = "Observing needs a helper with CAP_SYS_ADMIN on an engine that is not rootless, and a kernel without lockdown; see `bulkhead doctor`."
	case errors.Is(err, ebpf.ErrNotSupported):
		refused.Next = "Observing needs Linux 5.11 or newer; see `bulkhead doctor`."
	default:
		refused.Next = "See `bulkhead doctor` for what this kernel offers."
	}
	return refused
}
