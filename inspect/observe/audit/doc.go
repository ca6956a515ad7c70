// Package audit observes a copy by what the kernel logs of it, where neither
// eBPF nor ptrace is to be had: the copy gets a seccomp profile that has every
// system call logged (seccomp(2), SECCOMP_RET_LOG), and a helper reads the
// kernel's audit records from their netlink multicast group. The helper needs
// CAP_AUDIT_READ and the host's network namespace, the only one the kernel sends
// them in (kernel/audit.c, kauditd_send_multicast_skb, Linux 6.12).
//
// It yields which system calls were made, in which phase, and nothing else: no
// results, no files, no sockets, no capability checks. The profile takes the
// place of the copy's own, so calls that its own would answer are let through,
// but for clone3, which the engine's default profile answers with ENOSYS: glibc
// then takes another way, and what is seen should be that one.
//
// Records name processes by the host's PIDs. Those that the engine was seen to
// list as the copy's are the copy's; a process that ended between two looks is
// listed nowhere. Its records are *assumed* to be the copy's where nothing else
// on the host logged before the copy was started, and else are counted as lost.
// Records carry serial numbers, one for each event of the host; what is missing
// among them is counted as lost, too, whosever it was.
package audit
