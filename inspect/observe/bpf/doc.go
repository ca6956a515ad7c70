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
//
// What is easily got wrong, and the test that holds each:
//
//   - The container's cgroup has its name from cgroupfs or from systemd, in
//     either version, also inside another container: TestTheNamesOfCgroups.
//   - Processes are born into cgroups (v2) or moved, once in each hierarchy (v1):
//     TestActsAreRecognised, TestNothingIsLostAgainstStrace.
//   - They leave it, delete it, or come back in a new one:
//     TestLeavingTheCgroupHidesNothing, TestARestartIsFollowedWhileRunning.
//   - runc executes itself again before the application:
//     TestTheRuntimeIsNotTheApplication, TestARuntimeAloneNeverBegan.
//   - A call that seccomp answers shows only at its end: TestAContainerIsObserved.
//   - Numbers of 32-bit calls mean other calls: TestActsAreRecognised.
//   - Overlay filesystems check with their mounter's credentials:
//     TestBorrowedCredentialsDoNotCount.
//   - A check that fails need not fail the call: TestADenialWithoutAnErrorIsNone.
//   - FSETID is missed without an error, SETPCAP is asked for in vain:
//     TestCapabilitiesAreRecognised, TestPredict.
//   - Files demand capabilities without a check:
//     TestFileCapsOfWhatWasExecutedOrRefused.
//   - O_CREAT is gone from an open file's flags, and links lead elsewhere:
//     TestActsAreRecognised.
//   - Mounts hide the paths above them: TestPathsOnMountsAreTheContainers.
//   - The assembler writes all atomic operations as additions:
//     TestNoAtomicButAddition.
//   - What is done through io_uring is not seen: TestActsAreRecognised,
//     TestDoubts.
//   - Buffers and maps are bounded, what is lost is counted: TestLossesAreCounted,
//     TestACollectorIsBounded, TestExecutionsAsFastAsCanBe.
//   - The tracepoint of capability checks, or its function, may be missing:
//     TestKernelsWithoutTheTracepointOfCapabilities.
//   - Types, privilege or fields may be missing:
//     TestWithoutTypeInformationItIsRefused, TestAKernelWithOtherFieldsIsRefused,
//     TestRefusalsSayWhatToDo, TestWithoutThePrivilegeObservingIsRefused.
package bpf
