package bpf

import "github.com/cilium/ebpf/asm"

// Places on the stack of the programs that tally; whatSlot is given by them.
const (
	whatSlot       = -24
	tallyKeySlot   = -32 - tallyKey
	tallyValueSlot = tallyKeySlot - tallyValue
)

// tally counts in the map tally what stands in whatSlot, for the current task
// and the call in rA.
func (c *code) tally(kind int64) {
	found, counted := c.fresh("found"), c.fresh("counted")
	c.self(asm.R5)
	c.effectiveUser(asm.R5)
	key := func(field int16) int16 { return tallyKeySlot + field }
	c.add(asm.StoreMem(asm.RFP, key(tallyUID), asm.R1, asm.Word),
		asm.LoadMem(asm.R1, rTask, taskInode, asm.DWord), asm.StoreMem(asm.RFP, key(tallyInode), asm.R1, asm.DWord),
		asm.LoadMem(asm.R1, asm.RFP, whatSlot, asm.DWord), asm.StoreMem(asm.RFP, key(tallyWhat), asm.R1, asm.DWord),
		asm.LoadMem(asm.R1, rTask, taskDevice, asm.Word), asm.StoreMem(asm.RFP, key(tallyDevice), asm.R1, asm.Word),
		asm.StoreMem(asm.RFP, key(tallyCall), rA, asm.Half),
		asm.StoreImm(asm.RFP, key(tallyKind), kind, asm.Byte),
		asm.StoreImm(asm.RFP, key(tallyPad), 0, asm.Word))
	c.phase(asm.R2)
	c.add(asm.StoreMem(asm.RFP, key(tallyPhase), asm.R2, asm.Byte))
	c.lookup("tally", tallyKeySlot)
	c.add(asm.JNE.Imm(asm.R0, 0, found), store(asm.RFP, tallyValueSlot, 1))
	for i := range int16(3) {
		c.add(asm.LoadMem(asm.R1, rTask, taskArgs+8*i, asm.DWord), asm.StoreMem(asm.RFP, tallyValueSlot+8+8*i, asm.R1, asm.DWord))
	}
	c.update("tally", tallyKeySlot, tallyValueSlot, newEntry)
	c.add(asm.JEq.Imm(asm.R0, 0, counted))
	// Either another CPU was faster or the map is full.
	c.lookup("tally", tallyKeySlot)
	c.add(asm.JNE.Imm(asm.R0, 0, found))
	c.lose(lostTally)
	c.add(asm.Ja.Label(counted))
	c.label(found)
	c.count(asm.R0, 0)
	c.label(counted)
}
