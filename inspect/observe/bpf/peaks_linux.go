package bpf

import "github.com/cilium/ebpf/asm"

// The value of the array peaks.
const (
	peaksFiles     = 0  // uint64: the highest descriptor that a call returned, plus one
	peaksTasks     = 8  // uint64: the threads that there are
	peaksMostTasks = 16 // uint64: the most that there were
	peaksMemory    = 24 // uint64: the peak of the container's memory cgroup, in pages
	peaksSize      = 32
)

// larger keeps the value in the peak at base, both of which survive. Where two
// processors do so at once the smaller one may stay: it is the same thing that
// is counted, one step apart.
func (c *code) larger(base asm.Register, peak int16, value asm.Register) {
	known := c.fresh("lower")
	c.add(asm.LoadMem(asm.R0, base, peak, asm.DWord), asm.JGE.Reg(asm.R0, value, known), asm.StoreMem(base, peak, value, asm.DWord))
	c.label(known)
}

// gained counts a thread that is watched from now on.
func (c *code) gained() {
	c.mapValue(asm.R2, "peaks")
	c.count(asm.R2, peaksTasks)
	c.add(asm.LoadMem(asm.R3, asm.R2, peaksTasks, asm.DWord))
	c.larger(asm.R2, peaksMostTasks, asm.R3)
}

// gone counts one that has ended.
func (c *code) gone() {
	c.mapValue(asm.R2, "peaks")
	c.add(asm.Mov.Imm(asm.R1, -1), asm.AddAtomic.Mem(asm.R2, asm.R1, asm.DWord, peaksTasks))
}

// descriptors keeps the highest descriptor that the call in rA, which returned
// rB, made.
func (c *code) descriptors() {
	c.add(asm.LoadMem(asm.R1, rTask, taskClass, asm.Word), asm.And.Imm(asm.R1, classDescriptor), asm.JEq.Imm(asm.R1, 0, "described"),
		asm.JSLT.Imm(rB, 0, "described"), asm.Mov.Reg(asm.R3, rB), asm.Add.Imm(asm.R3, 1))
	c.mapValue(asm.R2, "peaks")
	c.larger(asm.R2, peaksFiles, asm.R3)
	c.label("described")
}

// memory keeps the peak that the kernel knows of the current task's memory
// cgroup, where it is the container's: it has one of the names. It uses rA and
// rB.
func (c *code) memory(names []string) {
	css, ok := c.memoryController()
	if !ok {
		return
	}
	c.self(rA)
	c.follow(rA, rA, "task_struct.cgroups")
	c.load(rA, rA, css, asm.DWord)
	c.follow(rB, rA, "cgroup_subsys_state.cgroup", "cgroup.kn")
	c.matchName(names, "memory_own", "memory_done")
	c.label("memory_own")
	c.load(asm.R3, rA, c.at("mem_cgroup.memory.watermark")-c.at("mem_cgroup.css"), asm.DWord)
	c.mapValue(asm.R2, "peaks")
	c.larger(asm.R2, peaksMemory, asm.R3)
	c.label("memory_done")
}
