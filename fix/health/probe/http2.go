package probe

import (
	"bufio"
	"encoding/binary"
	"fmt"
)

// The types of frames and the flag that are looked at (RFC 9113, section 6).
const (
	http2Data    = 0
	http2Headers = 1
	http2Reset   = 3
	http2GoAway  = 7

	http2EndStream = 1
)

// http2Request is the client's preface, its settings, and a call of
// grpc.health.v1.Health/Check for the server as a whole. The header fields are
// not compressed (RFC 7541): 83 is ":method: POST", 86 ":scheme: http", 04 and
// 01 are the names :path and :authority.
var http2Request = func() string {
	fields := "\x83\x86" + "\x04" + counted("/grpc.health.v1.Health/Check") + "\x01" + counted("localhost") +
		"\x00" + counted("content-type") + counted("application/grpc") + "\x00" + counted("te") + counted("trailers")
	const endHeaders = 4
	return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(http2Settings, 0, 0, "") +
		frame(http2Headers, endHeaders, 1, fields) + frame(http2Data, http2EndStream, 1, "\x00\x00\x00\x00\x00")
}()

func counted(s string) string { return string([]byte{byte(len(s))}) + s }

func frame(kind, flags byte, stream uint32, payload string) string {
	n := len(payload)
	head := []byte{byte(n >> 16), byte(n >> 8), byte(n), kind, flags}
	return string(binary.BigEndian.AppendUint32(head, stream)) + payload
}

// healthStatus are the values of grpc.health.v1.HealthCheckResponse.
var healthStatus = []string{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"}

// parseHTTP2 reads frames until the call is over. Where the server does not
// offer the call, that it speaks HTTP/2 is all that is said.
func parseHTTP2(in *bufio.Reader) (string, error) {
	const most = 64
	for i := range most {
		head, err := readN(in, 9)
		if err != nil {
			return "", err
		}
		if i == 0 && head[3] != http2Settings {
			return "", foreign("HTTP/2")
		}
		payload, err := readN(in, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if err != nil {
			return "", err
		}
		stream := binary.BigEndian.Uint32(head[5:])
		switch {
		case stream == 1 && head[3] == http2Data && len(payload) >= 5:
			return "HTTP/2, gRPC health " + parseHealth(payload[5:]), nil
		case stream == 1 && head[3] == http2Headers && head[4]&http2EndStream != 0,
			stream == 1 && head[3] == http2Reset, head[3] == http2GoAway:
			return "HTTP/2", nil
		}
	}
	return "", foreign("HTTP/2")
}

// parseHealth reads a HealthCheckResponse: its only field is number 1, and its
// absence is 0.
func parseHealth(message []byte) string {
	switch {
	case len(message) == 0:
		return healthStatus[0]
	case len(message) != 2 || message[0] != 8:
		return "not understood"
	case int(message[1]) < len(healthStatus):
		return healthStatus[message[1]]
	}
	return fmt.Sprintf("status %d", message[1])
}
