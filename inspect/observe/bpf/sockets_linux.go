package bpf

import (
	"encoding/binary"

	"github.com/cilium/ebpf/asm"
)

// What a socket's tally says in its 64 bits, from the lowest: the port, the
// type (8), the family (16), refused (1), the scope of its local address (2).
const (
	socketType    = 16
	socketFamily  = 24
	socketRefused = 40
	socketScope   = 41
)

// The scopes of a local address; 0 is none.
const (
	scopeAny = iota + 1
	scopeLoopback
	scopeOther
)

const (
	familyUnix  = 1
	familyInet  = 2
	familyInet6 = 10
)

// sockets counts what was tried with sockets: a connection that nobody answers
// is a use as well.
func (c *code) sockets() {
	c.label("socket")
	c.add(asm.LoadMem(asm.R1, rTask, taskArgs, asm.DWord), asm.LoadMem(asm.R2, rTask, taskArgs+8, asm.DWord),
		asm.And.Imm(asm.R1, 0xffff), asm.LSh.Imm(asm.R1, socketFamily),
		// The upper bits are SOCK_NONBLOCK and SOCK_CLOEXEC.
		asm.And.Imm(asm.R2, 0xf), asm.LSh.Imm(asm.R2, socketType), asm.Or.Reg(asm.R1, asm.R2),
		asm.Ja.Label("socket_tally"))
	c.address()
	c.listen()
	c.label("socket_tally")
	c.add(asm.JEq.Imm(rB, notPermitted, "socket_refused"), asm.JNE.Imm(rB, noAccess, "socket_allowed"))
	c.label("socket_refused")
	c.add(asm.Mov.Imm(asm.R2, 1), asm.LSh.Imm(asm.R2, socketRefused), asm.Or.Reg(asm.R1, asm.R2))
	c.label("socket_allowed")
	c.add(asm.StoreMem(asm.RFP, whatSlot, asm.R1, asm.DWord))
	c.add(asm.LoadMem(asm.R1, rTask, taskClass, asm.Word), asm.And.Imm(asm.R1, 15),
		asm.JEq.Imm(asm.R1, int32(handleBind), "socket_addressed"), asm.JNE.Imm(asm.R1, int32(handleConnect), "socket_plain"))
	c.label("socket_addressed")
	c.addressed("socket_counted")
	c.label("socket_plain")
	c.tally(kindSocket)
	c.label("socket_counted")
	c.boundPath()
	c.add(asm.Ja.Label("out"))
}

// address reads the family and the port from the address that bind and connect
// were given: two bytes each in sockaddr_in and sockaddr_in6.
func (c *code) address() {
	c.label("address")
	c.add(store(asm.RFP, scratchSlot, 0), asm.LoadMem(asm.R3, rTask, taskArgs+8, asm.DWord))
	c.stack(asm.R1, scratchSlot)
	c.add(asm.Mov.Imm(asm.R2, 4), asm.FnProbeReadUser.Call(),
		asm.LoadMem(asm.R1, asm.RFP, scratchSlot, asm.Half),
		asm.Mov.Imm(asm.R2, 0),
		asm.JEq.Imm(asm.R1, familyInet, "address_port"), asm.JNE.Imm(asm.R1, familyInet6, "address_noport"))
	c.label("address_port")
	c.add(asm.LoadMem(asm.R2, asm.RFP, scratchSlot+2, asm.Half), asm.HostTo(asm.BE, asm.R2, asm.Half))
	c.label("address_noport")
	c.add(asm.LSh.Imm(asm.R1, socketFamily), asm.Or.Reg(asm.R1, asm.R2), asm.Ja.Label("socket_tally"))
}

// listen finds the socket behind the descriptor and what it is bound to.
func (c *code) listen() {
	c.label("listen")
	c.add(asm.JSLT.Imm(rB, 0, "out"),
		asm.LoadMem(asm.R5, rTask, taskArgs, asm.DWord), asm.StoreMem(asm.RFP, whatSlot, asm.R5, asm.DWord))
	c.descriptor(asm.R5, whatSlot)
	c.follow(asm.R5, asm.R5, "file.private_data")
	c.add(asm.StoreMem(asm.RFP, whatSlot, asm.R5, asm.DWord))
	c.follow(asm.R5, asm.R5, "socket.sk")
	c.add(asm.StoreMem(asm.RFP, tallyKeySlot, asm.R5, asm.DWord))
	// What is said of it comes together in rB, which was 0.
	c.add(asm.LoadMem(asm.R5, asm.RFP, whatSlot, asm.DWord))
	c.load(rB, asm.R5, c.at("socket.type"), asm.Half)
	c.add(asm.And.Imm(rB, 0xf), asm.LSh.Imm(rB, socketType), asm.LoadMem(asm.R5, asm.RFP, tallyKeySlot, asm.DWord))
	c.load(asm.R1, asm.R5, c.at("sock.__sk_common.skc_family"), asm.Half)
	c.add(asm.LSh.Imm(asm.R1, socketFamily), asm.Or.Reg(rB, asm.R1), asm.LoadMem(asm.R5, asm.RFP, tallyKeySlot, asm.DWord),
		// skc_num means something only where there are ports.
		asm.JEq.Imm(asm.R1, familyUnix<<socketFamily, "listen_noport"))
	c.load(asm.R1, asm.R5, c.at("sock.__sk_common.skc_num"), asm.Half)
	c.add(asm.Or.Reg(rB, asm.R1))
	c.localScope()
	c.label("listen_noport")
	c.add(asm.Mov.Reg(asm.R1, rB), asm.Mov.Imm(rB, 0), asm.Ja.Label("socket_tally"))
}

