package bpf

import (
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
)

// discover watches the current task, which is not watched yet, where it is in
// the container's cgroup, and goes on at found. Else the program goes on behind
// it. An iterator over all tasks would be simpler, but it only sees those of
// the helper's own PID namespace (kernel/bpf/task_iter.c, Linux 6.12).
//
// What is no member of the cgroup is remembered by its css_set, the kernel's
// set of cgroups that tasks share: looking it up is all that other processes
// pay for.
func (c *code) discover(names []string, found string) {
	const set = nameSlot - 16
	c.self(rA)
	c.read(set, 8, rA, c.at("task_struct.cgroups"))
	c.lookup("strangers", set)
	c.add(asm.JNE.Imm(asm.R0, 0, "stranger"))
	for _, h := range c.hierarchies() {
		next := c.fresh("hierarchy")
		c.add(asm.LoadMem(rB, asm.RFP, set, asm.DWord))
		c.load(rB, rB, h.inSet, asm.DWord)
		if h.controller {
			c.follow(rB, rB, "cgroup_subsys_state.cgroup")
		}
		c.follow(rB, rB, "cgroup.kn")
		c.matchName(names, "member", next)
		c.label(next)
	}
	c.add(asm.StoreImm(asm.RFP, scratchSlot, 1, asm.Byte))
	c.update("strangers", set, scratchSlot, anyEntry)
	c.add(asm.Ja.Label("stranger"))
	c.label("member")
	c.rememberUsers(rA)
	c.join(0)
	c.lookup("tasks", -4)
	c.add(asm.JEq.Imm(asm.R0, 0, "stranger"), asm.Mov.Reg(rTask, asm.R0))
	c.sendRunning(found)
	c.label("stranger")
}

// sendRunning remembers what the task in rA executes and sends its path.
func (c *code) sendRunning(then string) {
	const path = -120
	c.follow(rB, rA, "task_struct.mm")
	c.executable(rB, "mm_struct.exe_file")
	c.effectiveUser(rA)
	c.add(asm.StoreMem(rTask, taskUID, asm.R1, asm.Word))
	c.follow(rB, rB, "mm_struct.exe_file")
	c.readPath(path, rB)
	c.scratch(rB, "scratch", then)
	c.header(rB, rTask, eventRunning)
	c.walkFrom(path, rB)
	c.send(rB)
	c.add(asm.Ja.Label(then))
}

// hierarchy is a way from a task's css_set to one of its cgroups.
type hierarchy struct {
	inSet      int32
	controller bool
}

// hierarchies are the places where the engine's cgroup may be: the unified
// hierarchy, and one for each controller of cgroup v1 that this kernel has.
func (c *code) hierarchies() []hierarchy {
	list := []hierarchy{{inSet: c.at("css_set.dfl_cgrp")}}
	for _, id := range c.controllers() {
		switch id.Name {
		case memoryID, "pids_cgrp_id", "cpu_cgrp_id", "freezer_cgrp_id", "devices_cgrp_id":
			list = append(list, hierarchy{inSet: c.at("css_set.subsys") + 8*int32(id.Value), controller: true})
		}
	}
	return list
}

// controllers are the numbers of this kernel's controllers.
func (c *code) controllers() []btf.EnumValue {
	var ids *btf.Enum
	if err := c.spec.TypeByName("cgroup_subsys_id", &ids); err != nil {
		c.fail(err)
		return nil
	}
	return ids.Values
}

const memoryID = "memory_cgrp_id"

// memoryController is where a css_set has its memory cgroup; false where this
// kernel has none, or keeps no peak of it where it is looked for.
func (c *code) memoryController() (inSet int32, ok bool) {
	_, known := c.optional("mem_cgroup.memory.watermark")
	for _, id := range c.controllers() {
		if id.Name == memoryID && known {
			return c.at("css_set.subsys") + 8*int32(id.Value), true
		}
	}
	return 0, false
}
