package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bulkhead/assets"
	"bulkhead/fix/file"

	"github.com/compose-spec/compose-go/v2/cli"
)

// writeFile writes the Compose file where there is none, and says whether it
// did.
func writeFile(dir string) (bool, error) {
	name := filepath.Join(dir, fileName)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return false, fmt.Errorf("making the lab's directory: %w", err)
	}
	err := file.Create(name, assets.LabCompose, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("writing compose file %q: %w", name, err)
	}
	return true, nil
}

// removeFile removes the Compose file and the directory it leaves empty.
func removeFile(dir string) error {
	if err := os.Remove(filepath.Join(dir, fileName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the lab's files: %w", err)
	}
	removeEmpty(dir)
	return nil
}

// removeEmpty removes the directory where nothing is left in it. One that holds
// something refuses to go, and that is what is wanted.
func removeEmpty(dir string) { _ = os.Remove(dir) }

// isOurs says whether the Compose file began as ours: the first line that was
// written is still in it.
func isOurs(name string) (bool, error) {
	have, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading compose file %q: %w", name, err)
	}
	mark, _, _ := bytes.Cut(assets.LabCompose, []byte("\n"))
	return bytes.Contains(have, mark), nil
}

// checkLab refuses a directory that is someone's own project: the lab would
// replace its containers, and remove its data on the way down.
func (o Options) checkLab() error {
	name := filepath.Join(o.Dir, fileName)
	ours, err := isOurs(name)
	if err != nil || ours {
		return err
	}
	for _, other := range cli.DefaultFileNames {
		other = filepath.Join(o.Dir, other)
		if _, err := os.Lstat(other); err == nil {
			return &NotLabError{Dir: o.Dir, File: other}
		}
	}
	// Without any file only the default directory is known to be the lab's.
	usual, err := DefaultDir(o.getenv)
	if err != nil || sameDir(usual, o.Dir) {
		return err
	}
	entries, err := os.ReadDir(o.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the lab's directory: %w", err)
	}
	if len(entries) > 0 {
		return &NotLabError{Dir: o.Dir, File: filepath.Join(o.Dir, entries[0].Name())}
	}
	return nil
}

// sameDir says whether two paths lead to one directory: what Compose writes
// into labels depends on how it was reached.
func sameDir(a, b string) bool {
	if a == b {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// removeFiles removes what bulkhead wrote into the directory and returns the
// names of what stays.
func removeFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the lab's directory: %w", err)
	}
	ours, err := isOurs(filepath.Join(dir, fileName))
	if err != nil {
		return nil, err
	}
	var stay []string
	for _, e := range entries {
		if !ours || !e.Type().IsRegular() || !written(e.Name()) {
			stay = append(stay, e.Name())
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return nil, fmt.Errorf("removing the lab's files: %w", err)
		}
	}
	removeEmpty(dir)
	return stay, nil
}

// written says whether bulkhead writes files of this name: the Compose file, the
// backups that package composefile makes of Compose files, and what a crash may
// have left of its writing.
func written(name string) bool {
	backup := strings.Contains(name, ".bulkhead-") && strings.HasSuffix(name, ".bak")
	return name == fileName || backup || name == "."+fileName+file.Unfinished
}
