package servicestest

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// mosquittoWork publishes a message that the broker has to keep, and gets it as
// somebody who subscribes afterwards.
func mosquittoWork(ctx context.Context, c Copy) error {
	m, err := dialMQTT(ctx, c)
	if err != nil {
		return err
	}
	defer m.conn.Close()
	const retain = 1
	message := append(mqttString("bulkhead"), 0, mqttID) // at least once, so that it is acknowledged
	if err := m.send(mqttPublish|mqttOnce|retain, append(message, "kept"...)); err != nil {
		return err
	}
	if _, err := m.receive(mqttPublished); err != nil {
		return err
	}
	return mosquittoRemember(ctx, c)
}

func mosquittoRemember(ctx context.Context, c Copy) error {
	m, err := dialMQTT(ctx, c)
	if err != nil {
		return err
	}
	defer m.conn.Close()
	topic := append(mqttString("bulkhead"), 0) // at most once
	if err := m.send(mqttSubscribe, append([]byte{0, mqttID}, topic...)); err != nil {
		return err
	}
	if _, err := m.receive(mqttSubscribed); err != nil {
		return err
	}
	if err := m.send(mqttPing, nil); err != nil {
		return err
	}
	kind, got, err := m.next()
	switch want := string(mqttString("bulkhead")) + "kept"; {
	case err != nil:
		return err
	case kind == mqttPong: // before any message
		return errors.New("nothing was retained")
	case string(got) != want:
		return differs("the retained message", got, want)
	}
	return nil
}

// The control packets of MQTT 3.1.1: the first byte with the flags it must have
// (https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html, chapter 3).
const (
	mqttConnect    = 0x10
	mqttConnected  = 0x20
	mqttPublish    = 0x30
	mqttOnce       = 0x02 // at least once
	mqttPublished  = 0x40
	mqttSubscribe  = 0x82
	mqttSubscribed = 0x90
	mqttPing       = 0xc0
	mqttPong       = 0xd0
	mqttID         = 1 // of the one packet that is under way
)

type mqttConn struct {
	conn net.Conn
	in   *bufio.Reader
}

// dialMQTT connects in a clean session without a client identifier.
func dialMQTT(ctx context.Context, c Copy) (mqttConn, error) {
	conn, err := c.dial(ctx, 1883)
	if err != nil {
		return mqttConn{}, err
	}
	m := mqttConn{conn, bufio.NewReader(conn)}
	const level, clean, keepAlive = 4, 2, 60
	hello := append(mqttString("MQTT"), level, clean, 0, keepAlive)
	if err = m.send(mqttConnect, append(hello, mqttString("")...)); err == nil {
		_, err = m.receive(mqttConnected)
	}
	if err != nil {
		conn.Close()
	}
	return m, err
}

func (m mqttConn) send(kind byte, body []byte) error {
	packet := binary.AppendUvarint([]byte{kind}, uint64(len(body)))
	_, err := m.conn.Write(append(packet, body...))
	return err
}

// receive reads the next packet, which must be of the kind.
func (m mqttConn) receive(kind byte) ([]byte, error) {
	got, body, err := m.next()
	if err == nil && got != kind {
		err = fmt.Errorf("packet %#x %q, want %#x", got, body, kind)
	}
	return body, err
}

// next reads a packet and returns its kind, without flags, and its body.
func (m mqttConn) next() (kind byte, body []byte, err error) {
	first, err := m.in.ReadByte()
	if err != nil {
		return 0, nil, err
	}
	size, err := binary.ReadUvarint(m.in)
	if err != nil {
		return 0, nil, err
	}
	if size > 1<<10 {
		return 0, nil, fmt.Errorf("a packet of %d bytes", size)
	}
	body = make([]byte, size)
	_, err = io.ReadFull(m.in, body)
	return first &^ 0x0f, body, err
}

// mqttString is text with its length before it.
func mqttString(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}
