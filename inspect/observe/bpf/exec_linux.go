package bpf

import "github.com/cilium/ebpf/asm"

// schedExec runs at raw tracepoint sched_process_exec (task, old_pid, binprm),
// when the new program's credentials hold already. rA is the binprm, rB the
// event.
func schedExec(c *code, names []string) {
	const old, now, path = -12, -16, -120
	c.add(asm.Mov.Reg(rCtx, asm.R1), asm.LoadMem(asm.R1, rCtx, 8, asm.Word), asm.StoreMem(asm.RFP, old, asm.R1, asm.Word))
	c.tid(now)
	c.renumber(old, now)
	c.lookup("tasks", now)
	c.add(asm.JEq.Imm(asm.R0, 0, "out"), asm.Mov.Reg(rTask, asm.R0), asm.LoadMem(rA, rCtx, 16, asm.DWord))
	c.executable(rA, "linux_binprm.file")
	c.scratch(rB, "scratch", "out")
	c.header(rB, rTask, eventExec)
	c.load(asm.R3, rA, c.at("linux_binprm.filename"), asm.DWord)
	c.add(asm.Mov.Reg(asm.R1, rB), asm.Add.Imm(asm.R1, eventHeader), asm.Mov.Imm(asm.R2, maxArgument), asm.FnProbeReadKernelStr.Call(),
		asm.JSLE.Imm(asm.R0, 0, "out"), asm.JSGT.Imm(asm.R0, maxArgument, "out"),
		asm.StoreMem(rB, eventArgLen, asm.R0, asm.Half))
	c.begin()
	c.self(asm.R5)
	c.effectiveUser(asm.R5)
	c.add(asm.StoreMem(rB, eventUID, asm.R1, asm.Word), asm.StoreMem(rTask, taskUID, asm.R1, asm.Word))
	c.phase(asm.R2)
	c.add(asm.StoreMem(rB, eventPhase, asm.R2, asm.Byte), asm.StoreImm(rB, eventCall, 0, asm.Half), store(rB, eventRet, 0))
	c.follow(asm.R5, rA, "linux_binprm.file")
	c.readPath(path, asm.R5)
	// A script's interpreter is what is executed.
	c.load(asm.R1, rA, c.at("linux_binprm.interp"), asm.DWord)
	c.add(asm.StoreMem(asm.RFP, whatSlot, asm.R1, asm.DWord))
	c.load(asm.R1, rA, c.at("linux_binprm.filename"), asm.DWord)
	c.add(asm.LoadMem(asm.R2, asm.RFP, whatSlot, asm.DWord), asm.JEq.Reg(asm.R1, asm.R2, "binary"))
	c.flag(rB, flagScript)
	c.label("binary")
	c.walkFrom(path, rB)
	c.send(rB)
	c.memory(names)
	c.label("out")
	c.exit()
}

// renumber moves the value of a thread that executes: it gets its process's
// first thread's ID (execve(2)).
func (c *code) renumber(old, now int16) {
	c.add(asm.LoadMem(asm.R1, asm.RFP, old, asm.Word), asm.LoadMem(asm.R2, asm.RFP, now, asm.Word), asm.JEq.Reg(asm.R1, asm.R2, "same"))
	c.lookup("tasks", old)
	c.add(asm.JEq.Imm(asm.R0, 0, "same"))
	c.copyTask(asm.R0)
	c.update("tasks", now, valueSlot, anyEntry)
	c.forget(old)
	c.label("same")
}

// executable remembers which file the task executes: that of the field of base.
func (c *code) executable(base asm.Register, field string) {
	c.follow(asm.R5, base, field, "file.f_inode")
	c.add(asm.StoreMem(asm.RFP, whatSlot, asm.R5, asm.DWord))
	c.load(asm.R1, asm.R5, c.at("inode.i_ino"), asm.DWord)
	c.add(asm.StoreMem(rTask, taskInode, asm.R1, asm.DWord), asm.LoadMem(asm.R5, asm.RFP, whatSlot, asm.DWord))
	c.follow(asm.R5, asm.R5, "inode.i_sb")
	c.load(asm.R1, asm.R5, c.at("super_block.s_dev"), asm.Word)
	c.add(asm.StoreMem(rTask, taskDevice, asm.R1, asm.Word))
}

// begin ends the program where the runtime executes itself again (runc does so
// through /dev/fd and /proc/self, to be safe from what it starts); the first
// other execution is the application's beginning.
func (c *code) begin() {
	c.add(asm.LoadMem(asm.R1, rTask, taskFlags, asm.Word), asm.And.Imm(asm.R1, flagRuntime), asm.JEq.Imm(asm.R1, 0, "begun"))
	c.runtimeFile("/dev/fd/", "")
	c.runtimeFile("/proc/se", "lf/")
	c.runtimeFile("/proc/th", "read-sel")
	c.add(asm.LoadMem(asm.R1, rTask, taskFlags, asm.Word), asm.And.Imm(asm.R1, ^(flagRuntime|flagConfined)), asm.StoreMem(rTask, taskFlags, asm.R1, asm.Word))
	c.mapValue(asm.R2, "state")
	c.add(asm.LoadMem(asm.R1, asm.R2, statePhase, asm.Word), asm.JNE.Imm(asm.R1, 0, "phased"), asm.StoreImm(asm.R2, statePhase, phaseStart, asm.Word))
	c.label("phased")
	c.self(asm.R5)
	c.rememberUsers(asm.R5)
	// How the runtime changed its user was not followed; what it executes as is
	// the real user, also where the file changes the effective one.
	c.self(asm.R5)
	c.user(asm.R5, "cred.uid")
	c.add(asm.StoreMem(rB, eventFrom, asm.R1, asm.Word))
	c.label("begun")
}

// runtimeFile ends the program where the file that is executed begins with
// eight bytes and, behind them, the rest.
func (c *code) runtimeFile(eight, rest string) {
	other := c.fresh("not_runtime")
	c.matchText(rB, eventHeader, eight, other)
	if rest != "" {
		c.add(asm.LoadMem(asm.R3, rB, eventHeader+8, asm.DWord), asm.LSh.Imm(asm.R3, int32(64-8*len(rest))), asm.RSh.Imm(asm.R3, int32(64-8*len(rest))),
			asm.StoreMem(asm.RFP, whatSlot, asm.R3, asm.DWord))
		c.matchText(asm.RFP, whatSlot, rest, other)
	}
	c.add(asm.Ja.Label("out"))
	c.label(other)
}

// rememberUsers keeps the container's user namespace, which is that of the
// first task of it.
func (c *code) rememberUsers(task asm.Register) {
	known := c.fresh("known")
	c.follow(asm.R5, task, "task_struct.real_cred", "cred.user_ns")
	c.mapValue(asm.R2, "state")
	c.add(asm.LoadMem(asm.R1, asm.R2, stateUsers, asm.DWord), asm.JNE.Imm(asm.R1, 0, known), asm.StoreMem(asm.R2, stateUsers, asm.R5, asm.DWord))
	c.label(known)
}

// effectiveUser leaves the task's effective user in R1.
func (c *code) effectiveUser(task asm.Register) { c.user(task, "cred.euid") }

// user leaves one of the users of the task's credentials in R1.
func (c *code) user(task asm.Register, field string) {
	c.follow(asm.R5, task, "task_struct.cred")
	c.load(asm.R1, asm.R5, c.at(field), asm.Word)
}
