package agent

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestOwnIsTheRunningProgram(t *testing.T) {
	b, err := Own()
	if runtime.GOOS != "linux" {
		var missing *HelperError
		if !errors.As(err, &missing) {
			t.Fatalf("error is %v, want a *HelperError", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(own)
	if err != nil {
		t.Fatal(err)
	}
	if b.Arch != runtime.GOARCH || b.Size() < info.Size() || len(b.Hash()) != 12 {
		t.Errorf("got %s, %d bytes, hash %q of a program of %d bytes", b.Arch, b.Size(), b.Hash(), info.Size())
	}
}

func TestForPrefersTheRunningProgram(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("made for linux/amd64")
	}
	own, err := Own()
	if err != nil {
		t.Fatal(err)
	}
	b, err := For("linux", "x86_64", func(string) string { return "/nowhere" })
	if err != nil || b.Hash() != own.Hash() {
		t.Errorf("For gives %v, %v; want the running program", b.Hash(), err)
	}
	static := filepath.Join(t.TempDir(), "static")
	put(t, "/", static, elfHeader(t, elf.EM_X86_64, elf.ELFOSABI_NONE))
	b, err = For("linux", "x86_64", func(string) string { return static })
	if err != nil || (b.Hash() != own.Hash()) != own.Dynamic() {
		t.Errorf("beside a static helper For gives %v, %v; the running program is %v, dynamic %v", b.Hash(), err, own.Hash(), own.Dynamic())
	}
}

func TestHelper(t *testing.T) {
	machine := elf.EM_AARCH64
	foreign := "arm64"
	fits, bsd, wrongArch := filepath.Join(t.TempDir(), "fits"), filepath.Join(t.TempDir(), "bsd"), filepath.Join(t.TempDir(), "riscv")
	beside := t.TempDir()
	put(t, "/", fits, elfHeader(t, machine, elf.ELFOSABI_NONE))
	put(t, "/", bsd, elfHeader(t, machine, elf.ELFOSABI_FREEBSD))
	put(t, "/", wrongArch, elfHeader(t, elf.EM_RISCV, elf.ELFOSABI_NONE))
	put(t, beside, "bulkhead-linux-"+foreign, elfHeader(t, machine, elf.ELFOSABI_LINUX))
	text := filepath.Join(t.TempDir(), "text")
	put(t, "/", text, []byte("#!/bin/sh\nexec bulkhead \"$@\" # not what is wanted\n"))

	const build = "CGO_ENABLED=0 go build -o bulkhead-linux-"
	for name, test := range map[string]struct {
		os, arch, named, dir string
		want, hint           string
	}{
		"named":         {"linux", foreign, fits, "/nowhere", "", ""},
		"beside":        {"linux", foreign, "", beside, "", ""},
		"none":          {"linux", foreign, "", t.TempDir(), "cannot run in this engine (linux/" + foreign + ")", build + foreign},
		"named is gone": {"linux", foreign, "/nowhere/x", beside, "no such file", build + foreign},
		"wrong arch":    {"linux", foreign, wrongArch, beside, "it is made for riscv64", build + foreign},
		"wrong system":  {"linux", foreign, bsd, beside, "it is made for another operating system", build + foreign},
		"not ELF":       {"linux", foreign, text, beside, "it is not an ELF program", build + foreign},
		"windows":       {"windows", "amd64", fits, beside, "cannot run in this engine (windows/amd64)", "runs Linux containers"},
	} {
		b, err := helper(test.os, test.arch, test.named, func() (string, error) { return filepath.Join(test.dir, "bulkhead"), nil })
		if test.want == "" {
			if err != nil || b.Arch != foreign || b.Dynamic() {
				t.Errorf("%s: %v, architecture %q, dynamic %v", name, err, b.Arch, b.Dynamic())
			}
			continue
		}
		var missing *HelperError
		if !errors.As(err, &missing) {
			t.Errorf("%s: error is %v, want a *HelperError", name, err)
			continue
		}
		if !strings.Contains(err.Error(), test.want) || !strings.Contains(missing.Hint(), test.hint) {
			t.Errorf("%s: says %q, hints %q", name, err, missing.Hint())
		}
	}
}

// elfHeader is a program without contents: all that says where it runs.
func elfHeader(t *testing.T, machine elf.Machine, abi elf.OSABI) []byte {
	t.Helper()
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Ehsize: 64, Phentsize: 56, Shentsize: 64}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	h.Ident[elf.EI_VERSION], h.Ident[elf.EI_OSABI] = byte(elf.EV_CURRENT), byte(abi)
	var buf bytes.Buffer
	if err := binary.Write(&buf, binary.LittleEndian, h); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestDynamicHelperIsRefused(t *testing.T) {
	program := compileDynamic(t)
	_, err := helper("linux", runtime.GOARCH, program, nil)
	if err == nil || !strings.Contains(err.Error(), "it is dynamically linked") {
		t.Errorf("error is %v", err)
	}
}

func TestNormalArch(t *testing.T) {
	for in, want := range map[string]string{
		"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386", "amd64": "amd64",
		"s390x": "s390x", "../../etc": "unknown", "AMD64": "unknown",
	} {
		if got := normalArch(in); got != want {
			t.Errorf("normalArch(%q) = %q, want %q", in, got, want)
		}
	}
}
