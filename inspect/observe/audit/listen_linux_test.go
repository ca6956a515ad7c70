package audit

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/wire"
)

func TestAKernelThatLogsNothingIsSaid(t *testing.T) {
	for _, tt := range []struct{ name, actions, says string }{
		{"it does not say", "", "Linux 4.14"},
		{"other actions only", "kill_process kill_thread trap errno\n", `"kill_process kill_thread trap errno log"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "actions_logged")
			if tt.actions != "" {
				if err := os.WriteFile(file, []byte(tt.actions), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, err := listen(file)
			var refused *observe.RefusedError
			if !errors.As(err, &refused) || !strings.Contains(refused.Hint(), tt.says) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestARunningContainerCannotBeLogged(t *testing.T) {
	if _, err := Listen()(wire.Watch{Live: true}); err == nil {
		t.Error("it was accepted")
	}
}

// What comes over the socket is taken as it is, however short.
func FuzzMessage(f *testing.F) {
	whole := binary.NativeEndian.AppendUint32(nil, 99)
	whole = binary.NativeEndian.AppendUint16(whole, typeSeccomp)
	whole = append(whole, make([]byte, 10)...)
	f.Add(append(whole, `audit(1.000:7): pid=1 exe="/x" arch=c000003e syscall=1 code=0x7ffc0000`...))
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := newReader("amd64")
		if err != nil {
			t.Skip(err)
		}
		if err := r.begin(); err != nil {
			t.Fatal(err)
		}
		r.message(data)
		if o, err := r.Stop(); err == nil && len(o.Syscalls) != 1 {
			t.Errorf("%+v of one message", o.Syscalls)
		}
	})
}
