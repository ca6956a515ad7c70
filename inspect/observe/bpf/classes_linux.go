package bpf

import "bulkhead/inspect/observe/syscalls"

// class is what the programs are told of a call.
type class = syscalls.Class

// What handles a call.
const (
	handleArgs     = syscalls.Args
	handleOpen     = syscalls.Open
	handlePath     = syscalls.Path
	handleRefused  = syscalls.Refused
	handleSocket   = syscalls.Socket
	handleBind     = syscalls.Bind
	handleListen   = syscalls.Listen
	handleConnect  = syscalls.Connect
	handleIdentity = syscalls.Identity
	handleKill     = syscalls.Kill
	handleTgkill   = syscalls.Tgkill
	handleMap      = syscalls.Map
	handleLock     = syscalls.Lock
	handleControl  = syscalls.Control
)

const classDescriptor = int32(syscalls.Descriptor)

var classes = syscalls.Classes

// noPath stands in the place of a path argument: the file is the directory
// argument itself.
const noPath = syscalls.NoPath
