package probe

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
)

// redisReply is the answer to PING: the pong, or the code of an error such as
// NOAUTH, DENIED or LOADING.
var redisReply = regexp.MustCompile(`^(\+PONG|-[A-Z]+)( |$)`)

func parseRedis(in *bufio.Reader) (string, error) {
	line, err := readLine(in)
	if err != nil {
		return "", err
	}
	if m := redisReply.FindStringSubmatch(line); m != nil {
		return m[1], nil
	}
	return "", foreign("redis")
}

func parseMemcached(in *bufio.Reader) (string, error) {
	line, err := readLine(in)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(line, "VERSION ") {
		return "", foreign("memcached")
	}
	return line, nil
}

// postgresStartup asks to log in as a role that nobody has, so that nobody is
// logged in (PostgreSQL 15, section 55.7, StartupMessage).
var postgresStartup = func() string {
	parameters := "user\x00bulkhead-probe\x00database\x00postgres\x00\x00"
	head := binary.BigEndian.AppendUint32(nil, uint32(8+len(parameters)))
	return string(binary.BigEndian.AppendUint32(head, 3<<16)) + parameters
}()

// postgresAuthentication names the ways to log in.
var postgresAuthentication = map[uint32]string{0: "none", 3: "password", 5: "md5", 7: "GSSAPI", 9: "SSPI", 10: "SASL"}

// parsePostgres reads the first message: which way to log in, or an error,
// whose SQLSTATE is stable: 57P03 while it starts up.
func parsePostgres(in *bufio.Reader) (string, error) {
	header, err := readN(in, 5)
	if err != nil {
		return "", err
	}
	if header[0] != 'R' && header[0] != 'E' {
		return "", foreign("PostgreSQL")
	}
	body, err := readN(in, int(binary.BigEndian.Uint32(header[1:]))-4)
	if err != nil {
		return "", err
	}
	if header[0] == 'R' {
		if len(body) < 4 {
			return "", foreign("PostgreSQL")
		}
		way := binary.BigEndian.Uint32(body)
		if name, ok := postgresAuthentication[way]; ok {
			return "authentication " + name, nil
		}
		return fmt.Sprintf("authentication %d", way), nil
	}
	for field := range bytes.SplitSeq(body, []byte{0}) {
		if len(field) == 6 && field[0] == 'C' {
			return "error " + string(field[1:]), nil
		}
	}
	return "", foreign("PostgreSQL")
}
