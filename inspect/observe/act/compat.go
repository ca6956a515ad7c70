package act

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
)

// Compat runs a program of 32-bit x86 that only ends itself, from a directory.
// Where the kernel does not run such programs the error is ENOEXEC.
func Compat(dir string) error {
	program := dir + "/compat"
	if err := os.WriteFile(program, smallest386(), 0o755); err != nil {
		return err
	}
	return exec.Command(program).Run()
}

// smallest386 is an ELF file with one segment, whose code makes the system call
// exit(0).
func smallest386() []byte {
	const base, headers = 0x08048000, 52 + 32
	code := []byte{
		0x31, 0xdb, // xor ebx, ebx
		0x31, 0xc0, // xor eax, eax
		0x40,       // inc eax: exit is 1
		0xcd, 0x80, // int 0x80
	}
	size := uint32(headers + len(code))
	header := elf.Header32{
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_386), Version: 1, Entry: base + headers, Phoff: 52, Ehsize: 52, Phentsize: 32, Phnum: 1,
	}
	copy(header.Ident[:], elf.ELFMAG+"\x01\x01\x01")
	segment := elf.Prog32{
		Type: uint32(elf.PT_LOAD), Vaddr: base, Paddr: base, Filesz: size, Memsz: size, Flags: uint32(elf.PF_R | elf.PF_X), Align: 0x1000,
	}
	var out bytes.Buffer
	for _, part := range []any{header, segment, code} {
		_ = binary.Write(&out, binary.LittleEndian, part) // to memory
	}
	return out.Bytes()
}
