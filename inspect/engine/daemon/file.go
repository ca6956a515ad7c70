package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"bulkhead/inspect"
)

// file is a daemon.json: its values as they stand there.
type file struct {
	values map[string]json.RawMessage
	// odd are keys whose value is not of the kind that the daemon takes.
	odd map[string]bool
}

// readFile reads a daemon.json. It says whether what the file holds is known;
// a file that is not there holds nothing, unless the daemon was told to read it.
func readFile(path string, named bool, d *inspect.Daemon) (file, bool) {
	unread := func(why string) (file, bool) {
		d.Unread = append(d.Unread, fmt.Sprintf("%s was not read: %s.", show(path), why))
		return file{}, false
	}
	data, err := readBounded(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		d.Sources = append(d.Sources, show(path)+" (not there)")
		return file{}, true
	case errors.Is(err, fs.ErrPermission):
		return unread("you may not read it; run bulkhead as root")
	case err != nil:
		return unread(clause(err))
	}
	f, err := parseFile(data)
	if err != nil {
		return unread(clause(err))
	}
	d.Sources = append(d.Sources, show(path))
	for _, key := range boolKeys {
		f.check(key, new(bool), d, path)
	}
	for _, key := range listKeys {
		f.check(key, new([]string), d, path)
	}
	f.check("default-ulimits", new(map[string]any), d, path)
	f.check("log-driver", new(string), d, path)
	f.check("log-opts", new(map[string]string), d, path)
	return f, true
}

var (
	boolKeys = []string{"icc", "live-restore", "userland-proxy", "no-new-privileges", "experimental", "tlsverify"}
	listKeys = []string{"insecure-registries", "hosts"}
)

// parseFile reads the text of a daemon.json. An error names line and column.
func parseFile(data []byte) (file, error) {
	// The daemon passes over a byte order mark and takes an empty file for an
	// empty object (moby daemon/config, getConflictFreeConfiguration).
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	f := file{odd: map[string]bool{}}
	if len(bytes.TrimSpace(data)) == 0 {
		return f, nil
	}
	err := json.Unmarshal(data, &f.values)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return f, fmt.Errorf("it is not JSON at %s: %w", position(data, syntax.Offset), err)
	case errors.As(err, &kind):
		return f, fmt.Errorf("it is no JSON object (%s, at %s)", kind.Value, position(data, kind.Offset))
	}
	return f, err
}

// position says where the last byte read stands; offset counts from 1.
func position(data []byte, offset int64) string {
	before := data[:max(0, min(offset, int64(len(data)))-1)]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

// check marks a key whose value is of another kind, and says so.
func (f file) check(key string, into any, d *inspect.Daemon, path string) {
	if f.has(key) && json.Unmarshal(f.values[key], into) != nil {
		f.odd[key] = true
		d.Unread = append(d.Unread, fmt.Sprintf("%s in %s has a value that the daemon does not take, so it is not known.", key, show(path)))
	}
}

func (f file) has(key string) bool {
	value, ok := f.values[key]
	return ok && string(value) != "null"
}

// broken says that the key is there and its value is not known.
func (f file) broken(key string) bool { return f.odd[key] }

func (f file) on(key string) (on, given bool) {
	if !f.has(key) {
		return false, false
	}
	err := json.Unmarshal(f.values[key], &on)
	return on, err == nil
}

func (f file) list(key string) []string {
	var out []string
	if json.Unmarshal(f.values[key], &out) != nil {
		return nil
	}
	return out
}

// readBounded reads a regular file that is not too large.
func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err == nil && len(data) > largest {
		return nil, fmt.Errorf("it is larger than %d bytes", largest)
	}
	return data, err
}
