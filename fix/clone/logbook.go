package clone

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"bulkhead/fix/health"
	"bulkhead/inspect"
)

const (
	tailLines   = 200  // what is kept of a log
	longestLine = 2048 // bytes; what is longer is cut
)

// logbook reads a copy's output as it comes, makes it safe to show, keeps its
// end and the lines that complain of refused permissions.
type logbook struct {
	redactor inspect.Redactor
	live     func(line string)

	mu         sync.Mutex
	tail       []string
	complaints []health.Complaint
	streams    []client.HijackedResponse
	reading    sync.WaitGroup
}

// follow connects to the output of a container that is about to start, so that
// no line is lost. It reads until the container stops.
func (l *logbook) follow(ctx context.Context, api *client.Client, id string, tty bool) error {
	attached, err := api.ContainerAttach(ctx, id, client.ContainerAttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		return fmt.Errorf("connecting to the copy's output: %w", err)
	}
	l.mu.Lock()
	l.streams = append(l.streams, attached.HijackedResponse)
	l.mu.Unlock()
	out, in := io.Pipe()
	l.reading.Go(func() {
		defer attached.Close()
		var err error
		if tty {
			_, err = io.Copy(in, attached.Reader)
		} else {
			_, err = stdcopy.StdCopy(in, in, attached.Reader)
		}
		in.CloseWithError(err)
	})
	l.reading.Go(func() { l.read(out) })
	return nil
}

// read takes lines until the end; a line that is too long is cut.
func (l *logbook) read(r io.Reader) {
	buffered := bufio.NewReaderSize(r, longestLine)
	for {
		line, more, err := buffered.ReadLine()
		if err != nil {
			return
		}
		l.add(string(line))
		for more && err == nil {
			_, more, err = buffered.ReadLine()
		}
	}
}

func (l *logbook) add(raw string) {
	line := inspect.Printable(l.redactor.Redact(raw))
	l.mu.Lock()
	l.tail = append(l.tail, line)
	if len(l.tail) > 2*tailLines {
		l.tail = append([]string(nil), l.tail[len(l.tail)-tailLines:]...)
	}
	if found := health.Complaints([]string{line}); len(found) > 0 {
		l.complaints = health.Merge(l.complaints, found)
	}
	l.mu.Unlock()
	if l.live != nil {
		l.live(line)
	}
}

// cut ends the reading where the container could not be removed: its output may
// go on for ever.
func (l *logbook) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, stream := range l.streams {
		stream.Close()
	}
}

// wait returns when everything has been read. The container must
// have ended, or the reading been cut.
func (l *logbook) wait() { l.reading.Wait() }

// lines returns the end of the log.
func (l *logbook) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.tail[max(0, len(l.tail)-tailLines):]...)
}

// complained returns the complaints, each kind once.
func (l *logbook) complained() []health.Complaint {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]health.Complaint(nil), l.complaints...)
}
