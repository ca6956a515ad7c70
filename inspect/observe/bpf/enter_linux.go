package bpf

import "github.com/cilium/ebpf/asm"

// sysEnter runs at raw tracepoint sys_enter (regs, id): it counts the call, as
// some never return, and remembers which one
// the thread is in and, where the call's class wants them, its arguments.
// running are the cgroup's names where tasks may be in it already, else there are none.
func sysEnter(c *code, a arch, running []string) {
	c.add(asm.Mov.Reg(rCtx, asm.R1))
	c.current("unknown")
	c.label("watched")
	c.add(asm.LoadMem(rA, rCtx, 8, asm.DWord))
	c.callIndex(a)
	c.add(asm.Mov.Reg(asm.R1, rA), asm.Add.Imm(asm.R1, 1), asm.StoreMem(rTask, taskCall, asm.R1, asm.Word),
		store(rTask, taskDenied, 0))
	c.counter(asm.R4)
	c.count(asm.R4, countAll)
	c.mapValue(asm.R1, "classes")
	c.add(asm.LSh.Imm(rA, 2), asm.Add.Reg(asm.R1, rA), asm.LoadMem(asm.R1, asm.R1, 0, asm.Word),
		asm.StoreMem(rTask, taskClass, asm.R1, asm.Word),
		asm.JEq.Imm(asm.R1, 0, "out"), asm.JEq.Imm(asm.R1, classDescriptor, "out"),
		asm.RSh.Imm(rA, 2))
	c.keepArguments(a)
	c.arguments()
	c.add(asm.Ja.Label("out"))
	c.label("unknown")
	if len(running) > 0 {
		c.discover(running, "watched")
	}
	c.label("out")
	c.exit()
}

// callIndex turns the call's number in rA into its place in counts and classes.
func (c *code) callIndex(a arch) {
	small, native := c.fresh("small"), c.fresh("native")
	c.add(asm.JLT.Imm(rA, compat-1, small), asm.Mov.Imm(rA, compat-1))
	c.label(small)
	c.typedSelf(rB)
	c.field(asm.R1, rB, a.compatField, asm.Word)
	c.add(asm.And.Imm(asm.R1, a.compatMask), asm.JEq.Imm(asm.R1, 0, native), asm.Add.Imm(rA, compat))
	c.label(native)
	// For the verifier, which does not put the two ways together.
	c.add(asm.And.Imm(rA, calls-1))
}

// counter makes dst, which is not R0 to R3, the counter of the call in rA in
// the task's phase.
func (c *code) counter(dst asm.Register) {
	c.phase(asm.R3)
	c.add(asm.Mul.Imm(asm.R3, calls*countSize), asm.Mov.Reg(asm.R2, rA), asm.Mul.Imm(asm.R2, countSize), asm.Add.Reg(asm.R3, asm.R2))
	c.mapValue(dst, "counts")
	c.add(asm.Add.Reg(dst, asm.R3))
}

// keepArguments copies the call's arguments from the registers, which rCtx
// points to, with one read.
func (c *code) keepArguments(a arch) {
	var offsets [4]int32
	low, high := int32(1<<30), int32(0)
	for i, arg := range a.args {
		offsets[i] = c.at(arg.field) + arg.plus
		low, high = min(low, offsets[i]), max(high, offsets[i])
	}
	size := high - low + 8
	c.add(asm.LoadMem(rB, rCtx, 0, asm.DWord))
	c.read(int16(-16-size), size, rB, low)
	for i, offset := range offsets {
		c.add(asm.LoadMem(asm.R1, asm.RFP, int16(-16-size+offset-low), asm.DWord),
			asm.StoreMem(rTask, int16(taskArgs+8*i), asm.R1, asm.DWord))
	}
}
