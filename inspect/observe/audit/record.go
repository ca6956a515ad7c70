package audit

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// record is what an audit record of type SECCOMP says (kernel/auditsc.c,
// audit_seccomp, Linux 6.12):
//
//	audit(1700000000.123:456): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=77
//	comm="sh" exe="/bin/dash" sig=0 arch=c000003e syscall=39 compat=0 ip=0x7f code=0x7ffc0000
//
// on one line.
type record struct {
	at     time.Time
	serial uint64
	pid    int
	// exe is what the kernel says: foreign text.
	exe     string
	arch    uint32
	syscall int
	// logged says that the call was let through and logged.
	logged bool
}

// actionLog is SECCOMP_RET_LOG of linux/seccomp.h.
const actionLog = 0x7ffc0000

var errNoRecord = errors.New("not an audit record of seccomp")

// stamp reads what every audit record begins with, and returns the rest.
func stamp(text string) (at time.Time, serial uint64, rest string, err error) {
	inside, ok := strings.CutPrefix(text, "audit(")
	head, rest, ok2 := strings.Cut(inside, "):")
	moment, number, ok3 := strings.Cut(head, ":")
	seconds, millis, ok4 := strings.Cut(moment, ".")
	if !ok || !ok2 || !ok3 || !ok4 {
		return at, 0, "", errNoRecord
	}
	s, err1 := strconv.ParseInt(seconds, 10, 64)
	ms, err2 := strconv.ParseUint(millis, 10, 16)
	serial, err3 := strconv.ParseUint(number, 10, 64)
	if errors.Join(err1, err2, err3) != nil || ms > 999 {
		return at, 0, "", errNoRecord
	}
	return time.Unix(s, int64(ms)*int64(time.Millisecond)), serial, rest, nil
}

// parse reads a record.
func parse(text string) (record, error) {
	at, serial, rest, err := stamp(text)
	if err != nil {
		return record{}, err
	}
	r := record{at: at, serial: serial, pid: -1, syscall: -1}
	var code uint64
	var coded bool
	for name, value := range fields(rest) {
		var err error
		switch name {
		case "pid":
			r.pid, err = strconv.Atoi(value)
		case "exe":
			r.exe, err = unquote(value)
		case "arch":
			var n uint64
			n, err = strconv.ParseUint(value, 16, 32)
			r.arch = uint32(n)
		case "syscall":
			r.syscall, err = strconv.Atoi(value)
		case "code":
			code, err = strconv.ParseUint(strings.TrimPrefix(value, "0x"), 16, 32)
			coded = true
		}
		if err != nil {
			return record{}, errNoRecord
		}
	}
	if r.pid <= 0 || r.arch == 0 || !coded {
		return record{}, errNoRecord
	}
	r.logged = code == actionLog
	return r, nil
}

// fields are the pairs of a record. A quoted value holds no quotation mark: the
// kernel writes values with one in hexadecimal (audit_log_untrustedstring).
func fields(text string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for text = strings.TrimLeft(text, " "); text != ""; text = strings.TrimLeft(text, " ") {
			name, rest, ok := strings.Cut(text, "=")
			if !ok {
				return
			}
			// Words without a value: "subj=docker-default (enforce)".
			name = name[strings.LastIndexByte(name, ' ')+1:]
			end := strings.IndexByte(rest, ' ')
			if strings.HasPrefix(rest, `"`) {
				if end = strings.IndexByte(rest[1:], '"'); end >= 0 {
					end += 2
				}
			}
			if end < 0 {
				end = len(rest)
			}
			if !yield(name, rest[:end]) {
				return
			}
			text = rest[end:]
		}
	}
}

// unquote reads a string as the kernel writes those it does not trust: in
// quotation marks, or in hexadecimal, or (null).
func unquote(value string) (string, error) {
	if inside, ok := strings.CutPrefix(value, `"`); ok {
		inside, ok = strings.CutSuffix(inside, `"`)
		if !ok {
			return "", errNoRecord
		}
		return inside, nil
	}
	if value == "(null)" {
		return "", nil
	}
	data, err := hex.DecodeString(value)
	return string(data), err
}
