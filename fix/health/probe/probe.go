// Package probe is the part of the health checks that runs beside a clone, in
// its network namespace, inside a helper container made of this very binary:
// it needs nothing in the clone's image. It says what listens there and how
// each port answers a harmless request. Requests and reports are JSON lines on
// the standard streams, so it works over any connection to an engine.
package probe

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"bulkhead/fix/health"
)

// Request asks for one look. Timeout bounds the wait for each port's answer.
type Request struct {
	Timeout time.Duration `json:"timeout"`
}

// Report is what one look saw; Error says why it saw nothing.
type Report struct {
	Answers []health.Answer `json:"answers"`
	Error   string          `json:"error,omitempty"`
}

// bannerWait is how long a server that speaks first is given to do so.
const bannerWait = 150 * time.Millisecond

// Serve answers each Request on in with a Report on out until in ends.
// procNet is /proc/net but in tests.
func Serve(ctx context.Context, in io.Reader, out io.Writer, procNet string) error {
	requests := json.NewDecoder(bufio.NewReader(in))
	reports := json.NewEncoder(out)
	for {
		var req Request
		if err := requests.Decode(&req); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading a probe request: %w", err)
		}
		if err := reports.Encode(look(ctx, req, procNet)); err != nil {
			return fmt.Errorf("writing a probe report: %w", err)
		}
	}
}

// look asks every listening port at the same time.
func look(ctx context.Context, req Request, procNet string) Report {
	listeners, err := Listeners(procNet)
	if err != nil {
		return Report{Error: err.Error()}
	}
	listeners = onePerPort(listeners)
	answers := make([]health.Answer, len(listeners))
	var wg sync.WaitGroup
	for i, l := range listeners {
		wg.Go(func() { answers[i] = ask(ctx, l, req.Timeout) })
	}
	wg.Wait()
	return Report{Answers: answers}
}

// onePerPort keeps one listener for each protocol and port: a server that
// binds 0.0.0.0 and [::] is one service. One that is reachable from outside
// goes before one on loopback.
func onePerPort(listeners []Listener) []Listener {
	type key struct {
		protocol string
		port     uint16
	}
	at := map[key]int{}
	var out []Listener
	for _, l := range listeners {
		k := key{l.Protocol, l.Port}
		i, seen := at[k]
		switch {
		case !seen:
			at[k] = len(out)
			out = append(out, l)
		case out[i].Address.IsLoopback() && !l.Address.IsLoopback():
			out[i] = l
		}
	}
	return out
}

// ask speaks to one port and says how it answered. UDP is not spoken to: there
// is no datagram that is harmless to every protocol.
func ask(ctx context.Context, l Listener, timeout time.Duration) health.Answer {
	answer := health.Answer{Protocol: l.Protocol, Port: l.Port, Loopback: l.Address.IsLoopback()}
	if l.Protocol != "tcp" {
		answer.Kind = health.Listening
		return answer
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := dial(ctx, l)
	if err != nil {
		answer.Kind = health.Refused
		return answer
	}
	defer conn.Close()
	if tcp, ok := conn.(*net.TCPConn); ok {
		// Reset instead of lingering in TIME_WAIT inside the clone's namespace.
		_ = tcp.SetLinger(0)
	}
	deadline, _ := ctx.Deadline()
	answer.Kind, answer.Line = converse(conn, deadline)
	return answer
}

// converse waits for a banner, else asks as an HTTP client would, and takes
// the first bytes that come.
func converse(conn net.Conn, deadline time.Time) (health.AnswerKind, string) {
	buf := make([]byte, 256)
	_ = conn.SetReadDeadline(time.Now().Add(bannerWait))
	n, err := conn.Read(buf)
	if n == 0 && isTimeout(err) {
		_ = conn.SetDeadline(deadline)
		if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
			return health.Hangup, ""
		}
		n, err = conn.Read(buf)
	}
	switch {
	case n > 0:
		return health.Answered, stableLine(string(buf[:n]))
	case isTimeout(err):
		return health.Silent, ""
	default:
		return health.Hangup, ""
	}
}

// stableLine returns the status line of an HTTP answer; other protocols'
// greetings may carry times and counters and are not compared by content.
func stableLine(answer string) string {
	line, _, _ := strings.Cut(answer, "\n")
	line = strings.TrimRight(line, "\r")
	if strings.HasPrefix(line, "HTTP/") {
		return line
	}
	return ""
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
		if conn, err = dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(a, l.Port).String()); err == nil {
			return conn, nil
		}
	}
	return nil, err
}
