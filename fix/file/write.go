// Package file writes files whole or not at all, and keeps what they held. Its
// contract: a file holds the old content or the new one at every moment, what a
// person saw before accepting is what is replaced, and nothing is written over
// that nobody looked at.
package file

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Error says why a file was not written. The file is as it was.
type Error struct {
	File    string
	Problem string
	// Next is a sentence that says the next step.
	Next string
	Err  error
}

// Error names the file and the problem, without the hint.
func (e *Error) Error() string {
	return fmt.Sprintf("writing %q: %s", e.File, e.Problem)
}

// Hint is the next step.
func (e *Error) Hint() string { return e.Next }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Replace replaces the file's content, if the file still holds before, and leaves
// a copy of what it held beside it: <name>.bulkhead-<yyyymmdd-hhmmss>.bak, by
// the time now. A symbolic link is followed and its target written. Permissions
// stay, and the owner where the system allows it. The file holds either the old
// content or the new one at every moment. The error is a *Error.
func Replace(path string, before, after []byte, now time.Time) (backup string, err error) {
	target, info, err := check(path, before)
	if err != nil {
		return "", err
	}
	backup = BackupOf(target, now)
	if err := create(backup, before, info); err != nil {
		return "", refusal(backup, err)
	}
	if err := replace(target, after, info); err != nil {
		return "", errors.Join(refusal(target, err), os.Remove(backup))
	}
	return backup, nil
}

// BackupOf is where Replace keeps what a file held that is no link.
func BackupOf(path string, now time.Time) string {
	return path + ".bulkhead-" + now.Format("20060102-150405") + ".bak"
}

// Exchange is Replace without a backup.
func Exchange(path string, before, after []byte) error {
	target, info, err := check(path, before)
	if err != nil {
		return err
	}
	if err := replace(target, after, info); err != nil {
		return refusal(target, err)
	}
	return nil
}

// check finds the file behind the path's links and refuses one that must not be
// written over.
func check(path string, before []byte) (target string, info fs.FileInfo, err error) {
	if target, err = filepath.EvalSymlinks(path); err != nil {
		return "", nil, refusal(path, err)
	}
	if info, err = os.Stat(target); err != nil {
		return "", nil, refusal(target, err)
	}
	if !info.Mode().IsRegular() {
		return "", nil, &Error{File: target, Problem: "it is not a regular file", Next: "Name the file itself."}
	}
	held, err := os.ReadFile(target)
	if err != nil {
		return "", nil, refusal(target, err)
	}
	if !bytes.Equal(held, before) {
		return "", nil, &Error{File: target, Problem: "it changed since the diff was made", Next: "Look at the new diff and accept that one."}
	}
	return target, info, checkWritable(target)
}

// checkWritable refuses a file that its owner made read-only; renaming over it
// would pass that by.
func checkWritable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return refusal(path, err)
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return refusal(path, err)
	}
	// Root may open it all the same.
	if info.Mode().Perm()&0o222 == 0 {
		return refusal(path, fs.ErrPermission)
	}
	return nil
}

// create writes a new file and makes sure that it is on the disk. Where like is
// not nil, its owner and permissions are taken over.
func create(path string, content []byte, like fs.FileInfo) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	if _, err := f.Write(content); err != nil {
		return err
	}
	if like != nil {
		// The owner first: changing it clears mode bits.
		keepOwner(f, like)
		if err := f.Chmod(like.Mode().Perm()); err != nil {
			return err
		}
	}
	return f.Sync()
}

// replace renames a complete new file over the old one.
func replace(path string, content []byte, like fs.FileInfo) error {
	temporary, err := prepare(path, content, like)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	syncDir(filepath.Dir(path))
	return nil
}

// syncDir makes the rename last over a power cut. Not every system can sync a
// directory, and the file is whole either way, so its errors mean nothing.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}

// refusal says in words what the system refused.
func refusal(path string, err error) error {
	out := &Error{File: path, Problem: err.Error(), Next: "Nothing was changed; try again when this is mended.", Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		out.Problem, out.Next = "there is no such file", "Check the path."
	case errors.Is(err, fs.ErrExist):
		out.Problem, out.Next = "a backup of this second is already there", "Try again in a second."
	case errors.Is(err, syscall.EROFS):
		out.Problem = "it is on a file system that is read-only"
		out.Next = "Make that writable, or print the diff and apply it where you may write."
	case errors.Is(err, fs.ErrPermission):
		out.Problem = "permission denied; the file or its directory is read-only"
		out.Next = "Make both writable, or print the diff and apply it where you may write."
	}
	return out
}
