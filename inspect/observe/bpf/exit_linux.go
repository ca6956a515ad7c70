package bpf

import (
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"
)

// The errors that say that something was not allowed, as calls return them.
const (
	notPermitted = -1  // EPERM
	noAccess     = -13 // EACCES
	readOnly     = -30 // EROFS
)

// sysExit runs at raw tracepoint sys_exit (regs, ret): it counts what came of
// the call, settles the capabilities that were denied meanwhile, and records what the
// call's class wants. rA is the call's place in counts, rB what it returned.
func sysExit(c *code, a arch) {
	c.add(asm.Mov.Reg(rCtx, asm.R1))
	c.current("out")
	c.add(asm.LoadMem(rA, rTask, taskCall, asm.Word), asm.StoreImm(rTask, taskCall, 0, asm.Word),
		store(asm.RFP, filteredSlot, 0),
		asm.LoadImm(asm.R1, born, asm.DWord), asm.JEq.Reg(rA, asm.R1, "out"),
		asm.JNE.Imm(rA, 0, "entered"))
	c.filtered(a)
	c.label("entered")
	c.add(asm.Sub.Imm(rA, 1))
	c.label("named")
	c.add(asm.And.Imm(rA, calls-1), asm.LoadMem(rB, rCtx, 8, asm.DWord))
	c.settleCount()
	c.settleDenied()
	c.dispatch(a)
	c.label("out")
	c.exit()
}

// filteredSlot is 1 on the stack where the call was never entered.
const filteredSlot = -16

// filtered finds the number of a call that a seccomp filter answered: such a
// call passes sys_exit without having passed sys_enter.
func (c *code) filtered(a arch) {
	c.add(store(asm.RFP, filteredSlot, 1),
		store(rTask, taskDenied, 0),
		asm.LoadMem(rB, rCtx, 0, asm.DWord))
	c.load(rA, rB, c.at(a.number), asm.Word)
	c.callIndex(a)
	c.mapValue(asm.R1, "classes")
	c.add(asm.Mov.Reg(asm.R2, rA), asm.LSh.Imm(asm.R2, 2), asm.Add.Reg(asm.R1, asm.R2), asm.LoadMem(asm.R1, asm.R1, 0, asm.Word),
		asm.StoreMem(rTask, taskClass, asm.R1, asm.Word), asm.JEq.Imm(asm.R1, 0, "named"))
	c.keepArguments(a)
	c.arguments()
	c.add(asm.Ja.Label("named"))
}

// settleCount counts, of the call in rA that returned rB, what sys_enter could
// not know.
func (c *code) settleCount() {
	c.add(asm.LoadMem(asm.R1, asm.RFP, filteredSlot, asm.DWord), asm.JEq.Imm(asm.R1, 0, "unfiltered"))
	c.counter(asm.R4)
	c.count(asm.R4, countAll)
	c.count(asm.R4, countFiltered)
	c.label("unfiltered")
	c.add(asm.JEq.Imm(rB, notPermitted, "refused"), asm.JNE.Imm(rB, noAccess, "counted"))
	c.label("refused")
	c.counter(asm.R4)
	c.count(asm.R4, countDenied)
	c.label("counted")
}

// fsetid is the one capability whose lack shows in no error: setgid bits are
// cleared instead (capabilities(7)).
const fsetid = 1 << 4

// settleDenied counts the capabilities that the call was denied: those count
// only where it failed for it.
func (c *code) settleDenied() {
	c.add(asm.LoadMem(asm.R1, rTask, taskDenied, asm.DWord), asm.JEq.Imm(asm.R1, 0, "settled"),
		asm.StoreMem(asm.RFP, whatSlot, asm.R1, asm.DWord),
		asm.JEq.Imm(rB, notPermitted, "denied"), asm.JEq.Imm(rB, noAccess, "denied"),
		asm.JSLT.Imm(rB, 0, "settled"),
		asm.And.Imm(asm.R1, fsetid), asm.JEq.Imm(asm.R1, 0, "settled"),
		asm.StoreMem(asm.RFP, whatSlot, asm.R1, asm.DWord))
	c.tally(kindSilent)
	c.add(asm.Ja.Label("settled"))
	c.label("denied")
	c.tally(kindDenied)
	c.label("settled")
}

