package service

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"time"
)

// The ICMP messages of RFC 792 that a pinger speaks.
const (
	echoReply   = 0
	echoRequest = 8
)

// echo sends one echo request and waits for its reply.
func echo(conn net.PacketConn, to net.Addr, seq uint16) (time.Duration, error) {
	start := time.Now()
	id := uint16(os.Getpid())
	if _, err := conn.WriteTo(echoPacket(id, seq), to); err != nil {
		return 0, err
	}
	if err := conn.SetReadDeadline(start.Add(pingPatience)); err != nil {
		return 0, err
	}
	// Larger than any reply to a request without data; what is cut off is not
	// looked at.
	buf := make([]byte, 512)
	for {
		n, from, err := conn.ReadFrom(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, errors.New("no reply")
		}
		if err != nil {
			return 0, err
		}
		if from.String() == to.String() && isReply(buf[:n], id, seq) {
			return time.Since(start), nil
		}
	}
}

// echoPacket is an echo request without data.
func echoPacket(id, seq uint16) []byte {
	p := make([]byte, 8)
	p[0] = echoRequest
	binary.BigEndian.PutUint16(p[4:], id)
	binary.BigEndian.PutUint16(p[6:], seq)
	binary.BigEndian.PutUint16(p[2:], checksum(p))
	return p
}

// isReply says whether a packet answers the request. A raw socket sees every
// ICMP message that reaches the machine.
func isReply(p []byte, id, seq uint16) bool {
	return len(p) >= 8 && p[0] == echoReply && checksum(p) == 0 &&
		binary.BigEndian.Uint16(p[4:]) == id && binary.BigEndian.Uint16(p[6:]) == seq
}

// checksum is the Internet checksum of RFC 1071; over a packet that carries its
// own checksum it is 0.
func checksum(p []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(p); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(p[i:]))
	}
	if len(p)%2 == 1 {
		sum += uint32(p[len(p)-1]) << 8
	}
	for sum>>16 != 0 {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
