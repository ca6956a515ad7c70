package inspect

import "testing"

// capData is the xattr of getcap's cap_net_raw=ep, as Debian 12's iputils-ping
// carries it.
const capData = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

func TestParseFileCaps(t *testing.T) {
	for _, tt := range []struct {
		name, data             string
		permitted, inheritable string
		effective, fails       bool
	}{
		{"none", "", "none", "none", false, false},
		{"revision 2", capData, "NET_RAW", "none", true, false},
		{"not effective", "\x00" + capData[1:], "NET_RAW", "none", false, false},
		{"with a user namespace", "\x01\x00\x00\x03" + capData[4:] + "\xe8\x03\x00\x00", "NET_RAW", "none", true, false},
		{"inheritable in the upper half", "\x00\x00\x00\x02" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00", "none", "PERFMON", false, false},
		{"permitted in the upper half", "\x00\x00\x00\x02" + "\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00", "BPF", "none", false, false},
		{"revision 1", "\x00\x00\x00\x01\x01\x00\x00\x00\x02\x00\x00\x00", "CHOWN", "DAC_OVERRIDE", false, false},
		{"cut", capData[:8], "none", "none", false, true},
		{"half", capData[:14], "none", "none", false, true},
		{"revision 9", "\x00\x00\x00\x09" + capData[4:], "none", "none", false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseFileCaps(tt.data)
			if (err != nil) != tt.fails || got.Permitted.String() != tt.permitted || got.Inheritable.String() != tt.inheritable || got.Effective != tt.effective {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func FuzzParseFileCaps(f *testing.F) {
	f.Add(capData)
	f.Fuzz(func(t *testing.T, data string) {
		if caps, err := ParseFileCaps(data); err != nil && caps != (FileCaps{}) {
			t.Errorf("an error with %+v", caps)
		}
	})
}
