package bpf

import (
	"github.com/cilium/ebpf/asm"

	"bulkhead/inspect/observe/syscalls"
)

// The key of the map arguments: a call, its phase and the values that profiles
// filter on; the others are 0.
const (
	argsCall   = 0 // uint16
	argsPhase  = 2 // uint8
	argsPad    = 3 // 5 bytes
	argsValues = 8 // [4]uint64
	argsKey    = 40

	subArguments = "record_arguments"
)

// recordArguments is the subprogram record_arguments(task, call, phase): it
// counts the call with the values that its class says profiles filter on, or,
// where there is no room for them, as one with unknown values.
func recordArguments(c *code) {
	const key, one = -56, -64
	c.label(subArguments)
	c.add(asm.Mov.Reg(asm.R6, asm.R1), asm.Mov.Reg(asm.R7, asm.R2), asm.Mov.Reg(asm.R8, asm.R3),
		asm.And.Imm(asm.R7, calls-1), asm.And.Imm(asm.R8, phases-1),
		store(asm.RFP, key, 0), asm.StoreMem(asm.RFP, key+argsCall, asm.R7, asm.Half), asm.StoreMem(asm.RFP, key+argsPhase, asm.R8, asm.Byte),
		asm.LoadMem(asm.R9, asm.R6, taskClass, asm.Word))
	for i := range int16(4) {
		skip := c.fresh("unfiltered")
		c.add(store(asm.RFP, key+argsValues+8*i, 0),
			asm.Mov.Reg(asm.R1, asm.R9), asm.And.Imm(asm.R1, 1<<(syscalls.FilterShift+i)), asm.JEq.Imm(asm.R1, 0, skip),
			asm.LoadMem(asm.R1, asm.R6, taskArgs+8*i, asm.DWord), asm.StoreMem(asm.RFP, key+argsValues+8*i, asm.R1, asm.DWord))
		c.label(skip)
	}
	c.add(asm.And.Imm(asm.R9, syscalls.FilterWord), asm.JEq.Imm(asm.R9, 0, "arguments_known"),
		asm.LoadMem(asm.R3, asm.R6, taskArgs, asm.DWord))
	c.stack(asm.R1, key+argsValues)
	c.add(asm.Mov.Imm(asm.R2, 8), asm.FnProbeReadUser.Call(), asm.JNE.Imm(asm.R0, 0, "arguments_unknown"))
	c.label("arguments_known")
	c.lookup("arguments", key)
	c.add(asm.JNE.Imm(asm.R0, 0, "arguments_found"), store(asm.RFP, one, 1))
	c.update("arguments", key, one, newEntry)
	c.add(asm.JEq.Imm(asm.R0, 0, "arguments_out"))
	// Either another CPU was faster or the map is full.
	c.lookup("arguments", key)
	c.add(asm.JNE.Imm(asm.R0, 0, "arguments_found"))
	c.label("arguments_unknown")
	c.add(asm.Mul.Imm(asm.R8, calls*countSize), asm.Mul.Imm(asm.R7, countSize), asm.Add.Reg(asm.R8, asm.R7))
	c.mapValue(asm.R2, "counts")
	c.add(asm.Add.Reg(asm.R2, asm.R8))
	c.count(asm.R2, countUnknown)
	c.add(asm.Ja.Label("arguments_out"))
	c.label("arguments_found")
	c.count(asm.R0, 0)
	c.label("arguments_out")
	c.exit()
}

// filterBits are those of a class that say that profiles filter on its values.
const filterBits = 0xf<<syscalls.FilterShift | syscalls.FilterWord

// arguments records the values of the call in rA, whose arguments are kept,
// where profiles filter on them.
func (c *code) arguments() {
	done := c.fresh("arguments_done")
	c.add(asm.LoadMem(asm.R1, rTask, taskClass, asm.Word), asm.And.Imm(asm.R1, filterBits), asm.JEq.Imm(asm.R1, 0, done))
	c.phase(asm.R3)
	c.add(asm.Mov.Reg(asm.R1, rTask), asm.Mov.Reg(asm.R2, rA), asm.Call.Label(subArguments))
	c.label(done)
}
