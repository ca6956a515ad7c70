package bpf

import (
	"encoding/binary"

	"github.com/cilium/ebpf/asm"
)

// valueSlot is where a value of the map tasks is put together on the stack.
const valueSlot = -16 - taskSize

// cgroupAttach runs at raw tracepoint cgroup_attach_task (cgroup, path, task,
// threadgroup): a process that is put into the container's cgroup is watched
// from here on. The runtime puts its own process there first.
func cgroupAttach(c *code, names []string) {
	c.add(asm.Mov.Reg(rCtx, asm.R1), asm.LoadMem(rA, rCtx, 16, asm.DWord), asm.LoadMem(rB, rCtx, 0, asm.DWord))
	c.follow(rB, rB, "cgroup.kn")
	c.matchName(names, "join", "out")
	c.label("join")
	c.join(flagRuntime)
	c.label("out")
	c.exit()
}

// schedFork runs at raw tracepoint sched_process_fork (parent, child): the
// children of who is watched are, and those that are born into the container's
// cgroup (CLONE_INTO_CGROUP of clone(2), cgroup v2).
func schedFork(c *code, names []string) {
	c.add(asm.Mov.Reg(rCtx, asm.R1), asm.LoadMem(rA, rCtx, 8, asm.DWord))
	c.current("stranger")
	c.copyTask(rTask)
	c.add(asm.LoadImm(asm.R1, born, asm.DWord), asm.StoreMem(asm.RFP, valueSlot+taskCall, asm.R1, asm.Word),
		store(asm.RFP, valueSlot+taskDenied, 0), asm.StoreImm(asm.RFP, valueSlot+taskClass, 0, asm.Word))
	c.insert(anyEntry)
	c.add(asm.Ja.Label("out"))
	c.label("stranger")
	c.follow(rB, rA, "task_struct.cgroups", "css_set.dfl_cgrp", "cgroup.kn")
	c.matchName(names, "join", "out")
	c.label("join")
	c.join(flagRuntime)
	c.label("out")
	c.exit()
}

// schedExit runs at raw tracepoint sched_process_exit: a thread is watched no
// longer, and its cgroup's peak is read while it still has one.
func schedExit(c *code, names []string) {
	c.tid(-4)
	c.forget(-4)
	c.add(asm.JNE.Imm(asm.R0, 0, "out"))
	c.gone()
	c.memory(names)
	c.label("out")
	c.exit()
}

// forget takes the thread whose ID is on the stack from the map.
func (c *code) forget(tid int16) {
	c.stack(asm.R2, tid)
	c.mapPtr(asm.R1, "tasks")
	c.add(asm.FnMapDeleteElem.Call())
}

// copyTask copies a value of the map tasks to the stack.
func (c *code) copyTask(from asm.Register) {
	for at := int16(0); at < taskSize; at += 8 {
		c.add(asm.LoadMem(asm.R1, from, at, asm.DWord), asm.StoreMem(asm.RFP, valueSlot+at, asm.R1, asm.DWord))
	}
}

// join watches the task in rA, which is not watched yet.
func (c *code) join(flags int64) {
	for at := int16(0); at < taskSize; at += 8 {
		c.add(store(asm.RFP, valueSlot+at, 0))
	}
	c.add(asm.LoadImm(asm.R1, born, asm.DWord), asm.StoreMem(asm.RFP, valueSlot+taskCall, asm.R1, asm.Word),
		asm.StoreImm(asm.RFP, valueSlot+taskFlags, flags, asm.Word))
	c.insert(newEntry)
}

// insert puts the value on the stack under the ID of the task in rA. One that is
// there already is no loss: cgroup v1 attaches a process once in each hierarchy.
func (c *code) insert(flags int32) {
	const exists = -17 // EEXIST
	c.load(asm.R1, rA, c.at("task_struct.pid"), asm.Word)
	c.add(asm.StoreMem(asm.RFP, -4, asm.R1, asm.Word))
	c.update("tasks", -4, valueSlot, flags)
	inserted, lost := c.fresh("inserted"), c.fresh("no_room")
	c.add(asm.JEq.Imm(asm.R0, exists, inserted), asm.JNE.Imm(asm.R0, 0, lost))
	c.gained()
	c.add(asm.Ja.Label(inserted))
	c.label(lost)
	c.lose(lostTasks)
	c.label(inserted)
}

// The cgroup's name on the stack.
const (
	nameSize = 80
	nameSlot = valueSlot - nameSize
)

// matchName compares the name of the kernfs node in rB with the names, none of
// which is longer than nameSize-1.
func (c *code) matchName(names []string, found, other string) {
	for at := int16(0); at < nameSize; at += 8 {
		c.add(store(asm.RFP, nameSlot+at, 0))
	}
	c.load(asm.R3, rB, c.at("kernfs_node.name"), asm.DWord)
	c.stack(asm.R1, nameSlot)
	c.add(asm.Mov.Imm(asm.R2, nameSize), asm.FnProbeReadKernelStr.Call())
	for _, name := range names {
		next := c.fresh("other")
		c.matchText(asm.RFP, nameSlot, name+"\x00", next)
		c.add(asm.Ja.Label(found))
		c.label(next)
	}
	c.add(asm.Ja.Label(other))
}

// matchText goes to other unless the text stands at [base+at]. Its length is
// made up to whole words, so what follows it must be zero unless it is one.
func (c *code) matchText(base asm.Register, at int16, text, other string) {
	for len(text)%8 != 0 {
		text += "\x00"
	}
	for i := 0; i < len(text); i += 8 {
		c.add(asm.LoadImm(asm.R2, int64(binary.NativeEndian.Uint64([]byte(text[i:]))), asm.DWord),
			asm.LoadMem(asm.R1, base, at+int16(i), asm.DWord), asm.JNE.Reg(asm.R1, asm.R2, other))
	}
}
