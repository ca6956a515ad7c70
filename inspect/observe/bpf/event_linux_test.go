package bpf

import (
	"encoding/binary"
	"testing"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/sysnum"
)

// raw is an event as the programs put it together.
func raw(kind byte, flags uint32, argument string, names ...string) []byte {
	data := make([]byte, eventHeader)
	data[eventType], data[eventPhase] = kind, phaseStart
	binary.NativeEndian.PutUint32(data[eventFlags:], flags)
	binary.NativeEndian.PutUint32(data[eventMount:], noMount)
	if argument != "" {
		data = append(append(data, argument...), 0)
		binary.NativeEndian.PutUint16(data[eventArgLen:], uint16(len(argument)+1))
	}
	for _, name := range names {
		data = append(append(data, name...), 0)
	}
	binary.NativeEndian.PutUint32(data[eventEnd:], uint32(len(data)-eventHeader))
	return data
}

func TestDecode(t *testing.T) {
	for _, tt := range []struct {
		name           string
		data           []byte
		argument, base string
	}{
		{"a path", raw(eventOpened, 0, "", "passwd", "etc"), "", "/etc/passwd"},
		{"the root", raw(eventOpened, 0, ""), "", "/"},
		{"an argument", raw(eventPath, 0, "../x", "work", "srv"), "../x", "/srv/work"},
		{"an argument at the root", raw(eventPath, 0, "/x"), "/x", "/"},
	} {
		e, err := decode(tt.data)
		if err != nil || e.argument != tt.argument || e.base != tt.base {
			t.Errorf("%s: %q, %q, %v", tt.name, e.argument, e.base, err)
		}
	}
}

func FuzzTake(f *testing.F) {
	f.Add(raw(eventOpened, 0, "", "passwd", "etc"))
	f.Add(raw(eventPath, flagSecond, "../x", "work", "srv"))
	f.Add(raw(eventExec, flagCut, "/bin/sh", "sh", "bin"))
	f.Fuzz(func(t *testing.T, data []byte) {
		calls, _, _ := sysnum.For("amd64")
		r := newRecord(calls)
		r.take(data)
		var o observe.Observation
		r.Fill(&o)
		for _, file := range o.Files {
			if file.Path == "" || file.Path[0] != '/' {
				t.Errorf("the path is %q", file.Path)
			}
		}
	})
}

func TestAnEventThatLiesAboutItsLengthIsLost(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty":              nil,
		"short":              raw(eventOpened, 0, "", "f")[:eventHeader-1],
		"cut":                raw(eventOpened, 0, "", "file")[:eventHeader+2],
		"of an unknown kind": raw(99, 0, "", "f"),
	} {
		r := newRecord(nil)
		r.take(data)
		if r.Lost.Events != 1 {
			t.Errorf("%s: %+v", name, r.Lost)
		}
	}
}

func TestNamesOfCalls(t *testing.T) {
	a, ok := archOf("amd64")
	if !ok {
		t.Fatal("amd64 is not known")
	}
	for index, want := range map[int]string{
		0: "read", 435: "clone3", compat + 1: "exit", compat - 1: "unknown", 2*compat - 1: "unknown", noCall: "", 500: "syscall_500",
	} {
		if got := callName(a, index); got != want {
			t.Errorf("call %d is %q, want %q", index, got, want)
		}
	}
}
