package probe

import (
	"bytes"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix/health"
)

// patience is more than any answer on loopback takes.
const patience = 20 * time.Second

// server serves each connection with handle until the test ends.
func server(t testing.TB, handle func(net.Conn)) Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
	return listenerAt(l.Addr())
}

func listenerAt(addr net.Addr) Listener {
	at := netip.MustParseAddrPort(addr.String())
	return Listener{"tcp", at.Addr(), at.Port()}
}

// greeter says its words at once and then listens until the client leaves.
func greeter(words string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, words)
		_, _ = io.Copy(io.Discard, c)
	}
}

// answerer says its words to whoever begins with the request, and hangs up on
// anybody else.
func answerer(request, words string) func(net.Conn) {
	return func(c net.Conn) {
		got := make([]byte, 4096)
		if n, err := c.Read(got); err != nil || string(got[:n]) != request {
			return
		}
		greeter(words)(c)
	}
}

// protocols are servers of each protocol and how they are told.
func protocols() []struct {
	name, application, line string
	handle                  func(net.Conn)
} {
	health2 := frame(http2Settings, 0, 0, "") + frame(http2Headers, 4, 1, "\x88") + frame(http2Data, 0, 1, "\x00\x00\x00\x00\x02\x08\x01")
	return []struct {
		name, application, line string
		handle                  func(net.Conn)
	}{
		{"HTTP", "http", "HTTP/1.1 204 No Content, no body", answerer(httpRequest, "HTTP/1.1 204 No Content\r\nDate: today\r\n\r\n")},
		{"HTTP with a body", "http", "HTTP/1.1 404 Not Found, text/plain", answerer(httpRequest, "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 1\r\n\r\nx")},
		{"redis", "redis", "+PONG", answerer("PING\r\n", "+PONG\r\n")},
		{"redis with a password", "redis", "-NOAUTH", answerer("PING\r\n", "-NOAUTH Authentication required.\r\n")},
		{"memcached", "memcached", "VERSION 1.6.18", answerer("version\r\n", "VERSION 1.6.18\r\n")},
		{"MQTT", "mqtt", "CONNACK 5", answerer(mqttConnect, "\x20\x02\x00\x05")},
		{"AMQP", "amqp", "Connection.Start 0-9", answerer(amqpHeader, "\x01\x00\x00\x00\x00\x00\x10\x00\x0a\x00\x0a\x00\x09"+strings.Repeat("x", 64))},
		{"AMQP of another version", "amqp", "AMQP 1.0.0", answerer(amqpHeader, "AMQP\x03\x01\x00\x00")},
		{"FastCGI", "fastcgi", "GET_VALUES_RESULT FCGI_MPXS_CONNS=0", answerer(fastcgiGetValues, "\x01\x0a\x00\x00\x00\x12\x00\x00\x0f\x01FCGI_MPXS_CONNS0")},
		{"PostgreSQL", "postgres", "authentication SASL", answerer(postgresStartup, "R\x00\x00\x00\x17\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00")},
		{"PostgreSQL starting up", "postgres", "error 57P03", answerer(postgresStartup, "E\x00\x00\x00\x12SFATAL\x00C57P03\x00\x00")},
		{"DNS", "dns", "REFUSED", answerer(overTCP(dnsQuery), overTCP(dnsQuery[:2]+"\x80\x05"+dnsQuery[4:]))},
		{"HTTP/2 without health", "http2", "HTTP/2", answerer(http2Request, frame(http2Settings, 0, 0, "")+frame(http2Headers, 5, 1, "\x88"))},
		{"gRPC", "http2", "HTTP/2, gRPC health SERVING", answerer(http2Request, health2)},
		{"gRPC that speaks first", "http2", "HTTP/2, gRPC health SERVING", greeter(health2)},
		{"SSH", "ssh", "SSH 2.0-OpenSSH_9.2p1 #", greeter("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")},
		{"SMTP", "smtp", "220 # ESMTP Exim 4.96 # # # # # #", greeter("220 0123456789ab ESMTP Exim 4.96 Mon, 23 Nov 2026 21:00:00 +0000\r\n")},
		{"FTP", "ftp", "220 ProFTPD Server (Debian) #", greeter("220 ProFTPD Server (Debian) [::ffff:127.0.0.1]\r\n")},
		{"IMAP", "imap", "* OK [CAPABILITY # IDLE] Dovecot ready.", greeter("* OK [CAPABILITY IMAP4rev1 IDLE] Dovecot ready.\r\n")},
		{"POP3", "pop3", "+OK # # server ready #", greeter("+OK mail1 POP3 server ready <1896.697170952@mail1>\r\n")},
		{"MariaDB", "mysql", "5.5.5-10.11.6-MariaDB-0+deb12u1", greeter("\x24\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\x00abcd")},
		{"MariaDB that refuses", "mysql", "error 1130", greeter("\x03\x00\x00\x00\xff\x6a\x04")},
	}
}

