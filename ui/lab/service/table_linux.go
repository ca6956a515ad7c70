package service

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// lineLimit bounds one line of the store's protocol and of its file, in bytes.
const lineLimit = 64 << 10

// table is the store's data: keys without spaces, values of one line.
type table struct {
	file   string
	mu     sync.Mutex
	values map[string]string
}

// openTable reads the file; one that is not there is an empty table.
func openTable(file string) (*table, error) {
	t := &table{file: file, values: map[string]string{}}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, lineLimit)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), " ")
		t.values[key] = value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return t, nil
}

func (t *table) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.values)
}

// save replaces the file as a whole, so that a crash leaves the old one.
func (t *table) save() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, err := os.CreateTemp(filepath.Dir(t.file), ".store-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	out := bufio.NewWriter(f)
	for _, key := range slices.Sorted(maps.Keys(t.values)) {
		fmt.Fprintf(out, "%s %s\n", key, t.values[key])
	}
	if err := errors.Join(out.Flush(), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), t.file)
}

// answer carries out one line of the protocol.
func (t *table) answer(line string) string {
	command, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	key, value, hasValue := strings.Cut(rest, " ")
	switch command := strings.ToUpper(command); {
	case command == "PING":
		return "PONG"
	case command == "SET" && key != "" && hasValue:
		t.mu.Lock()
		defer t.mu.Unlock()
		t.values[key] = value
		return "OK"
	case command == "GET" && key != "" && !hasValue:
		t.mu.Lock()
		defer t.mu.Unlock()
		if v, ok := t.values[key]; ok {
			return v
		}
		return "(nil)"
	case command == "SAVE":
		if err := t.save(); err != nil {
			return "ERR " + err.Error()
		}
		return "OK"
	}
	return "ERR unknown command; there are PING, SET key value, GET key, SAVE"
}

// converse answers one client line by line until it hangs up.
func converse(conn io.ReadWriteCloser, t *table, log logger) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	// A line with its key and value must fit into the file again.
	lines.Buffer(nil, lineLimit-2)
	for lines.Scan() {
		reply := t.answer(lines.Text())
		if rest, failed := strings.CutPrefix(reply, "ERR "); failed && !strings.HasPrefix(rest, "unknown command") {
			log.fail("%s", rest)
		}
		if _, err := io.WriteString(conn, reply+"\n"); err != nil {
			return
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		io.WriteString(conn, "ERR line too long\n")
	}
}
