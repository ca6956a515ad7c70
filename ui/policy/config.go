package policy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"bulkhead/inspect"
)

// FileName is the project's configuration.
const FileName = ".bulkhead.yaml"

// maxConfig bounds a configuration file, maxBaseline an earlier audit.
const (
	maxConfig   = 1 << 20
	maxBaseline = 256 << 20
)

// Config is a project's .bulkhead.yaml. The zero value suppresses nothing.
type Config struct {
	// File is where it was read from, "" where there is none.
	File     string
	Suppress []Rule
}

// Rule is one suppression: findings that somebody has decided to live with,
// for a reason and until a day.
type Rule struct {
	Check  string
	Reason string
	// Expires is the last day on which the rule holds.
	Expires time.Time
	// File and Line say where the rule stands.
	File string
	Line int

	workload, path glob
}

// dateFormat is how a day is written.
const dateFormat = "2006-01-02"

// Day is the rule's last day as it was written.
func (r Rule) Day() string { return r.Expires.Format(dateFormat) }

// Place is the printable file and line of the rule: ".bulkhead.yaml:3".
func (r Rule) Place() string {
	return fmt.Sprintf("%s:%d", inspect.Printable(filepath.Base(r.File)), r.Line)
}

// Expired says whether the rule's last day, in the clock's own time zone, has
// passed.
func (r Rule) Expired(now time.Time) bool { return now.Format(dateFormat) > r.Day() }

// Covers says whether the rule speaks of the finding. Paths are relative to the
// directory of the rule's file, with slashes; a finding without a file is
// covered only by rules without a path.
func (r Rule) Covers(workload string, f inspect.Finding) bool {
	if r.Check != f.ID || !r.workload.match(workload) {
		return false
	}
	if !r.path.given() {
		return true
	}
	if f.Source.File == "" {
		return false
	}
	return r.path.match(relative(filepath.Dir(r.File), f.Source.File))
}

// relative is the path as seen from a directory, with slashes; it is as it was
// where it cannot be seen from there.
func relative(dir, path string) string {
	base, err := filepath.Abs(dir)
	if err != nil {
		return filepath.ToSlash(path)
	}
	target, err := filepath.Abs(path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	rel, err := filepath.Rel(base, target)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}

// Load reads a configuration file. The error is an *Error.
func Load(path string) (Config, error) {
	content, err := readBounded(configuration, path, maxConfig)
	if err != nil {
		return Config{}, err
	}
	return Parse(path, content)
}

// Find looks for the project's configuration in the directory and in those
// above it, up to the top of the project: the directory that holds .git, or the
// root. It returns "" where there is none. What can be seen and not read is an
// error: a gate must not open because a file could not be read.
func Find(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", &Error{What: configuration, File: dir, Problem: err.Error(), Next: "Name the file with --config.", Err: err}
	}
	for {
		path := filepath.Join(dir, FileName)
		if _, err := os.Lstat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, os.ErrNotExist) {
			return "", accessError(configuration, path, err)
		}
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil || filepath.Dir(dir) == dir {
			return "", nil
		}
		dir = filepath.Dir(dir)
	}
}
