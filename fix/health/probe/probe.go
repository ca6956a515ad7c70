// Package probe is the part of the health checks that runs beside a clone, in
// its network and process namespaces, inside a helper container made of this
// very binary: it needs nothing in the clone's image and holds no privilege. It
// says what listens there, how each port answers a harmless request, and who
// the processes run as. Requests and reports are JSON lines on the standard
// streams, so it works over any connection to an engine.
//
// A port is asked as its clients would ask it. First it is listened to, because
// a server that speaks first may take offence at a client that does. Then come
// the questions: that of the protocol that is usual on the port, HTTP, and the
// others, each over a connection of its own. None of them gives a password or
// changes anything. The first answer that is understood
// settles it, and the protocol is asked for at once the next time. Of UDP only
// name servers are asked.
//
// Servers may be hostile or broken: each port has a time, each connection a
// number of bytes, and each look a number of ports and processes. What a server
// says is made printable and short, and freed of what changes from run to run.
package probe

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"bulkhead/fix/health"
)

// Request asks for one look. Timeout bounds the wait for each port's answer.
type Request struct {
	Timeout time.Duration `json:"timeout"`
	// Processes asks for the processes too. They are the clone's where the probe
	// is in its process namespace.
	Processes bool `json:"processes,omitempty"`
	// Container is the ID of the container whose processes are meant where others
	// share its process namespace; "" where all are.
	Container string `json:"container,omitempty"`
	// Silent asks for the processes alone, and no port for anything.
	Silent bool `json:"silent,omitempty"`
	// Known are the protocols that TCP ports spoke when they were last asked, as
	// Known returns them.
	Known map[uint16]string `json:"known,omitempty"`
}

// Known is what answers tell for the next Request, so that it is quicker.
func Known(answers []health.Answer) map[uint16]string {
	known := map[uint16]string{}
	for _, a := range answers {
		if a.Protocol == "tcp" && a.Application != "" {
			known[a.Port] = a.Application
		}
	}
	return known
}

// Report is what one look saw; Error says why it saw nothing.
type Report struct {
	Answers   []health.Answer  `json:"answers"`
	Processes []health.Process `json:"processes,omitempty"`
	Error     string           `json:"error,omitempty"`
}

const (
	// mostPorts bounds how many ports one look asks, atOnce how many of them at
	// the same time.
	mostPorts = 128
	atOnce    = 32
)

// Serve answers each Request on in with a Report on out until in ends.
// procDir is /proc but in tests.
func Serve(ctx context.Context, in io.Reader, out io.Writer, procDir string) error {
	requests := json.NewDecoder(bufio.NewReader(in))
	reports := json.NewEncoder(out)
	for {
		var req Request
		if err := requests.Decode(&req); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading a probe request: %w", err)
		}
		if err := reports.Encode(look(ctx, req, procDir)); err != nil {
			return fmt.Errorf("writing a probe report: %w", err)
		}
	}
}

// look reads the processes and asks every listening port at the same time. The
// processes go first: to be asked, a server may start some.
func look(ctx context.Context, req Request, procDir string) Report {
	var report Report
	var err error
	if req.Processes {
		if report.Processes, err = processes(procDir, os.Getpid(), req.Container); err != nil {
			return Report{Error: err.Error()}
		}
	}
	if req.Silent {
		return report
	}
	listeners, err := Listeners(filepath.Join(procDir, "net"))
	if err != nil {
		return Report{Error: err.Error()}
	}
	listeners = onePerPort(listeners)
	report.Answers = make([]health.Answer, len(listeners))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, l := range listeners {
		group.Go(func() error {
			report.Answers[i] = ask(ctx, l, req.Known[l.Port], req.Timeout)
			return nil
		})
	}
	_ = group.Wait()
	return report
}

// onePerPort keeps one listener for each protocol and port: a server that
// binds 0.0.0.0 and [::] is one service. One that is reachable from outside
// goes before one on loopback. The lowest ports are kept where there are more
// than can be asked.
func onePerPort(listeners []Listener) []Listener {
	type key struct {
		protocol string
		port     uint16
	}
	at := map[key]int{}
	var out []Listener
	for _, l := range listeners {
		k := key{l.Protocol, l.Port}
		i, seen := at[k]
		switch {
		case !seen && len(out) < mostPorts:
			at[k] = len(out)
			out = append(out, l)
		case seen && out[i].Address.IsLoopback() && !l.Address.IsLoopback():
			out[i] = l
		}
	}
	return out
}
