package probe

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
)

// question is one harmless thing that a client of a protocol says first.
type question struct {
	// name is the protocol's, as it stands in an answer.
	name string
	// ports are where the protocol usually listens (IANA, or the server's default).
	ports []uint16
	// ask speaks over a fresh connection, which has a deadline and an end. It
	// returns what is stable of the answer, or an error where what came back is
	// not of the protocol. Neither need be printable.
	ask func(conn net.Conn, in *bufio.Reader) (string, error)
}

// questions in the order in which they are asked where the port tells nothing.
// HTTP goes first because it is the most common; then what is answered, or
// refused, the fastest.
var questions = []question{
	{"http", []uint16{80, 3000, 5000, 8000, 8080, 8081, 8888}, exchange(httpRequest, parseHTTP)},
	{"redis", []uint16{6379}, exchange("PING\r\n", parseRedis)},
	{"memcached", []uint16{11211}, exchange("version\r\n", parseMemcached)},
	{"tls", []uint16{443, 465, 853, 990, 993, 995, 5671, 8443, 8883}, askTLS},
	{"mqtt", []uint16{1883}, exchange(mqttConnect, parseMQTT)},
	{"amqp", []uint16{5672}, exchange(amqpHeader, parseAMQP)},
	{"fastcgi", []uint16{9000}, exchange(fastcgiGetValues, parseFastCGI)},
	{"postgres", []uint16{5432}, exchange(postgresStartup, parsePostgres)},
	{"dns", []uint16{53}, exchange(overTCP(dnsQuery), parseDNSOverTCP)},
	{"http2", []uint16{50051}, exchange(http2Request, parseHTTP2)},
}

// questionNamed finds the question of a protocol.
func questionNamed(name string) (question, bool) {
	i := slices.IndexFunc(questions, func(q question) bool { return q.name == name })
	if i < 0 {
		return question{}, false
	}
	return questions[i], true
}

// inOrder returns the questions, what usually listens on the port first.
func inOrder(port uint16) []question {
	usual := func(q question) bool { return slices.Contains(q.ports, port) }
	var first, others []question
	for _, q := range questions {
		if usual(q) {
			first = append(first, q)
		} else {
			others = append(others, q)
		}
	}
	return append(first, others...)
}

// exchange sends a request and parses what comes back.
func exchange(request string, parse func(*bufio.Reader) (string, error)) func(net.Conn, *bufio.Reader) (string, error) {
	return func(conn net.Conn, in *bufio.Reader) (string, error) {
		if _, err := io.WriteString(conn, request); err != nil {
			return "", err
		}
		return parse(in)
	}
}

// foreign is the error for bytes that are not of the protocol.
func foreign(protocol string) error { return fmt.Errorf("not %s", protocol) }

// readLine reads one line without its end; it has at most 512 bytes (the
// longest line of SMTP and FTP, RFC 5321 section 4.5.3.1.5).
func readLine(in *bufio.Reader) (string, error) {
	var line []byte
	for len(line) < 512 {
		b, err := in.ReadByte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			break
		}
		line = append(line, b)
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return string(line), nil
}

// readN reads n bytes, at most 64 KB of them.
func readN(in *bufio.Reader, n int) ([]byte, error) {
	if n < 0 || n > mostBytes {
		return nil, fmt.Errorf("%d bytes announced", n)
	}
	data := make([]byte, n)
	_, err := io.ReadFull(in, data)
	return data, err
}
