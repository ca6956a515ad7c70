package probe

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"bulkhead/fix/health"
	"bulkhead/inspect"
)

const (
	// bannerWait is how long a server that speaks first is given to do so,
	// where nothing is known of it.
	bannerWait = 150 * time.Millisecond
	// mostBytes bounds what is read of one connection.
	mostBytes = 64 << 10
	// mostRunes bounds an answer's line.
	mostRunes = 120
)

// ask says how a port answers. known is the protocol that it spoke before, ""
// where that is not known: it is asked in this one first.
func ask(ctx context.Context, l Listener, known string, timeout time.Duration) health.Answer {
	deadline := time.Now().Add(timeout)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	a := asker{ctx: ctx, at: l, deadline: deadline}
	o := outcome{kind: health.Listening}
	if l.Protocol == "tcp" {
		o = a.tcp(known)
	} else if l.Port == dnsPort {
		o = a.udp()
	}
	return health.Answer{
		Protocol: l.Protocol, Port: l.Port, Loopback: l.Address.IsLoopback(),
		Kind: o.kind, Application: o.application, Line: inspect.Truncate(inspect.Printable(o.line), mostRunes),
	}
}

// outcome is what came of one connection. application is "" where the answer
// was not understood.
type outcome struct {
	kind              health.AnswerKind
	application, line string
}

func (o outcome) understood() bool { return o.application != "" }

// asker asks one port until the deadline.
type asker struct {
	ctx      context.Context
	at       Listener
	deadline time.Time
}

func (a asker) left() time.Duration { return time.Until(a.deadline) }

// tcp asks in the known protocol and, where that does not lead anywhere while
// there is time, finds out which it is.
func (a asker) tcp(known string) outcome {
	var o outcome
	if q, ok := questionNamed(known); ok {
		o = a.attempt(q, a.left())
	} else if known != "" {
		o = a.listen(a.left())
	}
	if o.understood() || a.left() <= 0 {
		return o
	}
	return a.infer()
}

// infer listens first, because there are servers that speak first and take
// offence at a client that does; then it asks one question after the other. What
// no question is for counts as HTTP saw it.
func (a asker) infer() outcome {
	heard := a.listen(min(bannerWait, a.left()))
	if heard.application == "http2" {
		q, _ := questionNamed("http2")
		return a.attempt(q, a.left())
	}
	if heard.kind != health.Silent {
		return heard
	}
	ordered := inOrder(a.at.Port)
	for i, q := range ordered {
		if a.left() <= 0 {
			break
		}
		o := a.attempt(q, a.share(len(ordered)-i, i < 2))
		switch {
		case o.understood():
			return a.unlessWrapped(o)
		case o.kind == health.Refused:
			return o
		case q.name == "http":
			heard = o
		}
	}
	return heard
}

// share is the time for one of the questions that are still to be asked. The
// likely ones get half of what is left.
func (a asker) share(questions int, likely bool) time.Duration {
	if likely {
		questions = 2
	}
	return a.left() / time.Duration(max(1, questions))
}

// unlessWrapped asks in TLS what answers to plain HTTP that it is a bad
// request: that is how web servers answer on a port that wants TLS.
func (a asker) unlessWrapped(o outcome) outcome {
	if o.application != "http" || !strings.Contains(o.line, " 400 ") || a.left() <= 0 {
		return o
	}
	q, _ := questionNamed("tls")
	if wrapped := a.attempt(q, a.left()); wrapped.understood() {
		return wrapped
	}
	return o
}

// listen waits for the server to speak first.
func (a asker) listen(wait time.Duration) outcome {
	return a.connect(wait, func(_ net.Conn, in *bufio.Reader) (string, string, error) {
		return parseGreeting(in, a.at.Port)
	})
}

// attempt asks one question over a connection of its own. A server that only
// greets late is recognised all the same.
func (a asker) attempt(q question, wait time.Duration) outcome {
	return a.connect(wait, func(conn net.Conn, in *bufio.Reader) (string, string, error) {
		said := &bytes.Buffer{}
		line, err := q.ask(conn, bufio.NewReader(io.TeeReader(in, said)))
		if err == nil {
			return q.name, line, nil
		}
		if name, line, greetingErr := parseGreeting(bufio.NewReader(said), a.at.Port); greetingErr == nil {
			return name, line, nil
		}
		return "", "", err
	})
}

// connect opens a connection, talks over it, and sorts what came of that.
func (a asker) connect(wait time.Duration, talk func(net.Conn, *bufio.Reader) (string, string, error)) outcome {
	conn, err := dial(a.ctx, a.at)
	if err != nil {
		return outcome{kind: health.Refused}
	}
	defer conn.Close()
	if tcp, ok := conn.(*net.TCPConn); ok {
		// Reset instead of lingering in TIME_WAIT inside the clone's namespace.
		_ = tcp.SetLinger(0)
	}
	_ = conn.SetDeadline(time.Now().Add(wait))
	ear := &ear{conn: conn}
	name, line, err := talk(conn, bufio.NewReader(io.LimitReader(ear, mostBytes)))
	switch {
	case err == nil:
		return outcome{health.Answered, name, line}
	case ear.heard:
		return outcome{kind: health.Answered}
	case isTimeout(err):
		return outcome{kind: health.Silent}
	default:
		return outcome{kind: health.Hangup}
	}
}

// ear remembers whether anything was heard.
type ear struct {
	conn  net.Conn
	heard bool
}

func (e *ear) Read(p []byte) (int, error) {
	n, err := e.conn.Read(p)
	e.heard = e.heard || n > 0
	return n, err
}

func isTimeout(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout()
}

// dial connects to a listener from inside its namespace. A server bound to
// every address is asked on loopback; one bound to [::] may accept IPv4 alone,
// because the engine disables IPv6 in most namespaces.
func dial(ctx context.Context, l Listener) (net.Conn, error) {
	candidates := []netip.Addr{l.Address}
	if l.Address.IsUnspecified() {
		candidates = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
		if l.Address.Is6() {
			candidates = append(candidates, netip.IPv6Loopback())
		}
	}
	var dialer net.Dialer
	var err error
	for _, a := range candidates {
		var conn net.Conn
		if conn, err = dialer.DialContext(ctx, l.Protocol, netip.AddrPortFrom(a, l.Port).String()); err == nil {
			return conn, nil
		}
	}
	return nil, err
}
