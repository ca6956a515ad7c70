// Package engine reads a Docker Engine: it finds the one the user means,
// connects to it, and turns the containers there into workloads. Its contract:
// it only reads. It never starts, stops, changes or enters a container, and it
// asks nothing of any machine but the engine the user chose.
//
// What could not be read is returned as a problem in words, never left out.
// Text that comes from the engine (names, labels, errors) is kept as it came in
// workloads; sentences made here are printable.
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"bulkhead/inspect"
	"bulkhead/inspect/engine/proc"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/client"
)

// Options say which engine is meant. At most one of Context and Host may be
// set; where both are empty the environment and Docker's configuration decide.
type Options struct {
	// Context is the name of a docker context, Host an address such as
	// "unix:///var/run/docker.sock", "tcp://host:2376" or "ssh://user@host".
	Context string
	Host    string
	// Getenv reads the environment; nil means os.Getenv.
	Getenv func(string) string
	// Timeout bounds the first answer of the engine; 0 means 10 seconds, and
	// 60 over ssh, where a person may have to type a passphrase.
	Timeout time.Duration
	// Patience bounds every later answer about one container, image or setting;
	// 0 means 10 seconds.
	Patience time.Duration
	// Proc and Etc are where a local engine's machine shows its processes and its
	// configuration; "" means /proc and /etc.
	Proc, Etc string
}

// Engine is a connection to one Docker Engine.
type Engine struct {
	API *client.Client
	// Host is what the engine said of itself when the connection was made.
	Host inspect.Host

	at        address
	info      system.Info
	patience  time.Duration
	proc      proc.Root
	etc, home string
	// links follows a path's symbolic links, a bounded number of them.
	links func(string) (string, error)
}

// Connect finds the engine that is meant, negotiates an API version with it and
// asks what it offers. The error is a *UsageError, a *ConnectError, or the
// context's own.
func Connect(ctx context.Context, o Options) (*Engine, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	at, err := resolve(o)
	if err != nil {
		return nil, err
	}
	opts, err := at.clientOptions(o.Getenv)
	if err != nil {
		return nil, err
	}
	api, err := client.New(opts...)
	if err != nil {
		return nil, &ConnectError{
			What: fmt.Sprintf("The engine address %q cannot be used: %v.", at.Host, err),
			Next: addressHint(at),
			Err:  err,
		}
	}
	e := &Engine{
		API: api, at: at, home: o.Getenv("HOME"),
		patience: cmp.Or(o.Patience, 10*time.Second),
		proc:     proc.Root(cmp.Or(o.Proc, "/proc")), etc: cmp.Or(o.Etc, "/etc"),
		links: filepath.EvalSymlinks,
	}
	if err := e.meet(ctx, at, o.Timeout); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// meet pings the engine and reads what it offers.
func (e *Engine) meet(ctx context.Context, at address, timeout time.Duration) error {
	if timeout == 0 {
		timeout = at.patience()
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ping, err := e.API.Ping(bounded, client.PingOptions{NegotiateAPIVersion: true})
	if tooOld := checkAge(at, ping.APIVersion); tooOld != nil {
		return tooOld
	}
	if err == nil {
		e.Host, e.info, err = readHost(bounded, e.API, at, ping)
	}
	var known *ConnectError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(bounded.Err(), context.DeadlineExceeded):
		return silent(at, timeout)
	default:
		return diagnose(at, err)
	}
}

// Close ends the connection.
func (e *Engine) Close() error { return e.API.Close() }

// Inspect returns what the engine knows of one container, and the same as the
// engine wrote it, which may have fields newer than the types.
func (e *Engine) Inspect(ctx context.Context, id string) (container.InspectResponse, []byte, error) {
	result, err := e.API.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return container.InspectResponse{}, nil, fmt.Errorf("inspecting container %q: %w", inspect.Printable(id), err)
	}
	return result.Container, result.Raw, nil
}

// DataRoot is where the engine keeps images, containers and volumes, as a path
// of its own machine.
func (e *Engine) DataRoot() string { return e.info.DockerRootDir }
