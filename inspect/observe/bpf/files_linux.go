package bpf

import "github.com/cilium/ebpf/asm"

// The key of the map seen, which holds what was sent already: the file's
// dentry, its parent, the hash of its name, and how it was opened in which
// phase. An open that is in it is passed over.
const (
	seenDentry = 0
	seenParent = 8
	seenHash   = 16
	seenMode   = 24
	seenUser   = 32 // who writes
	seenSize   = 40
)

// The bits of file.f_mode that matter (include/linux/fs.h, Linux 6.12). O_CREAT
// itself is gone from f_flags by then.
const (
	fmodeRead    = 1 << 0
	fmodeWrite   = 1 << 1
	fmodeCreated = 1 << 20
	// These two are of bulkhead's own: what was done with an open file.
	fmodeLocked = 1 << 27
	fmodeMapped = 1 << 28
)

// recordOpened is the subprogram record_opened(task, call, fd, phase, done): it
// sends the file that was opened, or with which something was done: one of
// fmodeLocked and fmodeMapped.
func recordOpened(c *code) {
	const key, path, call, fd, phase, done = -56, -72, -80, -88, -96, -104
	c.label(subOpened)
	c.add(asm.Mov.Reg(asm.R6, asm.R1), asm.StoreMem(asm.RFP, call, asm.R2, asm.DWord), asm.StoreMem(asm.RFP, fd, asm.R3, asm.DWord),
		asm.StoreMem(asm.RFP, phase, asm.R4, asm.DWord), asm.StoreMem(asm.RFP, done, asm.R5, asm.DWord), store(asm.RFP, key+seenUser, 0))
	c.descriptor(asm.R7, fd)
	c.readPath(path, asm.R7)
	c.add(asm.LoadMem(asm.R8, asm.RFP, path+int16(c.at("path.dentry")), asm.DWord))
	c.add(asm.StoreMem(asm.RFP, key+seenDentry, asm.R8, asm.DWord))
	c.nameKey(key)
	c.add(asm.LoadMem(asm.R9, asm.RFP, done, asm.DWord), asm.JNE.Imm(asm.R9, 0, "opened_how"))
	c.load(asm.R9, asm.R7, c.at("file.f_mode"), asm.Word)
	c.add(asm.And.Imm(asm.R9, fmodeRead|fmodeWrite|fmodeCreated),
		asm.Mov.Reg(asm.R1, asm.R9), asm.And.Imm(asm.R1, fmodeWrite|fmodeCreated), asm.JEq.Imm(asm.R1, 0, "opened_how"),
		asm.LoadMem(asm.R1, asm.R6, taskUID, asm.Word), asm.StoreMem(asm.RFP, key+seenUser, asm.R1, asm.DWord))
	c.label("opened_how")
	c.add(asm.LoadMem(asm.R1, asm.RFP, phase, asm.DWord), asm.LSh.Imm(asm.R1, 32),
		asm.Or.Reg(asm.R1, asm.R9), asm.StoreMem(asm.RFP, key+seenMode, asm.R1, asm.DWord))
	c.lookup("seen", key)
	c.add(asm.JNE.Imm(asm.R0, 0, "opened_out"))

	c.load(asm.R7, asm.R7, c.at("file.f_inode"), asm.DWord)
	c.scratch(asm.R8, "scratch", "opened_out")
	c.header(asm.R8, asm.R6, eventOpened)
	c.owner(asm.R7, eventImode, eventOwner, eventGroup)
	c.add(asm.LoadMem(asm.R7, asm.RFP, key+seenParent, asm.DWord))
	c.load(asm.R7, asm.R7, c.at("dentry.d_inode"), asm.DWord)
	c.owner(asm.R7, eventDirMode, eventDirOwner, eventDirGroup)
	c.add(asm.StoreMem(asm.R8, eventFmode, asm.R9, asm.Word),
		asm.LoadMem(asm.R1, asm.RFP, phase, asm.DWord), asm.StoreMem(asm.R8, eventPhase, asm.R1, asm.Byte),
		asm.LoadMem(asm.R1, asm.RFP, call, asm.DWord), asm.StoreMem(asm.R8, eventCall, asm.R1, asm.Half),
		store(asm.R8, eventRet, 0))
	c.walkFrom(path, asm.R8)
	c.send(asm.R8)
	c.add(asm.JNE.Imm(asm.R0, 0, "opened_out"), store(asm.RFP, scratchSlot, 1))
	c.update("seen", key, scratchSlot, anyEntry)
	c.label("opened_out")
	c.exit()
}

// owner puts the mode and the owner of an inode into the event in R8.
func (c *code) owner(inode asm.Register, mode, user, group int16) {
	for _, f := range []struct {
		field string
		size  asm.Size
		to    int16
	}{{"inode.i_mode", asm.Half, mode}, {"inode.i_uid", asm.Word, user}, {"inode.i_gid", asm.Word, group}} {
		c.load(asm.R1, inode, c.at(f.field), f.size)
		c.add(asm.StoreMem(asm.R8, f.to, asm.R1, f.size))
	}
}

// nameKey puts the parent of the dentry in R8 and its name's hash into the key.
// They are neighbours in the kernels that are known.
func (c *code) nameKey(key int16) {
	parent, hash := c.at("dentry.d_parent"), c.at("dentry.d_name.hash_len")
	if hash == parent+seenHash-seenParent {
		c.read(key+seenParent, seenHash-seenParent+8, asm.R8, parent)
		return
	}
	c.read(key+seenParent, 8, asm.R8, parent)
	c.read(key+seenHash, 8, asm.R8, hash)
}

