package audit

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	const head = `audit(1700000000.123:456): auid=4294967295 uid=0 gid=0 ses=4294967295 `
	at := time.Unix(1700000000, 123e6)
	for _, tt := range []struct {
		name, text string
		want       record
		fails      bool
	}{
		{"as Linux 6.18 wrote it", `audit(1795797587.883:9): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=7231 comm="runc:[2:INIT]" exe="/" sig=0 arch=c000003e syscall=72 compat=0 ip=0x40828e code=0x7ffc0000`,
			record{time.Unix(1795797587, 883e6), 9, 7231, "/", 0xc000003e, 72, true}, false},
		{"a call", head + `pid=77 comm="sh" exe="/bin/dash" sig=0 arch=c000003e syscall=39 compat=0 ip=0x7f00 code=0x7ffc0000`,
			record{at, 456, 77, "/bin/dash", 0xc000003e, 39, true}, false},
		{"under AppArmor", head + `subj=docker-default (enforce) pid=77 comm="sh" exe="/bin/dash" sig=0 arch=c000003e syscall=39 compat=0 ip=0x0 code=0x7ffc0000`,
			record{at, 456, 77, "/bin/dash", 0xc000003e, 39, true}, false},
		{"a name with a space", head + `pid=77 comm="a pid=1" exe="/a pid=1 b" sig=0 arch=40000003 syscall=1 compat=1 ip=0x0 code=0x7ffc0000`,
			record{at, 456, 77, "/a pid=1 b", 0x40000003, 1, true}, false},
		{"a name in hexadecimal", head + `pid=77 comm=6122 exe=2F6122 sig=0 arch=c000003e syscall=1 compat=0 ip=0x0 code=0x7ffc0000`,
			record{at, 456, 77, `/a"`, 0xc000003e, 1, true}, false},
		{"no name", head + `pid=77 comm="x" exe=(null) sig=0 arch=c000003e syscall=1 compat=0 ip=0x0 code=0x7ffc0000`,
			record{at, 456, 77, "", 0xc000003e, 1, true}, false},
		{"killed", head + `pid=77 comm="x" exe="/x" sig=31 arch=c000003e syscall=1 compat=0 ip=0x0 code=0x80000000`,
			record{at, 456, 77, "/x", 0xc000003e, 1, false}, false},
		{"a call without a number", head + `pid=77 comm="x" exe="/x" sig=0 arch=c000003e syscall=-1 compat=0 ip=0x0 code=0x7ffc0000`,
			record{at, 456, 77, "/x", 0xc000003e, -1, true}, false},
		{"cut", head + `pid=77 comm="x" exe="/x`, record{}, true},
		{"without a process", head + `arch=c000003e syscall=1 code=0x7ffc0000`, record{}, true},
		{"without a time", `pid=77 arch=c000003e syscall=1 code=0x7ffc0000`, record{}, true},
		{"nothing", "", record{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parse(tt.text)
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(record{})); diff != "" || (err != nil) != tt.fails {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`audit(1700000000.123:456): auid=1 uid=0 gid=0 ses=1 pid=77 comm="sh" exe="/bin/dash" sig=0 arch=c000003e syscall=39 compat=0 ip=0x7f code=0x7ffc0000`)
	f.Add(`audit(1.1:1): exe=2F6122 = "" a= b`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parse(text)
		if err != nil && r != (record{}) {
			t.Errorf("an error with %+v", r)
		}
		if err == nil && (r.pid <= 0 || r.arch == 0) {
			t.Errorf("%+v", r)
		}
	})
}
