package servicestest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// redisWork sets a key, counts, and has everything written to the volume by a
// child process.
func redisWork(ctx context.Context, c Copy) error {
	r, err := dialRedis(ctx, c)
	if err != nil {
		return err
	}
	defer r.conn.Close()
	if err := r.expect("SET bulkhead kept", "OK"); err != nil {
		return err
	}
	if _, err := r.do("INCR bulkhead-count"); err != nil {
		return err
	}
	if err := r.awaitSaved(ctx); err != nil { // one that it began by itself
		return err
	}
	if err := r.expect("BGSAVE", "Background saving started"); err != nil {
		return err
	}
	return r.awaitSaved(ctx)
}

func redisRemember(ctx context.Context, c Copy) error {
	r, err := dialRedis(ctx, c)
	if err != nil {
		return err
	}
	defer r.conn.Close()
	return r.expect("GET bulkhead", "kept")
}

// redisConn speaks RESP2 with inline commands
// (https://redis.io/docs/latest/develop/reference/protocol-spec/).
type redisConn struct {
	conn net.Conn
	in   *bufio.Reader
}

func dialRedis(ctx context.Context, c Copy) (redisConn, error) {
	conn, err := c.dial(ctx, 6379)
	if err != nil {
		return redisConn{}, err
	}
	return redisConn{conn, bufio.NewReader(conn)}, nil
}

// do sends a command and returns a simple, bulk or integer reply as text.
func (r redisConn) do(command string) (string, error) {
	if _, err := fmt.Fprintf(r.conn, "%s\r\n", command); err != nil {
		return "", err
	}
	line, err := r.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	rest := strings.TrimSpace(line[1:])
	switch line[0] {
	case '+', ':':
		return rest, nil
	case '$':
		size, err := strconv.Atoi(rest)
		if err != nil || size < 0 {
			return "", err
		}
		bulk := make([]byte, size+len("\r\n"))
		_, err = io.ReadFull(r.in, bulk)
		return string(bulk[:size]), err
	}
	return "", fmt.Errorf("%s: %s", command, strings.TrimSpace(line))
}

func (r redisConn) expect(command, want string) error {
	got, err := r.do(command)
	if err == nil && got != want {
		err = differs(command, got, want)
	}
	return err
}

// awaitSaved waits until no save is under way, and says whether the last went
// well.
func (r redisConn) awaitSaved(ctx context.Context) error {
	for {
		info, err := r.do("INFO persistence")
		if err != nil {
			return err
		}
		switch {
		case !strings.Contains(info, "rdb_bgsave_in_progress:0"):
		case !strings.Contains(info, "rdb_last_bgsave_status:ok"):
			return fmt.Errorf("the save failed: %s", info)
		default:
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
