package policy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"bulkhead/inspect"
)

// Error says which file cannot be used, where, and what to do next.
type Error struct {
	// What is being read: "configuration" or "baseline".
	What string
	File string
	// Line counts from 1 and is 0 where it is not known.
	Line    int
	Problem string
	// Next is a sentence that says the next step.
	Next string
	Err  error
}

// Error names the file, the line and the problem, without the hint.
func (e *Error) Error() string {
	where := fmt.Sprintf("reading %s %q", e.What, e.File)
	if e.Line > 0 {
		where += fmt.Sprintf(", line %d", e.Line)
	}
	return where + ": " + e.Problem
}

// Hint is the next step.
func (e *Error) Hint() string { return e.Next }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// fewNames are so many that a sentence can list them.
const fewNames = 8

// didYouMean suggests names near to one that is not known, or says where they
// are listed.
func didYouMean(name string, known []string) string {
	if near := inspect.Near(name, known); len(near) > 0 {
		return "Did you mean " + strings.Join(near, " or ") + "?"
	}
	if len(known) > fewNames {
		return "`bulkhead checks` lists the checks and their layers."
	}
	return "Known are " + strings.Join(known, ", ") + "."
}

// readBounded reads a file of at most limit bytes.
func readBounded(what, path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, accessError(what, path, err)
	}
	// Nothing was written, so closing can lose nothing.
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, accessError(what, path, err)
	}
	if int64(len(content)) > limit {
		return nil, &Error{What: what, File: path, Problem: fmt.Sprintf("the file is larger than %d MB", limit>>20), Next: "Check that this is the right file."}
	}
	return content, nil
}

func accessError(what, path string, err error) *Error {
	out := &Error{What: what, File: path, Problem: err.Error(), Next: "Check the path.", Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		out.Problem = "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		out.Problem, out.Next = "permission denied", "Run as a user who may read the file."
	}
	return out
}
