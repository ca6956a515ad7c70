package bpf

import "github.com/cilium/ebpf/asm"

// The key of the map addresses, put together in the map address: who did what
// with which address.
const (
	addressInode   = 0  // uint64: of the executable
	addressDevice  = 8  // uint32
	addressCall    = 12 // uint16
	addressPhase   = 14 // uint8
	addressRefused = 15 // uint8
	addressLength  = 16 // uint16: of the address, where a path is abstract
	addressPad     = 18 // 6 bytes
	addressData    = 24 // the struct sockaddr without what means nothing
	addressKey     = addressData + 112

	// maxSunPath is how long the path of a unix socket is, see unix(7).
	maxSunPath = 108
)

// addressed counts the call in rA, which returned rB, with the address that it
// was given, and goes on at counted; where it has none that is kept, or there is
// no room, the program goes on behind it. What is known of it stands in whatSlot,
// and survives.
func (c *code) addressed(counted string) {
	const zero, one, fam = -4, scratchSlot, -32
	c.add(asm.LoadMem(asm.R1, asm.RFP, whatSlot, asm.DWord), asm.RSh.Imm(asm.R1, socketFamily), asm.And.Imm(asm.R1, 0xffff),
		asm.StoreMem(asm.RFP, fam, asm.R1, asm.DWord),
		asm.JEq.Imm(asm.R1, familyUnix, "address_kept"), asm.JEq.Imm(asm.R1, familyInet, "address_kept"), asm.JNE.Imm(asm.R1, familyInet6, "address_not"))
	c.label("address_kept")
	c.add(asm.StoreImm(asm.RFP, zero, 0, asm.Word))
	c.lookup("address", zero)
	c.add(asm.JEq.Imm(asm.R0, 0, "address_not"), asm.StoreMem(asm.RFP, keySlot, asm.R0, asm.DWord))
	for at := int16(0); at < addressKey; at += 8 {
		c.add(store(asm.R0, at, 0))
	}
	c.add(asm.LoadMem(asm.R1, rTask, taskInode, asm.DWord), asm.StoreMem(asm.R0, addressInode, asm.R1, asm.DWord),
		asm.LoadMem(asm.R1, rTask, taskDevice, asm.Word), asm.StoreMem(asm.R0, addressDevice, asm.R1, asm.Word),
		asm.StoreMem(asm.R0, addressCall, rA, asm.Half),
		asm.LoadMem(asm.R1, asm.RFP, whatSlot, asm.DWord), asm.RSh.Imm(asm.R1, socketRefused), asm.StoreMem(asm.R0, addressRefused, asm.R1, asm.Byte),
		asm.Mov.Reg(asm.R5, asm.R0))
	c.phase(asm.R2)
	c.add(asm.StoreMem(asm.R5, addressPhase, asm.R2, asm.Byte),
		asm.LoadMem(asm.R1, asm.RFP, fam, asm.DWord), asm.StoreMem(asm.R5, addressData, asm.R1, asm.Half),
		asm.LoadMem(asm.R3, rTask, taskArgs+8, asm.DWord), asm.Add.Imm(asm.R3, 2),
		asm.JEq.Imm(asm.R1, familyUnix, "address_unix"), asm.JEq.Imm(asm.R1, familyInet6, "address_inet6"))
	// The port and the address; behind them is padding, see ip(7).
	c.readUser(6)
	c.add(asm.Ja.Label("address_read"))
	c.label("address_inet6")
	c.readUser(22)
	// The flow is no part of the address, see ipv6(7).
	c.add(asm.LoadMem(asm.R5, asm.RFP, keySlot, asm.DWord), asm.StoreImm(asm.R5, addressData+4, 0, asm.Word), asm.Ja.Label("address_read"))
	c.unixPath()
	c.label("address_read")
	c.keyed("addresses")
	c.add(asm.FnMapLookupElem.Call(), asm.JNE.Imm(asm.R0, 0, "address_found"), store(asm.RFP, one, 1))
	c.keyed("addresses")
	c.stack(asm.R3, one)
	c.add(asm.Mov.Imm(asm.R4, newEntry), asm.FnMapUpdateElem.Call(), asm.JEq.Imm(asm.R0, 0, counted))
	// Either another CPU was faster or the map is full.
	c.keyed("addresses")
	c.add(asm.FnMapLookupElem.Call(), asm.JNE.Imm(asm.R0, 0, "address_found"))
	c.lose(lostPeers)
	c.add(asm.Ja.Label("address_not"))
	c.label("address_found")
	c.count(asm.R0, 0)
	c.add(asm.Ja.Label(counted))
	c.label("address_not")
}

// keySlot is where a pointer to the key of an address stands on the stack.
const keySlot = -40

// keyed makes R1 the map and R2 the key.
func (c *code) keyed(name string) {
	c.add(asm.LoadMem(asm.R2, asm.RFP, keySlot, asm.DWord))
	c.mapPtr(asm.R1, name)
}

// readUser copies so many bytes of the caller's memory at R3 behind the family
// in the key at R5. A read that fails leaves zeros there.
func (c *code) readUser(size int32) {
	c.add(asm.Mov.Reg(asm.R1, asm.R5), asm.Add.Imm(asm.R1, addressData+2), asm.Mov.Imm(asm.R2, size), asm.FnProbeReadUser.Call())
}

// unixPath copies the path of a unix socket at R3 to the key at R5: up to its
// final zero, or all of it where it begins with one (unix(7), "abstract").
func (c *code) unixPath() {
	const path = -48
	c.label("address_unix")
	c.add(asm.StoreMem(asm.RFP, path, asm.R3, asm.DWord))
	c.readUser(1)
	c.add(asm.LoadMem(asm.R5, asm.RFP, keySlot, asm.DWord), asm.LoadMem(asm.R3, asm.RFP, path, asm.DWord),
		asm.LoadMem(asm.R1, asm.R5, addressData+2, asm.Byte), asm.JEq.Imm(asm.R1, 0, "address_abstract"),
		asm.Mov.Reg(asm.R1, asm.R5), asm.Add.Imm(asm.R1, addressData+2), asm.Mov.Imm(asm.R2, maxSunPath), asm.FnProbeReadUserStr.Call(),
		asm.Ja.Label("address_read"))
	c.label("address_abstract")
	// The length that the call was given, without the family.
	c.add(asm.LoadMem(asm.R2, rTask, taskArgs+16, asm.Word), asm.JLT.Imm(asm.R2, 3, "address_read"), asm.Sub.Imm(asm.R2, 2),
		asm.JLE.Imm(asm.R2, maxSunPath, "address_fits"), asm.Mov.Imm(asm.R2, maxSunPath))
	c.label("address_fits")
	c.add(asm.StoreMem(asm.R5, addressLength, asm.R2, asm.Half),
		asm.Mov.Reg(asm.R1, asm.R5), asm.Add.Imm(asm.R1, addressData+2), asm.FnProbeReadUser.Call())
}
