package observe

import (
	"slices"

	"bulkhead/inspect"
)

// Phase is a part of a container's life.
type Phase string

// The phases, in the order of a life. The zero phase of a watch is Runtime.
const (
	// Runtime is the container runtime at work inside the container before the
	// application begins: at the first exec of a file that is not under
	// /dev/fd or /proc/self, through which runc executes itself again. It is
	// told by what happens, nobody marks it.
	Runtime Phase = "runtime"
	// Confined is what is left of that once the runtime is under the
	// container's seccomp profile: a profile must allow it, or nothing starts.
	Confined Phase = "confined"
	// Start is from the application's beginning until it is ready.
	Start Phase = "start"
	// Ready is from readiness until someone lets it work.
	Ready Phase = "ready"
	// Exercise is while it is made to do its work.
	Exercise Phase = "exercise"
	// Restart is the second start, on what the first one left.
	Restart Phase = "restart"
	// Stop is from the request to stop until the last process is gone.
	Stop Phase = "stop"
)

// Phases are all phases, in the order of a life.
var Phases = []Phase{Runtime, Confined, Start, Ready, Exercise, Restart, Stop}

// Observation is what one run of a container did, or several runs merged. All
// lists are sorted. Only Syscalls counts the runtime: what else it
// does there concerns the host. User and group IDs are those of the container's
// user namespace, by which images, plans and mounts count too.
type Observation struct {
	// Runs is how many recordings are in it.
	Runs int `json:"runs"`
	// Arch is the machine's architecture in Go's words, Kernel its release.
	Arch   string `json:"arch"`
	Kernel string `json:"kernel"`
	// Began says that the application was seen to begin. Where it is false and
	// Live is too, the container never got beyond its runtime.
	Began bool `json:"began"`
	// Live says that the container ran already: its start was not seen.
	Live bool `json:"live"`

	Checks     []Check     `json:"checks"`
	Syscalls   []Syscall   `json:"syscalls"`
	Arguments  []Arguments `json:"arguments"`
	Executions []Execution `json:"executions"`
	Identities []Identity  `json:"identities"`
	Files      []File      `json:"files"`
	Mounts     []Mount     `json:"mounts"`
	Sockets    []Socket    `json:"sockets"`
	Signals    []Signal    `json:"signals"`
	// FileCaps are the capabilities that executed files demand: without them in
	// the container's bounding set the execution fails, though no check is made.
	FileCaps []FileCap `json:"fileCaps"`
	Peaks    Peaks     `json:"peaks"`

	// Curve is how much had been seen in the course of the run, of several runs the
	// last one's.
	Curve []Moment `json:"curve,omitempty"`

	// Compat says that 32-bit system calls were made: they are counted, but
	// their files and sockets are not followed.
	Compat bool `json:"compat"`
	// IOURing says that io_uring was set up: what is done through it is not
	// seen.
	IOURing bool `json:"ioUring"`
	// Unseen is what could not be watched at all.
	Unseen []Gap `json:"unseen"`
	Lost   Lost  `json:"lost"`
}

// Aspect is something an observation may lack as a whole.
type Aspect string

// The aspects.
const (
	Capabilities Aspect = "capabilities"
	// Beginning is what the container did before the watch began.
	Beginning Aspect = "beginning"
	// FileCapabilities are those of the executed files.
	FileCapabilities Aspect = "file capabilities"
	// Filters is which calls a seccomp profile answered: Filtered is not known.
	Filters Aspect = "filters"
	// Elevation is what programs do that get privileges by being executed.
	Elevation Aspect = "elevation"
	// Details are what calls were about and what came of them: files, sockets,
	// signals, executions, users, errors.
	Details Aspect = "details"
	// Attribution is whether what was seen is the container's.
	Attribution Aspect = "attribution"
	// Mounted is what the container's mounts are.
	Mounted Aspect = "mounts"
	// Others are processes of the container that were not followed.
	Others Aspect = "other processes"
)

// Misses says that the aspect could not be watched, at least in one of the runs:
// that nothing of it was seen means nothing then.
func (o Observation) Misses(a Aspect) bool {
	return slices.ContainsFunc(o.Unseen, func(g Gap) bool { return g.Aspect == a })
}

