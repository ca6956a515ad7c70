package probe

import (
	"bufio"
	"encoding/binary"
	"fmt"
)

// amqpHeader opens an AMQP 0-9-1 connection (section 4.2.2).
const amqpHeader = "AMQP\x00\x00\x09\x01"

// parseAMQP reads Connection.Start, or the header of the version that the
// server speaks instead.
func parseAMQP(in *bufio.Reader) (string, error) {
	frame, err := readN(in, 8)
	if err != nil {
		return "", err
	}
	if string(frame[:4]) == "AMQP" {
		return fmt.Sprintf("AMQP %d.%d.%d", frame[5], frame[6], frame[7]), nil
	}
	// A method frame on channel 0; the class and method of Connection.Start are
	// 10 and 10. The eighth byte was the first of the class.
	rest, err := readN(in, 5)
	if err != nil {
		return "", err
	}
	if frame[0] != 1 || frame[1] != 0 || frame[2] != 0 || frame[7] != 0 || rest[0] != 10 || rest[1] != 0 || rest[2] != 10 {
		return "", foreign("AMQP")
	}
	return fmt.Sprintf("Connection.Start %d-%d", rest[3], rest[4]), nil
}

// mqttConnect is CONNECT of MQTT 3.1.1 (section 3.1) with a clean session,
// without a will, and ten seconds of keep-alive.
const mqttConnect = "\x10\x1a\x00\x04MQTT\x04\x02\x00\x0a\x00\x0ebulkhead-probe"

// parseMQTT reads CONNACK (section 3.2) and returns its code: 0 is accepted, 5
// not authorised.
func parseMQTT(in *bufio.Reader) (string, error) {
	packet, err := readN(in, 4)
	if err != nil {
		return "", err
	}
	if packet[0] != 0x20 || packet[1] != 2 || packet[2] > 1 {
		return "", foreign("MQTT")
	}
	return fmt.Sprintf("CONNACK %d", packet[3]), nil
}

// fastcgiGetValues asks a FastCGI application what it can (FastCGI 1.0, section
// 4.1): version 1, type 9, request 0, and the name of a value.
const fastcgiGetValues = "\x01\x09\x00\x00\x00\x11\x00\x00" + "\x0f\x00FCGI_MPXS_CONNS"

// parseFastCGI reads FCGI_GET_VALUES_RESULT, type 10, or FCGI_UNKNOWN_TYPE,
// type 11, which is an answer as well.
func parseFastCGI(in *bufio.Reader) (string, error) {
	header, err := readN(in, 8)
	if err != nil {
		return "", err
	}
	if header[0] != 1 || header[1] < 10 || header[1] > 11 || header[2] != 0 || header[3] != 0 {
		return "", foreign("FastCGI")
	}
	if header[1] == 11 {
		return "UNKNOWN_TYPE", nil
	}
	content, err := readN(in, int(binary.BigEndian.Uint16(header[4:])))
	if err != nil {
		return "", err
	}
	const name = "FCGI_MPXS_CONNS"
	if len(content) != 2+len(name)+1 || string(content[2:2+len(name)]) != name {
		return "GET_VALUES_RESULT", nil
	}
	return "GET_VALUES_RESULT " + name + "=" + string(content[2+len(name):]), nil
}
