package workbench

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"bulkhead/fix/composefile"
	"bulkhead/fix/daemon"
)

// DraftDaemon merges daemon settings, by name or all that are made unasked, into
// the daemon.json at the path from; one that is not there is taken for empty.
// It is written to the path to, which may be the same; "" writes nothing.
func (b *Bench) DraftDaemon(from, to string, names []string) (Draft, error) {
	settings, err := daemon.Choose(names...)
	if err != nil {
		return Draft{}, err
	}
	now, err := readIfThere(from)
	if err != nil {
		return Draft{}, err
	}
	edited, err := daemon.Edit(now, b.host().LogDriver, settings...)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{Kind: ToDaemon, Path: from, Before: now, After: edited.Content, Diff: composefile.Diff(from, now, edited.Content), Notes: edited.Notes, Mode: 0o644}
	if to == "" {
		return d, nil
	}
	if d.Path, err = filepath.Abs(to); err != nil {
		return Draft{}, err
	}
	if d.Before, err = readIfThere(d.Path); err != nil {
		return Draft{}, err
	}
	if d.Before != nil && !bytes.Equal(d.Before, now) {
		// What is written over is what has to be seen.
		d.Diff = composefile.Diff(to, d.Before, d.After)
	}
	d.Next = fmt.Sprintf("dockerd --validate --config-file %s (Engine 23.0 and newer)", d.Path)
	return d, nil
}

// readIfThere returns nil for a file that is not there.
func readIfThere(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return content, err
}
