package bpf

import "github.com/cilium/ebpf/asm"

// capCapable runs at raw tracepoint cap_capable (cred, target_ns, capable_ns,
// cap, ret) of Linux 6.14 and newer.
func capCapable(c *code) {
	c.add(asm.Mov.Reg(rCtx, asm.R1))
	c.capability(24, 32)
}

// capCapableExit runs when the function cap_capable (cred, target_ns, cap,
// opts) returns, on older kernels.
func capCapableExit(c *code) {
	c.add(asm.Mov.Reg(rCtx, asm.R1))
	c.capability(16, 32)
}

// capability counts a check that was granted and remembers one that was denied
// until the call ends. The capability and the result stand in the program's
// arguments at these offsets, the credentials and the namespace at 0 and 8.
func (c *code) capability(capAt, resultAt int16) {
	c.current("out")
	c.add(asm.LoadMem(asm.R1, rTask, taskFlags, asm.Word), asm.And.Imm(asm.R1, flagRuntime), asm.JNE.Imm(asm.R1, 0, "out"))
	// Only the process's own credentials count: overlayfs checks with those of
	// whoever mounted it (fs/overlayfs, ovl_override_creds).
	c.self(rA)
	c.follow(rA, rA, "task_struct.real_cred")
	c.add(asm.LoadMem(rB, rCtx, 0, asm.DWord), asm.JNE.Reg(rA, rB, "out"))
	// A process in a user namespace of its own making holds its capabilities by
	// that, not by the container's settings.
	c.follow(rB, rB, "cred.user_ns")
	c.mapValue(asm.R1, "state")
	c.add(asm.LoadMem(asm.R1, asm.R1, stateUsers, asm.DWord), asm.JNE.Reg(asm.R1, rB, "out"))
	c.add(asm.LoadMem(asm.R1, rCtx, capAt, asm.Word), asm.JGT.Imm(asm.R1, 63, "out"),
		asm.Mov.Imm(asm.R2, 1), asm.LSh.Reg(asm.R2, asm.R1),
		asm.LoadMem(asm.R3, rCtx, resultAt, asm.Word), asm.JEq.Imm(asm.R3, 0, "granted"),
		// What is denied in another namespace no setting of the container gives.
		asm.LoadMem(asm.R3, rCtx, 8, asm.DWord), asm.JNE.Reg(asm.R3, rB, "out"),
		asm.LoadMem(asm.R1, rTask, taskDenied, asm.DWord), asm.Or.Reg(asm.R1, asm.R2), asm.StoreMem(rTask, taskDenied, asm.R1, asm.DWord),
		asm.Ja.Label("out"))
	c.label("granted")
	c.add(asm.StoreMem(asm.RFP, whatSlot, asm.R2, asm.DWord),
		asm.LoadMem(rA, rTask, taskCall, asm.Word), asm.Sub.Imm(rA, 1), asm.And.Imm(rA, noCall))
	c.tally(kindGranted)
	c.label("out")
	c.exit()
}
