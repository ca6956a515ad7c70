package bpf

import (
	"fmt"

	"github.com/cilium/ebpf/asm"
)

// The registers as every program here uses them: rCtx is the program's
// argument and rTask the value of the current task in the map tasks; rA and rB
// are free. All four survive calls; asm.R0 to R5 do not.
const (
	rCtx  = asm.R6
	rTask = asm.R7
	rA    = asm.R8
	rB    = asm.R9
)

// code is a program being assembled.
type code struct {
	*layout
	ins asm.Instructions
	// mark is the label that the next instruction gets.
	mark string
	n    int
}

func (c *code) add(ins ...asm.Instruction) {
	if c.mark != "" && len(ins) > 0 {
		ins[0] = ins[0].WithSymbol(c.mark)
		c.mark = ""
	}
	c.ins = append(c.ins, ins...)
}

// label names the next instruction.
func (c *code) label(name string) {
	if c.mark != "" {
		// Two names for one place: an instruction that does nothing takes the
		// first.
		c.add(asm.Mov.Reg(asm.R0, asm.R0))
	}
	c.mark = name
}

// fresh makes a label that is used nowhere else in the program.
func (c *code) fresh(name string) string {
	c.n++
	return fmt.Sprintf("%s_%d", name, c.n)
}

// exit ends the program here.
func (c *code) exit() { c.add(asm.Mov.Imm(asm.R0, 0), asm.Return()) }

// stack makes dst point to the place on the stack, a negative offset.
func (c *code) stack(dst asm.Register, at int16) {
	c.add(asm.Mov.Reg(dst, asm.RFP), asm.Add.Imm(dst, int32(at)))
}

// read copies kernel memory from [src+from] to the stack. A read that fails
// leaves zeros there.
func (c *code) read(to int16, size int32, src asm.Register, from int32) {
	c.add(asm.Mov.Reg(asm.R3, src))
	if from != 0 {
		c.add(asm.Add.Imm(asm.R3, from))
	}
	c.stack(asm.R1, to)
	c.add(asm.Mov.Imm(asm.R2, size), asm.FnProbeReadKernel.Call())
}

// scratchSlot is where load puts what it reads on its way to a register.
const scratchSlot = -8

// load reads the field at [src+from] into dst.
func (c *code) load(dst, src asm.Register, from int32, size asm.Size) {
	c.read(scratchSlot, int32(size.Sizeof()), src, from)
	c.add(asm.LoadMem(dst, asm.RFP, scratchSlot, size))
}

// follow loads pointers one after the other: dst = src->a->b->…, of which each
// step names the offset of a field.
func (c *code) follow(dst, src asm.Register, fields ...string) {
	for _, field := range fields {
		c.load(dst, src, c.at(field), asm.DWord)
		src = dst
	}
}

// self makes dst the current task.
func (c *code) self(dst asm.Register) { c.add(asm.FnGetCurrentTask.Call(), asm.Mov.Reg(dst, asm.R0)) }

// typedSelf makes dst the current task as the verifier knows it (Linux 5.11):
// fields of what it knows are loaded without a call, see field.
func (c *code) typedSelf(dst asm.Register) {
	c.add(asm.FnGetCurrentTaskBtf.Call(), asm.Mov.Reg(dst, asm.R0))
}

// field loads a field of what the verifier knows the type of.
func (c *code) field(dst, src asm.Register, path string, size asm.Size) {
	c.add(asm.LoadMem(dst, src, int16(c.at(path)), size))
}

// mapPtr makes dst the map.
func (c *code) mapPtr(dst asm.Register, name string) {
	c.add(asm.LoadMapPtr(dst, 0).WithReference(name))
}

// mapValue makes dst the only value of an array.
func (c *code) mapValue(dst asm.Register, name string) {
	c.add(asm.LoadMapValue(dst, 0, 0).WithReference(name))
}

// lookup looks for the key on the stack; R0 is the value or 0.
func (c *code) lookup(name string, key int16) {
	c.stack(asm.R2, key)
	c.mapPtr(asm.R1, name)
	c.add(asm.FnMapLookupElem.Call())
}

// The flags of bpf_map_update_elem, see bpf(2).
const (
	anyEntry = 0
	newEntry = 1
)

// update puts the value on the stack under the key on the stack; R0 is 0 or a
// negative error number.
func (c *code) update(name string, key, value int16, flags int32) {
	c.stack(asm.R2, key)
	c.stack(asm.R3, value)
	c.mapPtr(asm.R1, name)
	c.add(asm.Mov.Imm(asm.R4, flags), asm.FnMapUpdateElem.Call())
}

// store writes a small number as 64 bits: asm.StoreImm refuses to, though
// every kernel takes it.
func store(dst asm.Register, at int16, value int64) asm.Instruction {
	return asm.Instruction{OpCode: asm.StoreImmOp(asm.DWord), Dst: dst, Offset: at, Constant: value}
}

// count adds one to a counter. Atomics that return something must not be used:
// the assembler writes them as plain additions (cilium/ebpf v0.22.0, asm).
func (c *code) count(base asm.Register, at int16) {
	c.add(asm.Mov.Imm(asm.R1, 1), asm.AddAtomic.Mem(base, asm.R1, asm.DWord, at))
}

// lose counts something that was not recorded.
func (c *code) lose(what int16) {
	c.mapValue(asm.R2, "lost")
	c.count(asm.R2, what)
}

// tid puts the current thread's ID, as the initial PID namespace counts, on the
// stack as 32 bits.
func (c *code) tid(to int16) {
	c.add(asm.FnGetCurrentPidTgid.Call(), asm.StoreMem(asm.RFP, to, asm.R0, asm.Word))
}

// current finds the value of the current thread and leaves it in rTask; where
// the thread is not watched the program goes on at other.
func (c *code) current(other string) {
	c.tid(-4)
	c.lookup("tasks", -4)
	c.add(asm.JEq.Imm(asm.R0, 0, other), asm.Mov.Reg(rTask, asm.R0))
}

// phase leaves in dst the number of the phase the current task is in.
func (c *code) phase(dst asm.Register) {
	runtime, known := c.fresh("runtime"), c.fresh("phase")
	c.add(asm.LoadMem(asm.R0, rTask, taskFlags, asm.Word), asm.JSet.Imm(asm.R0, flagRuntime, runtime))
	c.mapValue(asm.R1, "state")
	c.add(asm.LoadMem(dst, asm.R1, statePhase, asm.Word), asm.Ja.Label(known))
	c.label(runtime)
	c.add(asm.Mov.Imm(dst, phaseRuntime), asm.And.Imm(asm.R0, flagConfined), asm.JEq.Imm(asm.R0, 0, known), asm.Mov.Imm(dst, phaseConfined))
	c.label(known)
	c.add(asm.And.Imm(dst, phases-1))
}