// walkFrom walks from the struct path on the stack; R0 is the end.
func (c *code) walkFrom(path int16, event asm.Register) {
	bounded := c.fresh("walk_from")
	c.add(asm.LoadMem(asm.R1, asm.RFP, path+int16(c.at("path.dentry")), asm.DWord),
		asm.LoadMem(asm.R2, asm.RFP, path+int16(c.at("path.mnt")), asm.DWord),
		asm.Mov.Reg(asm.R3, event), asm.LoadMem(asm.R4, event, eventArgLen, asm.Half),
		asm.JLE.Imm(asm.R4, maxArgument, bounded), asm.Mov.Imm(asm.R4, maxArgument))
	c.label(bounded)
	c.add(asm.Call.Label(subWalk))
}

// atCwd is AT_FDCWD of openat(2).
const atCwd = -100

// recordPath is the subprogram record_path(task, argument, directory, call |
// phase << 16 | flags << 24, ret): it sends the path argument with the path of
// the directory it starts from. argument is a number or noPath; directory is a
// number plus one or 0.
func recordPath(c *code) {
	const path, dir, call, ret = -32, -40, -48, -56
	c.label(subPath)
	c.add(asm.Mov.Reg(asm.R6, asm.R1), asm.Mov.Reg(asm.R7, asm.R2), asm.StoreMem(asm.RFP, dir, asm.R3, asm.DWord),
		asm.StoreMem(asm.RFP, call, asm.R4, asm.DWord), asm.StoreMem(asm.RFP, ret, asm.R5, asm.DWord))
	c.scratch(asm.R8, "scratch", "path_out")
	c.header(asm.R8, asm.R6, eventPath)
	c.add(asm.LoadMem(asm.R1, asm.RFP, call, asm.DWord), asm.StoreMem(asm.R8, eventCall, asm.R1, asm.Half),
		asm.RSh.Imm(asm.R1, 16), asm.StoreMem(asm.R8, eventPhase, asm.R1, asm.Byte),
		asm.RSh.Imm(asm.R1, 8), asm.StoreMem(asm.R8, eventFlags, asm.R1, asm.Word),
		asm.LoadMem(asm.R1, asm.RFP, ret, asm.DWord), asm.StoreMem(asm.R8, eventRet, asm.R1, asm.DWord))
	c.readArgument()
	c.startingPoint(path, dir)
	c.walkFrom(path, asm.R8)
	c.send(asm.R8)
	c.add(asm.Ja.Label("path_out"))
	c.label("path_unreadable")
	c.lose(lostPaths)
	c.label("path_out")
	c.exit()
}

// readArgument copies the path whose argument's number is in R7 into the event
// in R8, and leaves its first byte, or 0, in R9.
func (c *code) readArgument() {
	c.add(asm.Mov.Imm(asm.R9, 0), asm.JEq.Imm(asm.R7, noPath, "argument_none"),
		asm.And.Imm(asm.R7, 3), asm.LSh.Imm(asm.R7, 3), asm.Mov.Reg(asm.R1, asm.R6), asm.Add.Reg(asm.R1, asm.R7),
		asm.LoadMem(asm.R3, asm.R1, taskArgs, asm.DWord),
		// A null pointer stands for the directory itself in utimensat(2).
		asm.JEq.Imm(asm.R3, 0, "argument_none"),
		asm.Mov.Reg(asm.R1, asm.R8), asm.Add.Imm(asm.R1, eventHeader), asm.Mov.Imm(asm.R2, maxArgument), asm.FnProbeReadUserStr.Call(),
		asm.JSLE.Imm(asm.R0, 0, "path_unreadable"), asm.JSGT.Imm(asm.R0, maxArgument, "path_unreadable"),
		asm.StoreMem(asm.R8, eventArgLen, asm.R0, asm.Half), asm.LoadMem(asm.R9, asm.R8, eventHeader, asm.Byte),
		asm.JNE.Imm(asm.R0, maxArgument, "argument_none"))
	c.flag(asm.R8, flagArgCut)
	c.label("argument_none")
}

// startingPoint leaves on the stack the struct path that the argument starts
// from: the process's root, the directory it was given, or its own.
func (c *code) startingPoint(path, dir int16) {
	c.self(asm.R7)
	c.add(asm.JEq.Imm(asm.R9, '/', "start_root"),
		asm.LoadMem(asm.R1, asm.RFP, dir, asm.DWord), asm.JEq.Imm(asm.R1, 0, "start_cwd"),
		asm.Sub.Imm(asm.R1, 1), asm.And.Imm(asm.R1, 3), asm.LSh.Imm(asm.R1, 3), asm.Add.Reg(asm.R1, asm.R6),
		asm.LoadMem(asm.R1, asm.R1, taskArgs, asm.DWord),
		asm.StoreMem(asm.RFP, dir, asm.R1, asm.DWord),
		asm.LSh.Imm(asm.R1, 32), asm.ArSh.Imm(asm.R1, 32), asm.JEq.Imm(asm.R1, atCwd, "start_cwd"), asm.JSLT.Imm(asm.R1, 0, "path_unreadable"))
	c.descriptor(asm.R7, dir)
	c.readPath(path, asm.R7)
	c.add(asm.Ja.Label("start_known"))
	c.label("start_root")
	c.follow(asm.R7, asm.R7, "task_struct.fs")
	c.read(path, 16, asm.R7, c.at("fs_struct.root"))
	c.add(asm.Ja.Label("start_known"))
	c.label("start_cwd")
	c.follow(asm.R7, asm.R7, "task_struct.fs")
	c.read(path, 16, asm.R7, c.at("fs_struct.pwd"))
	c.label("start_known")
}
