package tui

import (
	"io"
	"os"
)

// escape is the byte of the escape key and the first of every sequence; alone
// is how the key can be written so that nothing else can be meant (CSI 27 u of
// the kitty keyboard protocol).
const (
	escape = 0x1b
	alone  = "\x1b[27u"
)

// escapes is a reader of keys in which each of several escapes in a row counts.
// A terminal's reader takes any number of them for one key with alt, so all that
// stand before another escape are rewritten. Two before a bracket or an O stay,
// as some terminals write the arrows with alt like that.
type escapes struct {
	io.Reader
	// open says that the last read ended with an escape.
	open bool
}

// Read reads a fifth of what there is room for, as each byte may become five.
func (e *escapes) Read(p []byte) (int, error) {
	if len(p) < len(alone) {
		return e.Reader.Read(p)
	}
	raw := make([]byte, len(p)/len(alone))
	n, err := e.Reader.Read(raw)
	return copy(p, e.rewrite(raw[:n])), err
}

func (e *escapes) rewrite(raw []byte) []byte {
	var out []byte
	for i := 0; i < len(raw); {
		n := leading(raw[i:])
		if n == 0 {
			out = append(out, raw[i])
			i++
			continue
		}
		before := i == 0 && e.open
		i += n
		switch {
		case i == len(raw) && (n > 1 || before):
			out = appendAlone(out, n)
		case n > 2 || n == 2 && raw[i] != '[' && raw[i] != 'O':
			out = append(appendAlone(out, n-1), escape)
		default:
			out = append(out, raw[i-n:i]...)
		}
	}
	if len(raw) > 0 {
		e.open = raw[len(raw)-1] == escape
	}
	return out
}

// leading counts the escapes at the beginning.
func leading(b []byte) int {
	n := 0
	for n < len(b) && b[n] == escape {
		n++
	}
	return n
}

func appendAlone(out []byte, n int) []byte {
	for range n {
		out = append(out, alone...)
	}
	return out
}

// file is what Bubble Tea needs of a terminal besides reading.
type file interface {
	io.ReadWriteCloser
	Fd() uintptr
	Name() string
}

// escapesFile is escapes for a terminal.
type escapesFile struct {
	file
	keys escapes
}

func (f *escapesFile) Read(p []byte) (int, error) { return f.keys.Read(p) }

// input wraps what the keys are read from; nil means the process's own, which is
// left to Bubble Tea where it is no terminal.
func input(in io.Reader) io.Reader {
	if in == nil {
		info, err := os.Stdin.Stat()
		if err != nil || info.Mode()&os.ModeCharDevice == 0 {
			return nil
		}
		in = os.Stdin
	}
	if f, ok := in.(file); ok {
		return &escapesFile{f, escapes{Reader: f}}
	}
	return &escapes{Reader: in}
}