// Gap is an aspect that could not be watched, and why.
type Gap struct {
	Aspect Aspect `json:"aspect"`
	Reason string `json:"reason"`
}

// Lost counts what happened and was not recorded, because a bounded buffer or
// table was full or memory could not be read.
type Lost struct {
	// Events are files, executions.
	Events uint64 `json:"events"`
	// Tasks are processes and threads that were not followed.
	Tasks uint64 `json:"tasks"`
	// Checks are capability checks, sockets, signals and changes of identity.
	Checks uint64 `json:"checks"`
	// Paths are file names that could not be read from the caller's memory.
	Paths uint64 `json:"paths"`
	// Entries are paths and executions beyond what an Observation holds.
	Entries uint64 `json:"entries"`
	// Addresses are uses of sockets of which only family and port are known.
	Addresses uint64 `json:"addresses"`
}

// Any says whether something was lost.
func (l Lost) Any() bool { return l != Lost{} }

// Outcome is how a capability check ended.
type Outcome string

// The outcomes of a check.
const (
	// Granted: the process held the capability and the kernel asked for it.
	Granted Outcome = "granted"
	// Denied: it did not hold it, and that very system call failed with EPERM
	// or EACCES. Where a call asked for several capabilities each is listed.
	Denied Outcome = "denied"
	// Silent: it did not hold it and the call went on without an error, doing
	// less: only FSETID, without which setgid bits are cleared.
	Silent Outcome = "silent"
)

// Check is a capability that the kernel asked a process of the container for,
// by the process's own credentials: those that overlay filesystems borrow are
// not counted.
type Check struct {
	// Capability is named without CAP_; one that has no name here is CAP_<n>.
	Capability string  `json:"capability"`
	Outcome    Outcome `json:"outcome"`
	// Syscall is empty outside of a system call.
	Syscall string `json:"syscall"`
	// Executable is the path in the container, "" where it is unknown.
	Executable string `json:"executable"`
	// UID is the effective user ID.
	UID   uint32 `json:"uid"`
	Phase Phase  `json:"phase"`
	Count uint64 `json:"count"`
	// Arguments are the first three of the first such call, where they mean
	// something without the caller's memory; else it is empty.
	Arguments []uint64 `json:"arguments,omitempty"`
}

// Syscall counts one system call in one phase.
type Syscall struct {
	// Name is the kernel's; a number without a name here is syscall_<n>.
	Name   string `json:"name"`
	Phase  Phase  `json:"phase"`
	Compat bool   `json:"compat,omitempty"`
	// Count is all calls, Denied those of them that ended in EPERM or EACCES,
	// Filtered those that never reached the kernel's own code: a seccomp
	// profile answered them.
	Count    uint64 `json:"count"`
	Denied   uint64 `json:"denied,omitempty"`
	Filtered uint64 `json:"filtered,omitempty"`
}

// Arguments counts the calls of one system call in one phase that were given the
// same values where published seccomp profiles look at them: which those are,
// package syscalls says. A call may be made with other values when Any is set
// for it, so CallsWith tells whether a list is whole.
type Arguments struct {
	Syscall string     `json:"syscall"`
	Phase   Phase      `json:"phase"`
	Compat  bool       `json:"compat,omitempty"`
	Values  []Argument `json:"values,omitempty"`
	Count   uint64     `json:"count"`
	// Any says that the values of these calls are not known, as there were too
	// many different ones, they could not be read, or the calls were of 32 bits.
	Any bool `json:"any,omitempty"`
}

// Argument is one value.
type Argument struct {
	// Index is the argument's place, the first is 0.
	Index int `json:"index"`
	// Value is all 64 bits of the register, as a seccomp filter compares them.
	Value uint64 `json:"value"`
	// Memory says that the argument points to Value, which is the first word
	// there: no filter sees it, and it may have changed before the kernel read
	// it. So it is with clone3.
	Memory bool `json:"memory,omitempty"`
}

// CallsWith are the values that a system call was given in any phase but
// Runtime, each once, with the counts of all phases; whole is false where there
// were others as well, so that a profile must not go by the list.
func (o Observation) CallsWith(name string) (list []Arguments, whole bool) {
	whole = true
	at := map[argumentsID]int{}
	for _, a := range o.Arguments {
		if a.Syscall != name || a.Phase == Runtime {
			continue
		}
		whole = whole && !a.Any
		a.Phase = ""
		if i, known := at[argumentsKey(a)]; known {
			list[i].Count += a.Count
		} else if !a.Any {
			at[argumentsKey(a)] = len(list)
			list = append(list, a)
		}
	}
	return list, whole
}

