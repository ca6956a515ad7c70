package sysnum

import "testing"

// The numbers are those of Linux's own tables: arch/x86/entry/syscalls and
// include/uapi/asm-generic/unistd.h, Linux 6.12.
func TestNames(t *testing.T) {
	for _, tt := range []struct {
		arch           string
		number         int
		native, compat string
	}{
		{"amd64", 0, "read", "restart_syscall"},
		{"amd64", 1, "write", "exit"},
		{"amd64", 257, "openat", "remap_file_pages"},
		{"amd64", 435, "clone3", "clone3"},
		{"arm64", 56, "openat", "syscall_56"},
		{"arm64", 79, "newfstatat", "settimeofday"},
		{"arm64", 1023, "syscall_1023", "syscall_1023"},
		{"amd64", -1, "unknown", "unknown"},
		{"amd64", 1 << 40, "unknown", "unknown"},
	} {
		native, compat, ok := For(tt.arch)
		if !ok {
			t.Fatalf("%s is not known", tt.arch)
		}
		if got := native.Name(tt.number); got != tt.native {
			t.Errorf("%s %d is %q, want %q", tt.arch, tt.number, got, tt.native)
		}
		if got := compat.Name(tt.number); got != tt.compat {
			t.Errorf("%s %d of 32 bits is %q, want %q", tt.arch, tt.number, got, tt.compat)
		}
	}
	if _, _, ok := For("s390x"); ok {
		t.Error("s390x is said to be known")
	}
}

func TestNumbersTurnsTheTableRound(t *testing.T) {
	native, _, _ := For("amd64")
	for name, n := range native.Numbers() {
		if native.Name(n) != name {
			t.Errorf("%s is %d, which is %s", name, n, native.Name(n))
		}
	}
}
