package bpf

import "github.com/cilium/ebpf/asm"

// An event in the ring, as the value of the map scratch is laid out: a header,
// the argument with its final zero, then the names of the path from the last
// to the first, each with a final zero.
const (
	eventType   = 0  // uint8
	eventPhase  = 1  // uint8
	eventCall   = 2  // uint16
	eventFlags  = 4  // uint32
	eventRet    = 8  // int64
	eventInode  = 16 // uint64: of the executable
	eventDevice = 24 // uint32
	eventUID    = 28 // uint32
	eventFmode  = 32 // uint32: file.f_mode
	eventImode  = 36 // uint16: inode.i_mode
	eventArgLen = 38 // uint16
	eventArgs   = 40 // [4]uint64
	eventFrom   = 72 // uint32: the user before an execution
	eventEnd    = 76 // uint32: how far the path reaches behind the header
	// What the path's end lies on: where in the names its mount is mounted, or
	// noMount, the mount's flags, and the name of its filesystem's type.
	eventMount      = 80 // uint32
	eventMountFlags = 84 // uint32
	eventFSType     = 88 // [16]byte
	// The owner of a file that was opened and of its directory, and that one's
	// mode.
	eventOwner    = 104 // uint32
	eventGroup    = 108 // uint32
	eventDirOwner = 112 // uint32
	eventDirGroup = 116 // uint32
	eventDirMode  = 120 // uint16, padded
	eventHeader   = 128

	noMount = 1<<32 - 1

	maxArgument = 1024
	maxPath     = 4096
	maxName     = 256
	scratchSize = eventHeader + maxArgument + maxPath + maxName
)

// The kinds of events.
const (
	eventOpened = iota + 1
	eventPath
	eventExec
	eventRunning
)

// The flags of an event.
const (
	flagSecond  = 1 << iota // the second path of a call
	flagCut                 // the path has more names, or longer ones, than fit
	flagNowhere             // it leads to no root: a pipe, a socket, a memfd
	flagArgCut              // the argument may be longer
	flagScript              // what was executed is a script
)

// The subprograms. They keep their own arguments in R6 to R9.
const (
	subWalk   = "walk"
	subOpened = "record_opened"
	subPath   = "record_path"
)

// maxDepth bounds the names and mounts that a walk passes.
const maxDepth = 64

// walk is the subprogram walk(dentry, vfsmount, scratch, start) → end: it
// writes the names from the file up to the root of its mount namespace, so that
// the path is the container's whatever the process's own root is.
//
// Where it is in the event is kept in the event itself: of what comes from a
// map the verifier knows nothing, so the ways through one round look alike to
// it afterwards, and it need not follow them all.
func walk(c *code) {
	const counter, next, name = -16, -24, -32
	c.label(subWalk)
	c.add(asm.Mov.Reg(asm.R6, asm.R1), asm.Mov.Reg(asm.R7, asm.R2), asm.Mov.Reg(asm.R8, asm.R3),
		asm.StoreMem(asm.R8, eventEnd, asm.R4, asm.Word), store(asm.RFP, counter, 0),
		asm.StoreImm(asm.R8, eventMount, -1, asm.Word))
	c.load(asm.R1, asm.R7, c.at("vfsmount.mnt_flags"), asm.Word)
	c.add(asm.StoreMem(asm.R8, eventMountFlags, asm.R1, asm.Word))
	c.follow(asm.R9, asm.R7, "vfsmount.mnt_sb", "super_block.s_type", "file_system_type.name")
	c.add(store(asm.R8, eventFSType, 0), store(asm.R8, eventFSType+8, 0),
		asm.Mov.Reg(asm.R1, asm.R8), asm.Add.Imm(asm.R1, eventFSType), asm.Mov.Imm(asm.R2, 16), asm.Mov.Reg(asm.R3, asm.R9),
		asm.FnProbeReadKernelStr.Call())
	c.label("walk_on")
	c.add(asm.LoadMem(asm.R1, asm.RFP, counter, asm.DWord), asm.Add.Imm(asm.R1, 1), asm.StoreMem(asm.RFP, counter, asm.R1, asm.DWord),
		asm.JGT.Imm(asm.R1, maxDepth, "walk_cut"))
	c.load(asm.R1, asm.R7, c.at("vfsmount.mnt_root"), asm.DWord)
	c.add(asm.JNE.Reg(asm.R1, asm.R6, "walk_name"))

	// The root of a mount: go on where it is mounted.
	inMount := c.at("mount.mnt")
	c.load(asm.R1, asm.R7, c.at("mount.mnt_parent")-inMount, asm.DWord)
	c.add(asm.Mov.Reg(asm.R2, asm.R7), asm.Sub.Imm(asm.R2, inMount), asm.JEq.Reg(asm.R1, asm.R2, "walk_done"),
		asm.JEq.Imm(asm.R1, 0, "walk_done"), asm.Add.Imm(asm.R1, inMount), asm.StoreMem(asm.RFP, next, asm.R1, asm.DWord))
	c.load(asm.R6, asm.R7, c.at("mount.mnt_mountpoint")-inMount, asm.DWord)
	c.add(asm.LoadMem(asm.R1, asm.R8, eventMount, asm.Word), asm.Mov.Imm32(asm.R2, -1), asm.JNE.Reg(asm.R1, asm.R2, "walk_mounted"),
		asm.LoadMem(asm.R1, asm.R8, eventEnd, asm.Word), asm.StoreMem(asm.R8, eventMount, asm.R1, asm.Word))
	c.label("walk_mounted")
	c.add(asm.LoadMem(asm.R7, asm.RFP, next, asm.DWord), asm.Ja.Label("walk_on"))

	c.label("walk_name")
	c.load(asm.R1, asm.R6, c.at("dentry.d_parent"), asm.DWord)
	c.add(asm.JEq.Reg(asm.R1, asm.R6, "walk_nowhere"), asm.StoreMem(asm.RFP, next, asm.R1, asm.DWord))
	c.load(asm.R3, asm.R6, c.at("dentry.d_name.name"), asm.DWord)
	c.add(asm.StoreMem(asm.RFP, name, asm.R3, asm.DWord),
		asm.LoadMem(asm.R9, asm.R8, eventEnd, asm.Word), asm.JGT.Imm(asm.R9, maxArgument+maxPath, "walk_cut"),
		asm.Mov.Reg(asm.R1, asm.R8), asm.Add.Imm(asm.R1, eventHeader), asm.Add.Reg(asm.R1, asm.R9),
		asm.Mov.Imm(asm.R2, maxName), asm.LoadMem(asm.R3, asm.RFP, name, asm.DWord), asm.FnProbeReadKernelStr.Call(),
		asm.JSLE.Imm(asm.R0, 0, "walk_cut"), asm.JSGT.Imm(asm.R0, maxName, "walk_cut"),
		asm.Add.Reg(asm.R9, asm.R0), asm.StoreMem(asm.R8, eventEnd, asm.R9, asm.Word), asm.LoadMem(asm.R6, asm.RFP, next, asm.DWord), asm.Ja.Label("walk_on"))

	c.label("walk_nowhere")
	c.flag(asm.R8, flagNowhere)
	c.add(asm.Ja.Label("walk_done"))
	c.label("walk_cut")
	c.flag(asm.R8, flagCut)
	c.label("walk_done")
	c.add(asm.LoadMem(asm.R0, asm.R8, eventEnd, asm.Word), asm.Return())
}