// Execution counts the executions of one file by one user.
type Execution struct {
	// Path is the program that ran: for a script its interpreter. Named is
	// what was asked for: for a script the script.
	Path  string `json:"path"`
	Named string `json:"named"`
	// UID is the effective user after the execution, From the one before. They
	// differ where a setuid program was executed.
	UID   uint32 `json:"uid"`
	From  uint32 `json:"from"`
	Phase Phase  `json:"phase"`
	Count uint64 `json:"count"`
	// Cut says that a path is not whole.
	Cut bool `json:"cut,omitempty"`
}

// FileCap is the capability set of an executable file (security.capability).
type FileCap struct {
	Path string `json:"path"`
	// Caps are those that the file brings along.
	Caps inspect.CapSet `json:"caps"`
	// Effective says that the kernel refuses to execute the file where one of
	// Caps is missing (capabilities(7), "capability-dumb binary").
	Effective bool `json:"effective"`
}

// Identity is a user and group that a process of the container became by
// itself, as gosu or a server's worker does.
type Identity struct {
	Executable string `json:"executable"`
	UID        uint32 `json:"uid"`
	GID        uint32 `json:"gid"`
	Phase      Phase  `json:"phase"`
	Count      uint64 `json:"count"`
}

// Access is what was done with a file.
type Access string

// The kinds of access.
const (
	Read    Access = "read"
	Written Access = "written"
	Created Access = "created"
	Removed Access = "removed"
	// Changed is the change of an owner, a mode, a time or an extended
	// attribute.
	Changed Access = "changed"
	// Executed is also said of a script, whose interpreter is executed as well.
	Executed Access = "executed"
	// Mapped is the mapping of a file so that its code can run, as of a shared
	// library. The interpreter of a program (ld.so), which the kernel maps
	// itself, and what is made executable only later, are not seen.
	Mapped Access = "mapped"
	// Locked is a lock by flock(2) or fcntl(2), or that one was given back.
	Locked Access = "locked"
)

// Writes says that the access needs the file's filesystem to be writable.
func (a Access) Writes() bool {
	return a == Written || a == Created || a == Removed || a == Changed
}

// Runs says that the access needs a mount without noexec.
func (a Access) Runs() bool { return a == Executed || a == Mapped }

// File is one file that was opened, created, removed, changed or executed.
type File struct {
	// Path is the one in the container's view. It is resolved, but for those
	// that are only Named, which were taken from the caller's argument: a
	// symbolic link in them is not followed.
	Path string `json:"path"`
	// Kind is "file", "directory", "character device", "block device", "pipe"
	// or "socket", empty where it is not known.
	Kind   string   `json:"kind,omitempty"`
	Access []Access `json:"access"`
	// Refused are the errors, EPERM, EACCES and EROFS, that an access to it
	// met. Access names only what succeeded.
	Refused []string `json:"refused,omitempty"`
	Phases  []Phase  `json:"phases"`
	// Mount is the point of the mount that it lies on, "" where that is not
	// known. See Mounts.
	Mount string `json:"mount,omitempty"`
	// Owner is what the file had when it was first seen, Directory what the
	// directory that holds it had; nil where it was not looked at.
	Owner     *Owner `json:"owner,omitempty"`
	Directory *Owner `json:"directory,omitempty"`
	// Writers are the effective users that wrote, created, changed or removed
	// it.
	Writers []uint32 `json:"writers,omitempty"`
	Named   bool     `json:"named,omitempty"`
	// Cut says that the path is not whole: its beginning is missing.
	Cut bool `json:"cut,omitempty"`
}

// Owner says whose a file is.
type Owner struct {
	UID uint32 `json:"uid"`
	GID uint32 `json:"gid"`
	// Mode are the twelve bits of chmod(2).
	Mode uint32 `json:"mode"`
}

