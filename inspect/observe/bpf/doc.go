// Package bpf watches one container in the kernel with eBPF programs and makes
// an observe.Observation of what they saw. It runs inside the helper container;
// of privileges it needs CAP_SYS_ADMIN and nothing else: no host namespace, no
// mount of bpffs or tracefs.
//
// The programs are assembled here, instruction by instruction, so no compiler
// is needed; where the kernel keeps its fields comes from its own type
// information (/sys/kernel/btf/vmlinux). They are attached to raw tracepoints,
// only read, write to nothing but their own maps, and are gone with the process
// that loaded them, however it ends.
//
// Which processes belong to the container is told by the name of the cgroup
// they are put into, before the container's first instruction, so only its ID
// has to be known. Every map is bounded; what does not fit is counted.
//
// Needed are Linux 5.11 or newer and amd64 or arm64. Where the kernel has no
// tracepoint for capability checks (before 6.14), its function is traced, and
// where that is not possible either, the observation says so.
package bpf
