package bpf

import "bulkhead/inspect/observe/sysnum"

// arch is what differs between machines.
type arch struct {
	// number is the field with the call's number at sys_exit, which names a
	// call even where a filter refused it.
	number string
	// args are the fields of the first four arguments at sys_enter: of pt_regs,
	// each with a further offset in bytes.
	args [4]argument
	// fifth is that of the fifth.
	fifth argument
	// compatField is the field, and compatMask its bit, that tells a 32-bit
	// call.
	compatField    string
	compatMask     int32
	native, compat sysnum.Table
}

type argument struct {
	field string
	plus  int32
}

// archOf returns what is known of an architecture in Go's words. For amd64:
// TS_COMPAT in arch/x86/include/asm/thread_info.h, for arm64 TIF_32BIT in
// arch/arm64/include/asm/thread_info.h, Linux 6.12.
func archOf(name string) (arch, bool) {
	native, compat, ok := sysnum.For(name)
	a := arch{native: native, compat: compat}
	switch name {
	case "amd64":
		a.number = "pt_regs.orig_ax"
		a.args = [4]argument{{"pt_regs.di", 0}, {"pt_regs.si", 0}, {"pt_regs.dx", 0}, {"pt_regs.r10", 0}}
		a.fifth = argument{"pt_regs.r8", 0}
		a.compatField, a.compatMask = "task_struct.thread_info.status", 1<<1
	case "arm64":
		a.number = "pt_regs.syscallno"
		a.args = [4]argument{{"pt_regs.regs", 0}, {"pt_regs.regs", 8}, {"pt_regs.regs", 16}, {"pt_regs.regs", 24}}
		a.fifth = argument{"pt_regs.regs", 32}
		a.compatField, a.compatMask = "task_struct.thread_info.flags", 1<<22
	}
	return a, ok
}
