package servicestest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// The record types of FastCGI 1.0 that are used here
// (https://fastcgi-archives.github.io/FastCGI_Specification.html, section 8).
const (
	fcgiBegin  = 1
	fcgiEnd    = 3
	fcgiParams = 4
	fcgiStdin  = 5
	fcgiStdout = 6
	fcgiStderr = 7
)

// fastCGI posts a text to a script and reads it back reversed.
func fastCGI(ctx context.Context, c Copy) error {
	conn, err := c.dial(ctx, 9000)
	if err != nil {
		return err
	}
	defer conn.Close()
	const text = "bulkhead"
	params := fcgiPairs([][2]string{
		{"SCRIPT_FILENAME", "/srv/index.php"}, {"REQUEST_METHOD", "POST"},
		{"CONTENT_TYPE", "text/plain"}, {"CONTENT_LENGTH", strconv.Itoa(len(text))},
	})
	const responder = 1
	for _, r := range []struct {
		kind    byte
		content []byte
	}{
		{fcgiBegin, []byte{0, responder, 0, 0, 0, 0, 0, 0}},
		{fcgiParams, params}, {fcgiParams, nil},
		{fcgiStdin, []byte(text)}, {fcgiStdin, nil},
	} {
		if err := fcgiWrite(conn, r.kind, r.content); err != nil {
			return err
		}
	}
	answer, err := fcgiAnswer(conn)
	if err != nil {
		return err
	}
	if _, body, _ := strings.Cut(answer, "\r\n\r\n"); body != "daehklub\n" {
		return differs("the script", answer, "daehklub\n")
	}
	return nil
}

// fcgiPairs encodes names and values shorter than 128 bytes.
func fcgiPairs(pairs [][2]string) []byte {
	var out []byte
	for _, p := range pairs {
		out = append(out, byte(len(p[0])), byte(len(p[1])))
		out = append(append(out, p[0]...), p[1]...)
	}
	return out
}

// fcgiHeader precedes every record; its fields are big-endian.
type fcgiHeader struct {
	Version, Type byte
	Request, Size uint16
	Padding, _    byte
}

func fcgiWrite(conn net.Conn, kind byte, content []byte) error {
	header := fcgiHeader{Version: 1, Type: kind, Request: 1, Size: uint16(len(content))}
	if err := binary.Write(conn, binary.BigEndian, header); err != nil {
		return err
	}
	_, err := conn.Write(content)
	return err
}

// fcgiAnswer reads records until the end of the request and returns what the
// script printed, with its CGI headers.
func fcgiAnswer(conn net.Conn) (string, error) {
	var out strings.Builder
	for {
		var header fcgiHeader
		if err := binary.Read(conn, binary.BigEndian, &header); err != nil {
			return "", err
		}
		content := make([]byte, int(header.Size)+int(header.Padding))
		if _, err := io.ReadFull(conn, content); err != nil {
			return "", err
		}
		switch content = content[:header.Size]; header.Type {
		case fcgiEnd:
			return out.String(), nil
		case fcgiStdout:
			out.Write(content)
		case fcgiStderr:
			return "", fmt.Errorf("the script complains: %s", content)
		}
	}
}
