package probe

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

const dnsPort = 53

// dnsQuery asks for the server's own version (class CHAOS, type TXT, RFC 4892,
// section 2) without recursion: nobody else is asked, and a server that does
// not tell says so.
const dnsQuery = "\xb1\xd5\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" + "\x07version\x04bind\x00\x00\x10\x00\x03"

// overTCP puts the length before a message (RFC 1035, section 4.2.2).
func overTCP(message string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(len(message)))) + message
}

// rcodes are the names of RFC 1035, section 4.1.1.
var rcodes = []string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"}

func parseDNSOverTCP(in *bufio.Reader) (string, error) {
	length, err := readN(in, 2)
	if err != nil {
		return "", err
	}
	message, err := readN(in, int(binary.BigEndian.Uint16(length)))
	if err != nil {
		return "", err
	}
	return parseDNS(message)
}

// parseDNS reads the header of an answer to dnsQuery and returns its code.
func parseDNS(message []byte) (string, error) {
	const answer = 0x80
	if len(message) < 12 || string(message[:2]) != dnsQuery[:2] || message[2]&answer == 0 {
		return "", foreign("DNS")
	}
	code := int(message[3] & 0x0f)
	if code < len(rcodes) {
		return rcodes[code], nil
	}
	return fmt.Sprintf("RCODE %d", code), nil
}

// udp asks the name server on UDP; there is no datagram that is harmless to
// every protocol, so no other port is asked.
func (a asker) udp() outcome {
	return a.connect(a.left(), func(conn net.Conn, in *bufio.Reader) (string, string, error) {
		if _, err := io.WriteString(conn, dnsQuery); err != nil {
			return "", "", err
		}
		message := make([]byte, 4096)
		n, err := in.Read(message)
		if err != nil {
			return "", "", err
		}
		line, err := parseDNS(message[:n])
		return "dns", line, err
	})
}