// flag sets a flag of the event that base points to.
func (c *code) flag(base asm.Register, flag int32) {
	c.add(asm.LoadMem(asm.R1, base, eventFlags, asm.Word), asm.Or.Imm(asm.R1, flag), asm.StoreMem(base, eventFlags, asm.R1, asm.Word))
}

// scratch makes dst this CPU's value of the map, in which events are put
// together.
func (c *code) scratch(dst asm.Register, name, other string) {
	c.add(asm.StoreImm(asm.RFP, -4, 0, asm.Word))
	c.lookup(name, -4)
	c.add(asm.JEq.Imm(asm.R0, 0, other), asm.Mov.Reg(dst, asm.R0))
}

// header fills in what all events have: base is the event, task the task.
func (c *code) header(base, task asm.Register, kind int64) {
	c.add(asm.StoreImm(base, eventType, kind, asm.Byte), asm.StoreImm(base, eventFlags, 0, asm.Word),
		asm.StoreImm(base, eventArgLen, 0, asm.Half), store(base, eventOwner, 0), store(base, eventDirOwner, 0), store(base, eventDirMode, 0),
		asm.StoreImm(base, eventFmode, 0, asm.Word), asm.StoreImm(base, eventImode, 0, asm.Half),
		asm.LoadMem(asm.R1, task, taskInode, asm.DWord), asm.StoreMem(base, eventInode, asm.R1, asm.DWord),
		asm.LoadMem(asm.R1, task, taskDevice, asm.Word), asm.StoreMem(base, eventDevice, asm.R1, asm.Word),
		asm.LoadMem(asm.R1, task, taskUID, asm.Word), asm.StoreMem(base, eventFrom, asm.R1, asm.Word), asm.StoreMem(base, eventUID, asm.R1, asm.Word))
	for i := range int16(4) {
		c.add(asm.LoadMem(asm.R1, task, taskArgs+8*i, asm.DWord), asm.StoreMem(base, eventArgs+8*i, asm.R1, asm.DWord))
	}
}

// send puts the event into the ring; R0 is how far it reaches behind the
// header, and afterwards 0 or a negative error number.
func (c *code) send(base asm.Register) {
	bounded, sent := c.fresh("bounded"), c.fresh("sent")
	c.add(asm.JLE.Imm(asm.R0, scratchSize-eventHeader, bounded), asm.Mov.Imm(asm.R0, scratchSize-eventHeader))
	c.label(bounded)
	c.add(asm.Mov.Reg(asm.R3, asm.R0), asm.Add.Imm(asm.R3, eventHeader), asm.Mov.Reg(asm.R2, base))
	c.mapPtr(asm.R1, "events")
	c.add(asm.Mov.Imm(asm.R4, 0), asm.FnRingbufOutput.Call(), asm.JEq.Imm(asm.R0, 0, sent))
	c.lose(lostEvents)
	c.add(asm.Mov.Imm(asm.R0, -1))
	c.label(sent)
}

// readPath copies an open file's struct path to the stack.
func (c *code) readPath(to int16, file asm.Register) {
	c.read(to, 16, file, c.first("file.f_path", "file.__f_path"))
}

// descriptor makes dst the current task's open file whose descriptor's number
// stands on the stack; the call must have shown that it is open.
func (c *code) descriptor(dst asm.Register, number int16) {
	c.typedSelf(dst)
	c.field(dst, dst, "task_struct.files", asm.DWord)
	c.field(dst, dst, "files_struct.fdt", asm.DWord)
	c.field(dst, dst, "fdtable.fd", asm.DWord)
	c.add(asm.LoadMem(asm.R1, asm.RFP, number, asm.DWord), asm.LSh.Imm(asm.R1, 32), asm.RSh.Imm(asm.R1, 29), asm.Add.Reg(dst, asm.R1))
	c.load(dst, dst, 0, asm.DWord)
}