// Mount is a mount that files were seen on, or that the engine knows of.
type Mount struct {
	// Point is the path in the container's view, "/" for the root filesystem.
	Point string `json:"point"`
	// Type is the filesystem's, as "overlay", "tmpfs", "ext4"; "" where nothing
	// on it was seen.
	Type string    `json:"type,omitempty"`
	Kind MountKind `json:"kind"`
	// Volume is the name of a named volume.
	Volume   string `json:"volume,omitempty"`
	ReadOnly bool   `json:"readOnly,omitempty"`
	NoExec   bool   `json:"noExec,omitempty"`
}

// MountKind says where a mount comes from.
type MountKind string

// The kinds of mounts.
const (
	// RootMount is the container's root filesystem.
	RootMount MountKind = "root"
	// VolumeMount, BindMount and TmpfsMount are in the container's settings.
	VolumeMount MountKind = "volume"
	BindMount   MountKind = "bind"
	TmpfsMount  MountKind = "tmpfs"
	// EngineMount is what the engine brings along: /proc, /sys, /dev and what
	// lies in it, and the files that make names known.
	EngineMount MountKind = "engine"
	// OtherMount is none of these, or it is not known which.
	OtherMount MountKind = "other"
)

// Scope says whom an address reaches, or from where it can be reached.
type Scope string

// The scopes of an address.
const (
	// Anywhere is the address of bind and listen that stands for all of the
	// machine's own.
	Anywhere Scope = "any"
	Loopback Scope = "loopback"
	// Beyond is any other.
	Beyond Scope = "other"
)

// Socket counts the attempts at one kind of use of sockets.
type Socket struct {
	// Operation is the system call: socket, bind, listen, connect.
	Operation string `json:"operation"`
	// Family is the kernel's name in lower case, as "inet", "inet6", "unix",
	// "netlink", "packet"; a number where it has no name here.
	Family string `json:"family"`
	// Type is "stream", "dgram", "raw", "seqpacket", known for socket and
	// listen.
	Type string `json:"type,omitempty"`
	// Port is the local one of bind and listen, the other side's of connect; 0
	// where there is none.
	Port uint16 `json:"port,omitempty"`
	// Address is what bind and connect were given: an IP address, the path of a
	// unix socket as it was named, or "@" and the name of an abstract one. Of
	// more addresses than are kept there is only the family and the port.
	Address string `json:"address,omitempty"`
	// Scope is that of an IP address, known for listen as well.
	Scope      Scope  `json:"scope,omitempty"`
	Executable string `json:"executable"`
	Phase      Phase  `json:"phase"`
	Count      uint64 `json:"count"`
	// Refused says that these ended in EPERM or EACCES.
	Refused bool `json:"refused,omitempty"`
}

// Peaks are the most that the container used at once, what the runtime used to
// set it up included. 0 is not known. Each is the larger of what its sources
// say: the observing programs, and the engine's statistics, which it takes once
// a second. Of memory and processors nothing is said of a container that was
// traced with ptrace: its tracer counts among them.
type Peaks struct {
	// Memory is in bytes, page cache included, as a limit counts it: the peak
	// that the kernel keeps for the container's memory cgroup, read when a
	// process of it executes or ends, and by the engine on cgroup v1; else the
	// largest of the samples.
	Memory uint64 `json:"memory,omitempty"`
	// Processes counts threads, as the limit of processes does: of every birth
	// and end, or the largest of the samples.
	Processes uint64 `json:"processes,omitempty"`
	// OpenFiles is one above the highest file descriptor that a call returned,
	// which is what RLIMIT_NOFILE bounds (getrlimit(2)).
	OpenFiles uint64 `json:"openFiles,omitempty"`
	// CPUs is how many processors it kept busy over one second, the most of all
	// samples: shorter peaks are flattened.
	CPUs float64 `json:"cpus,omitempty"`
}

// Max is the larger of each.
func (p Peaks) Max(o Peaks) Peaks {
	return Peaks{
		Memory: max(p.Memory, o.Memory), Processes: max(p.Processes, o.Processes), OpenFiles: max(p.OpenFiles, o.OpenFiles), CPUs: max(p.CPUs, o.CPUs),
	}
}

// Signal counts the signals that processes of the container sent.
type Signal struct {
	Number     int    `json:"number"`
	Executable string `json:"executable"`
	Phase      Phase  `json:"phase"`
	Count      uint64 `json:"count"`
}
