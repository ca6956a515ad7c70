package syscalls

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect/observe"
)

// family begins an address.
func family(n uint16, rest ...byte) []byte {
	return append(binary.NativeEndian.AppendUint16(nil, n), rest...)
}

func TestAddressed(t *testing.T) {
	loopback6 := append(make([]byte, 15), 1)
	mapped := append(append(make([]byte, 10), 0xff, 0xff), 127, 0, 0, 2)
	for _, tt := range []struct {
		name string
		data []byte
		want observe.Socket
	}{
		{"nothing", nil, observe.Socket{}},
		{"IPv4", family(2, 0, 80, 10, 0, 0, 1, 9, 9), observe.Socket{Family: "inet", Port: 80, Address: "10.0.0.1", Scope: observe.Beyond}},
		{"any", family(2, 1, 0, 0, 0, 0, 0), observe.Socket{Family: "inet", Port: 256, Address: "0.0.0.0", Scope: observe.Anywhere}},
		{"cut", family(2, 0, 80), observe.Socket{Family: "inet", Port: 80}},
		{"IPv6", family(10, append([]byte{0, 53, 1, 2, 3, 4}, loopback6...)...),
			observe.Socket{Family: "inet6", Port: 53, Address: "::1", Scope: observe.Loopback}},
		{"IPv4 in IPv6", family(10, append([]byte{0, 53, 0, 0, 0, 0}, mapped...)...),
			observe.Socket{Family: "inet6", Port: 53, Address: "::ffff:127.0.0.2", Scope: observe.Loopback}},
		{"a path", family(1, []byte("/run/./x.sock\x00rest")...), observe.Socket{Family: "unix", Address: "/run/x.sock"}},
		{"abstract", family(1, []byte("\x00name\x00\x00")...), observe.Socket{Family: "unix", Address: "@name"}},
		{"unnamed", family(1), observe.Socket{Family: "unix"}},
		{"zeros", family(1, 0, 0, 0), observe.Socket{Family: "unix"}},
		{"netlink", family(16, 0, 0, 1, 2), observe.Socket{Family: "netlink"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Addressed(observe.Socket{}, tt.data)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzAddressed(f *testing.F) {
	f.Add(family(2, 0, 80, 10, 0, 0, 1))
	f.Add(family(1, 0, 'x'))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := Addressed(observe.Socket{}, data)
		if (s.Family == "inet" || s.Family == "inet6") != (s.Scope != "") && len(data) >= 24 {
			t.Errorf("%+v", s)
		}
	})
}

// Each class keeps its parts apart.
func TestFilters(t *testing.T) {
	for name, want := range map[string][]observe.Argument{
		"socket":  {{Index: 0, Value: 10}, {Index: 1, Value: 11}, {Index: 2, Value: 12}},
		"fcntl":   {{Index: 1, Value: 11}},
		"mount":   {{Index: 3, Value: 13}},
		"clone3":  {{Index: 0, Value: 10, Memory: true}},
		"openat":  nil,
		"accept4": nil,
	} {
		if diff := cmp.Diff(want, Values(Classes[name], [4]uint64{10, 11, 12, 13})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if path, dir := Classes["openat"].Path(); path != 1 || dir != 0 || Classes["openat"].Handle() != Open {
		t.Errorf("openat: path %d, directory %d", path, dir)
	}
	if _, _, second := Classes["mount"].Second(); second {
		t.Error("mount is said to have a second path")
	}
}
