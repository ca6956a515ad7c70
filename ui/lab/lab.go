// Package lab is the life of the practice services: a small Compose project,
// made of this very binary, that asks for more than it needs as most projects
// do. Up starts it and Down takes it away again.
//
// The project is started through the engine's API alone, so a machine needs no
// Compose. Containers, networks and volumes get the names and labels that
// Compose gives, and Compose in the lab's directory takes them over. The Compose
// file is the person's once it is written: what they edit is what is started.
//
// Contract: nothing is pulled, nothing of another project is touched, and an Up
// that fails or is interrupted takes back what it made. The lab is not a
// replacement for Compose: a file that asks for something that it cannot do is
// refused with the setting's name.
package lab

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"bulkhead/inspect"

	"github.com/moby/moby/client"
)

// fileName is the Compose file in the lab's directory.
const fileName = "compose.yaml"

// Options say where a lab is.
type Options struct {
	// API is the connection to the engine and Host what it offers.
	API  client.APIClient
	Host inspect.Host
	// Dir is the lab's directory; "" means DefaultDir.
	Dir string
	// Out gets a line for each thing that is done; nil means nowhere.
	Out io.Writer
	// Environ is the environment as "NAME=value"; nil means the process's own.
	Environ []string

	// imagePrefix stands before the images' names. Tests have their own, so
	// that they take no name away from a lab that runs on the same engine.
	imagePrefix string
}

// DefaultDir is bulkhead/bulkhead-lab under $XDG_DATA_HOME, which is
// ~/.local/share where it is not set.
func DefaultDir(getenv func(string) string) (string, error) {
	// The XDG Base Directory Specification ignores relative paths.
	data := getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) {
		home := getenv("HOME")
		if home == "" {
			var err error
			if home, err = os.UserHomeDir(); err != nil {
				return "", fmt.Errorf("finding the directory for the lab: %w", err)
			}
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "bulkhead", "bulkhead-lab"), nil
}

// complete fills in what was left out and makes the directory absolute.
func (o Options) complete() (Options, error) {
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.imagePrefix == "" {
		o.imagePrefix = "bulkhead-lab/"
	}
	var err error
	if o.Dir == "" {
		if o.Dir, err = DefaultDir(o.getenv); err != nil {
			return o, err
		}
	}
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return o, fmt.Errorf("finding the lab's directory: %w", err)
	}
	return o, nil
}

// getenv looks a variable up in Environ; the last one counts.
func (o Options) getenv(name string) string {
	value := ""
	for _, kv := range o.Environ {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			value = v
		}
	}
	return value
}

// say reports one thing that is done.
func (o Options) say(format string, args ...any) {
	fmt.Fprintln(o.Out, inspect.Printable(fmt.Sprintf(format, args...)))
}

// check returns the context's error, so that an interruption is noticed between
// two calls that must not be cut in half themselves.
func check(ctx context.Context) error { return context.Cause(ctx) }