func TestAskRecognises(t *testing.T) {
	for _, tt := range protocols() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			at := server(t, tt.handle)
			want := health.Answer{
				Protocol: "tcp", Port: at.Port, Loopback: true, Kind: health.Answered, Application: tt.application, Line: tt.line,
			}
			// Unknown, known, and taken for another.
			for _, known := range []string{"", tt.application, "smtp"} {
				if known == "smtp" && tt.application != "ssh" {
					continue // waits for a greeting
				}
				if diff := cmp.Diff(want, ask(t.Context(), at, known, patience)); diff != "" {
					t.Errorf("known as %q: %s", known, diff)
				}
			}
		})
	}
}

func TestAskRecognisesTLS(t *testing.T) {
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	web.StartTLS()
	defer web.Close()
	for _, known := range []string{"", "tls", "http"} {
		got := ask(t.Context(), listenerAt(web.Listener.Addr()), known, patience)
		const line = `TLS 1.3, certificate of O=Acme Co by itself, http/1.1; HTTP/1.0 404 Not Found, text/plain`
		want := "tls"
		if known == "http" {
			want = "http" // it does answer in plain HTTP, that this is a bad request
		}
		if got.Application != want || want == "tls" && got.Line != line {
			t.Errorf("known as %q: %+v", known, got)
		}
	}
}

func TestAskWhatIsNotUnderstood(t *testing.T) {
	drip := func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	flood := func(c net.Conn) {
		for {
			if _, err := c.Write(bytes.Repeat([]byte("HTTP/1.1 200 OK\r\nX: "), 512)); err != nil {
				return
			}
		}
	}
	header := func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n"); flood(c) }
	for _, tt := range []struct {
		name   string
		handle func(net.Conn)
		kind   health.AnswerKind
	}{
		{"hangs up", func(net.Conn) {}, health.Hangup},
		{"silent", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, health.Silent},
		{"its own greeting", greeter("hello there\r\n"), health.Answered},
		{"garbage", greeter("\xff\xfe\x00\x01garbage\x00\n"), health.Answered},
		{"a huge packet announced", greeter("\xff\xff\xff\x00\x0a5.5.5"), health.Answered},
		{"drips", drip, health.Answered},
		{"floods", flood, health.Answered},
		{"endless header", header, health.Answered},
		{"hangs up on every question", answerer("HELO", ""), health.Hangup},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ask(t.Context(), server(t, tt.handle), "", time.Second)
			if got.Kind != tt.kind || got.Application != "" || got.Line != "" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestAskUDP(t *testing.T) {
	at := netip.MustParseAddr("127.0.0.1")
	if got := ask(t.Context(), Listener{"udp", at, 9}, "", time.Second); got.Kind != health.Listening {
		t.Errorf("got %+v", got)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		query := make([]byte, 512)
		n, from, err := conn.ReadFrom(query)
		if err != nil || string(query[:n]) != dnsQuery {
			return
		}
		_, _ = conn.WriteTo([]byte(dnsQuery[:2]+"\x84\x00"+dnsQuery[4:]), from)
	}()
	l := listenerAt(conn.LocalAddr())
	l.Protocol = "udp"
	a := asker{ctx: t.Context(), at: l, deadline: time.Now().Add(patience)}
	if diff := cmp.Diff(outcome{health.Answered, "dns", "NOERROR"}, a.udp(), cmp.AllowUnexported(outcome{})); diff != "" {
		t.Error(diff)
	}
}

func TestInOrder(t *testing.T) {
	for _, tt := range []struct {
		port        uint16
		first, next string
	}{{80, "http", "redis"}, {6379, "redis", "http"}, {443, "tls", "http"}, {4711, "http", "redis"}} {
		got := inOrder(tt.port)
		if got[0].name != tt.first || got[1].name != tt.next || len(got) != len(questions) {
			t.Errorf("port %d: %s, %s", tt.port, got[0].name, got[1].name)
		}
	}
}

func TestKnown(t *testing.T) {
	got := Known([]health.Answer{
		{Protocol: "tcp", Port: 80, Application: "http"}, {Protocol: "tcp", Port: 81}, {Protocol: "udp", Port: 53, Application: "dns"},
	})
	if diff := cmp.Diff(map[uint16]string{80: "http"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSteady(t *testing.T) {
	for text, want := range map[string]string{
		"mail ESMTP Postfix (Debian/GNU)":        "mail ESMTP Postfix (Debian/GNU)",
		"at Sun May 3 2026 10:11:12":             "at # # # # #",
		"id deadbeefcafe from 10.0.0.7 over 4.2": "id # from # over 4.2",
		"":                                       "",
	} {
		if got := steady(text); got != want {
			t.Errorf("steady(%q) = %q, want %q", text, got, want)
		}
	}
}