// confine notes that the runtime has put itself under the seccomp profile.
func (c *code) confine() {
	c.self(asm.R5)
	c.load(asm.R1, asm.R5, c.at("task_struct.seccomp.mode"), asm.Word)
	c.add(asm.JEq.Imm(asm.R1, 0, "out"),
		asm.LoadMem(asm.R1, rTask, taskFlags, asm.Word), asm.Or.Imm(asm.R1, flagConfined), asm.StoreMem(rTask, taskFlags, asm.R1, asm.Word),
		asm.Ja.Label("out"))
}

// dispatch records what the call's class wants. Of the runtime's own calls
// nothing is: it still sees the host's files.
func (c *code) dispatch(a arch) {
	c.add(asm.LoadMem(asm.R1, rTask, taskFlags, asm.Word), asm.And.Imm(asm.R1, flagRuntime), asm.JEq.Imm(asm.R1, 0, "application"))
	c.confine()
	c.label("application")
	c.descriptors()
	c.add(asm.LoadMem(asm.R1, rTask, taskClass, asm.Word), asm.And.Imm(asm.R1, 15))
	for _, to := range []struct {
		class class
		label string
	}{
		{0, "out"}, {handleArgs, "out"}, {handleOpen, "opened"}, {handlePath, "path"}, {handleRefused, "path_refused"},
		{handleSocket, "socket"}, {handleBind, "address"}, {handleConnect, "address"}, {handleListen, "listen"},
		{handleIdentity, "identity"}, {handleKill, "kill"}, {handleTgkill, "tgkill"},
		{handleMap, "map"}, {handleLock, "lock"}, {handleControl, "control"},
	} {
		c.add(asm.JEq.Imm(asm.R1, int32(to.class), to.label))
	}
	c.add(asm.Ja.Label("out"))
	c.files()
	c.mappings(a)
	c.locks()
	c.sockets()
	c.signals()
	c.identity()
}

// files records the path of a call: that of the descriptor it returned, or the
// one it was given.
func (c *code) files() {
	c.label("opened")
	c.add(asm.JSLT.Imm(rB, 0, "path_refused"), asm.Mov.Reg(asm.R3, rB), asm.Mov.Imm(asm.R5, 0), asm.Ja.Label("descriptor"))
	// R3 is the descriptor, R5 what was done with it besides opening it.
	c.label("descriptor")
	c.phase(asm.R4)
	c.add(asm.Mov.Reg(asm.R1, rTask), asm.Mov.Reg(asm.R2, rA), asm.Call.Label(subOpened), asm.Ja.Label("out"))
	c.label("path")
	c.add(asm.JSGE.Imm(rB, 0, "path_both"))
	c.label("path_refused")
	c.add(asm.JEq.Imm(rB, notPermitted, "path_first"), asm.JEq.Imm(rB, noAccess, "path_first"), asm.JEq.Imm(rB, readOnly, "path_first"),
		asm.Ja.Label("out"))
	c.label("path_first")
	c.path(4, 8, 0)
	c.add(asm.Ja.Label("out"))
	c.label("path_both")
	c.path(4, 8, 0)
	c.add(asm.LoadMem(asm.R2, rTask, taskClass, asm.Word), asm.RSh.Imm(asm.R2, 12), asm.And.Imm(asm.R2, 15),
		asm.JEq.Imm(asm.R2, 0, "out"))
	c.path(12, 16, flagSecond)
	c.add(asm.Ja.Label("out"))
}