// localScope adds to rB the scope of the local address of the socket whose
// struct sock stands in tallyKeySlot.
func (c *code) localScope() {
	const address = tallyKeySlot + 8
	mapped := int64(binary.NativeEndian.Uint32([]byte{0, 0, 0xff, 0xff}))
	one := int64(binary.NativeEndian.Uint64([]byte{0, 0, 0, 0, 0, 0, 0, 1}))
	c.add(asm.Mov.Reg(asm.R1, rB), asm.RSh.Imm(asm.R1, socketFamily), asm.And.Imm(asm.R1, 0xffff),
		asm.LoadMem(asm.R5, asm.RFP, tallyKeySlot, asm.DWord),
		asm.JEq.Imm(asm.R1, familyInet6, "scope_inet6"), asm.JNE.Imm(asm.R1, familyInet, "listen_noport"))
	c.load(asm.R1, asm.R5, c.at("sock.__sk_common.skc_rcv_saddr"), asm.Word)
	c.label("scope_inet")
	c.add(asm.Mov.Imm(asm.R2, scopeAny), asm.JEq.Imm(asm.R1, 0, "scope_known"), asm.Mov.Imm(asm.R2, scopeOther),
		asm.HostTo(asm.BE, asm.R1, asm.Word), asm.RSh.Imm(asm.R1, 24), asm.JNE.Imm(asm.R1, 127, "scope_known"),
		asm.Mov.Imm(asm.R2, scopeLoopback), asm.Ja.Label("scope_known"))
	c.label("scope_inet6")
	if at, ok := c.optional("sock.__sk_common.skc_v6_rcv_saddr"); ok {
		c.read(address, 16, asm.R5, at)
		c.add(asm.LoadMem(asm.R1, asm.RFP, address, asm.DWord), asm.Mov.Imm(asm.R2, scopeOther), asm.JNE.Imm(asm.R1, 0, "scope_known"),
			asm.LoadMem(asm.R1, asm.RFP, address+8, asm.DWord), asm.Mov.Imm(asm.R2, scopeAny), asm.JEq.Imm(asm.R1, 0, "scope_known"),
			asm.Mov.Imm(asm.R2, scopeLoopback), asm.LoadImm(asm.R3, one, asm.DWord), asm.JEq.Reg(asm.R1, asm.R3, "scope_known"),
			// An address of IPv4 in the form of IPv6.
			asm.LoadMem(asm.R1, asm.RFP, address+8, asm.Word), asm.Mov.Imm(asm.R2, scopeOther),
			asm.LoadImm(asm.R3, mapped, asm.DWord), asm.JNE.Reg(asm.R1, asm.R3, "scope_known"),
			asm.LoadMem(asm.R1, asm.RFP, address+12, asm.Word), asm.Ja.Label("scope_inet"))
	} else {
		c.add(asm.Ja.Label("listen_noport"))
	}
	c.label("scope_known")
	c.add(asm.LSh.Imm(asm.R2, 32), asm.LSh.Imm(asm.R2, socketScope-32), asm.Or.Reg(rB, asm.R2))
}

// boundPath records the file that a bound unix socket creates, or that it was
// not allowed to.
func (c *code) boundPath() {
	c.add(asm.JEq.Imm(rB, 0, "bound"), asm.JEq.Imm(rB, notPermitted, "bound"), asm.JEq.Imm(rB, noAccess, "bound"), asm.JNE.Imm(rB, readOnly, "out"))
	c.label("bound")
	c.add(asm.LoadMem(asm.R1, rTask, taskClass, asm.Word), asm.And.Imm(asm.R1, 15), asm.JNE.Imm(asm.R1, int32(handleBind), "out"),
		asm.LoadMem(asm.R1, asm.RFP, whatSlot, asm.DWord), asm.RSh.Imm(asm.R1, socketFamily), asm.And.Imm(asm.R1, 0xffff),
		asm.JNE.Imm(asm.R1, familyUnix, "out"),
		// The path stands behind the family, see unix(7).
		asm.LoadMem(asm.R1, rTask, taskArgs+8, asm.DWord), asm.Add.Imm(asm.R1, 2), asm.StoreMem(rTask, taskArgs+8, asm.R1, asm.DWord))
	c.phase(asm.R4)
	c.add(asm.LSh.Imm(asm.R4, 16), asm.Or.Reg(asm.R4, rA),
		asm.Mov.Reg(asm.R1, rTask), asm.Mov.Imm(asm.R2, 1), asm.Mov.Imm(asm.R3, 0), asm.Mov.Reg(asm.R5, rB), asm.Call.Label(subPath))
}
