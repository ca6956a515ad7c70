package compose

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"bulkhead/inspect"

	"go.yaml.in/yaml/v4"
)

// Error says which file could not be read, where, and what to do next.
type Error struct {
	// File is the path, Line counts from 1 and is 0 where it is not known.
	File string
	Line int
	// Problem says what is wrong, Next what to do next, a sentence.
	Problem string
	Next    string
	Err     error
}

// Error names the file, the line and the problem, without the hint.
func (e *Error) Error() string {
	where := fmt.Sprintf("reading Compose file %q", e.File)
	if e.File == "" {
		where = "reading Compose files"
	}
	if e.Line > 0 {
		where += fmt.Sprintf(", line %d", e.Line)
	}
	return where + ": " + e.Problem
}

// Hint is the next step.
func (e *Error) Hint() string { return e.Next }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// syntaxError turns the YAML library's error into one that names the line, and
// what is wrong with it where the library has no word for that.
func syntaxError(file string, content []byte, err error) *Error {
	out := &Error{File: file, Problem: "this is not valid YAML: " + strings.TrimPrefix(err.Error(), "yaml: "), Err: err,
		Next: "Mend the file first; `docker compose config` names the same place."}
	var load *yaml.LoadError
	if errors.As(err, &load) {
		out.Line = load.Mark.Line
		if open := load.ContextMark.Line; open > 0 && strings.Contains(load.Message, "end of stream") {
			// Where the quote or bracket was opened, not where the file ends.
			out.Line = open
		}
		out.Problem = "this is not valid YAML: " + load.Message
		if tabbed(content, out.Line) {
			out.Problem, out.Next = "this is not valid YAML: the line is indented with a tab", "Indent it with spaces; YAML allows no tabs there."
		}
	}
	out.Problem = inspect.Printable(out.Problem)
	return out
}

// tabbed says whether a tab stands before the first word of the line, which
// counts from 1.
func tabbed(content []byte, line int) bool {
	lines := bytes.SplitN(content, []byte("\n"), line+1)
	if line < 1 || line > len(lines) {
		return false
	}
	text := lines[line-1]
	return bytes.ContainsRune(text[:len(text)-len(bytes.TrimLeft(text, " \t"))], '\t')
}

// accessError says why a file could not be opened.
func accessError(file string, err error) *Error {
	out := &Error{File: file, Err: err, Problem: err.Error()}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		out.Problem = "there is no such file"
		out.Next = "Check the path; without -f the file is looked for in the current directory."
	case errors.Is(err, fs.ErrPermission):
		out.Problem = "permission denied"
		out.Next = "Run as a user who may read the file."
	}
	return out
}