// mappings records the file of a mapping whose code can run: PROT_EXEC without
// MAP_ANONYMOUS, which have the same numbers on amd64 and arm64 (mmap(2)).
func (c *code) mappings(a arch) {
	const protExec, mapAnonymous = 4, 0x20
	c.label("map")
	c.add(asm.LoadMem(asm.R1, rTask, taskArgs+16, asm.DWord), asm.And.Imm(asm.R1, protExec), asm.JEq.Imm(asm.R1, 0, "out"),
		asm.LoadMem(asm.R1, rTask, taskArgs+24, asm.DWord), asm.And.Imm(asm.R1, mapAnonymous), asm.JNE.Imm(asm.R1, 0, "out"),
		asm.JSLT.Imm(rB, 0, "out"), asm.LoadMem(rB, rCtx, 0, asm.DWord))
	c.load(asm.R3, rB, c.at(a.fifth.field)+a.fifth.plus, asm.DWord)
	c.add(asm.Mov.Imm(asm.R5, fmodeMapped), asm.Ja.Label("descriptor"))
}

// locks records the file that was locked: by flock, or by one of the commands of
// fcntl(2).
func (c *code) locks() {
	c.label("control")
	c.add(asm.LoadMem(asm.R1, rTask, taskArgs+8, asm.Word))
	for _, command := range []int32{unix.F_SETLK, unix.F_SETLKW, unix.F_OFD_SETLK, unix.F_OFD_SETLKW} {
		c.add(asm.JEq.Imm(asm.R1, command, "lock"))
	}
	c.add(asm.Ja.Label("out"))
	c.label("lock")
	c.add(asm.JNE.Imm(rB, 0, "out"), asm.LoadMem(asm.R3, rTask, taskArgs, asm.DWord), asm.Mov.Imm(asm.R5, fmodeLocked),
		asm.Ja.Label("descriptor"))
}

// path calls the subprogram that records a path; its argument and its
// directory's stand in the class from these bits on.
func (c *code) path(pathBit, dirBit, flags int32) {
	c.phase(asm.R4)
	c.add(asm.LSh.Imm(asm.R4, 16), asm.Or.Reg(asm.R4, rA), asm.LoadMem(asm.R2, rTask, taskClass, asm.Word), asm.Mov.Reg(asm.R3, asm.R2),
		asm.RSh.Imm(asm.R2, pathBit), asm.And.Imm(asm.R2, 15), asm.RSh.Imm(asm.R3, dirBit), asm.And.Imm(asm.R3, 15))
	if flags != 0 {
		// The second path's argument is kept plus one: none is 0.
		c.add(asm.Sub.Imm(asm.R2, 1))
	}
	c.add(asm.Or.Imm(asm.R4, flags<<24), asm.Mov.Reg(asm.R1, rTask), asm.Mov.Reg(asm.R5, rB), asm.Call.Label(subPath))
}

// signals counts a signal that was sent.
func (c *code) signals() {
	c.label("kill")
	c.add(asm.LoadMem(asm.R1, rTask, taskArgs+8, asm.DWord), asm.Ja.Label("signal"))
	c.label("tgkill")
	c.add(asm.LoadMem(asm.R1, rTask, taskArgs+16, asm.DWord))
	c.label("signal")
	c.add(asm.JNE.Imm(rB, 0, "out"), asm.And.Imm(asm.R1, 0x7f), asm.StoreMem(asm.RFP, whatSlot, asm.R1, asm.DWord))
	c.tally(kindSignal)
	c.add(asm.Ja.Label("out"))
}

// identity counts what the process has become: its effective group in the
// upper half, its effective user in the lower.
func (c *code) identity() {
	c.label("identity")
	c.add(asm.JNE.Imm(rB, 0, "out"))
	c.self(rB)
	c.follow(rB, rB, "task_struct.cred")
	c.load(asm.R1, rB, c.at("cred.egid"), asm.Word)
	c.add(asm.LSh.Imm(asm.R1, 32), asm.StoreMem(asm.RFP, whatSlot, asm.R1, asm.DWord))
	c.load(asm.R1, rB, c.at("cred.euid"), asm.Word)
	c.add(asm.StoreMem(rTask, taskUID, asm.R1, asm.Word), asm.LoadMem(asm.R2, asm.RFP, whatSlot, asm.DWord), asm.Or.Reg(asm.R2, asm.R1), asm.StoreMem(asm.RFP, whatSlot, asm.R2, asm.DWord))
	c.tally(kindIdentity)
	c.add(asm.Ja.Label("out"))
}
