package probe

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// greetings are the first words of servers that speak first, in lines. Where
// two begin alike, a word of the line or the port decides.
var greetings = []struct {
	name, start, word string
	ports             []uint16
}{
	{"ssh", "SSH-", "", nil},                        // RFC 4253, section 4.2
	{"imap", "* OK", "", nil},                       // RFC 9051, section 7.1.1
	{"imap", "* PREAUTH", "", nil},                  // RFC 9051, section 7.1.4
	{"pop3", "+OK", "POP3", []uint16{110, 995}},     // RFC 1939, section 4
	{"ftp", "220", "FTP", []uint16{21, 990}},        // RFC 959, section 5.4
	{"smtp", "220", "SMTP", []uint16{25, 465, 587}}, // RFC 5321, section 3.1
	{"smtp", "554", "SMTP", []uint16{25, 465, 587}}, // RFC 5321, section 3.1
}

// http2Settings is the type of the frame that an HTTP/2 server begins with
// (RFC 9113, section 3.4).
const http2Settings = 4

// parseGreeting reads what a server says before it is asked and returns the
// protocol with what is stable of it.
func parseGreeting(in *bufio.Reader, port uint16) (name, line string, err error) {
	// No greeting of any of them is shorter.
	start, err := in.Peek(5)
	switch {
	case err != nil:
		return "", "", err
	case start[0] == 0 && start[3] == http2Settings:
		return "http2", "", nil
	case start[3] == 0 && (start[4] == mysqlVersion || start[4] == mysqlError):
		line, err := parseMySQL(in)
		return "mysql", line, err
	}
	line, err = readLine(in)
	if err != nil {
		return "", "", err
	}
	for _, g := range greetings {
		certain := g.word == "" || strings.Contains(line, g.word) || slices.Contains(g.ports, port)
		if rest, ok := strings.CutPrefix(line, g.start); ok && certain {
			rest = steady(strings.TrimPrefix(rest, "-"))
			return g.name, strings.TrimSpace(strings.TrimSuffix(g.start, "-") + " " + rest), nil
		}
	}
	return "", "", foreign("a greeting")
}

// The first byte of a MySQL or MariaDB server's first packet.
const (
	mysqlVersion = 10
	mysqlError   = 0xff
)

// parseMySQL reads the initial handshake packet and returns the server's
// version, or the number of the error it greets with.
func parseMySQL(in *bufio.Reader) (string, error) {
	header, err := readN(in, 4)
	if err != nil {
		return "", err
	}
	packet, err := readN(in, int(header[0])|int(header[1])<<8|int(header[2])<<16)
	switch {
	case err != nil:
		return "", err
	case len(packet) >= 3 && packet[0] == mysqlError:
		return fmt.Sprintf("error %d", binary.LittleEndian.Uint16(packet[1:])), nil
	}
	end := slices.Index(packet, 0)
	if end < 2 || packet[0] != mysqlVersion {
		return "", foreign("MySQL")
	}
	return string(packet[1:end]), nil
}
