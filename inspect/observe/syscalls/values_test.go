package syscalls

import (
	"testing"

	"bulkhead/inspect/observe"
)

func TestText(t *testing.T) {
	for _, tt := range []struct {
		call   string
		values []uint64
		want   string
	}{
		{"socket", []uint64{10, 0o2004001, 0}, "inet6 stream 0"},
		{"socket", []uint64{38, 0x103, 99}, "alg 0x103 0x63"},
		{"clone", []uint64{0x01200011}, "CHILD_CLEARTID|CHILD_SETTID|0x11"},
		{"unshare", []uint64{0}, "0x0"},
		{"unshare", []uint64{0x10000000}, "NEWUSER"},
		{"prctl", []uint64{15}, "SET_NAME"},
		{"prctl", []uint64{1 << 40}, "0x10000000000"},
		{"fcntl", []uint64{37}, "OFD_SETLK"},
		{"personality", []uint64{0xffffffff}, "0xffffffff"},
		{"kcmp", []uint64{1}, "1"},
	} {
		a := observe.Arguments{Syscall: tt.call}
		for i, v := range tt.values {
			a.Values = append(a.Values, observe.Argument{Index: i, Value: v})
		}
		if got := Text(a); got != tt.want {
			t.Errorf("%s(%v) is %q, want %q", tt.call, tt.values, got, tt.want)
		}
	}
}
