package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/moby/moby/client/pkg/versions"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/wire"
)

// Command is what the helper's image runs: the hidden command of the binary
// that calls wire.Serve.
var Command = []string{"agent", "observe"}

// Options say how the helper is made.
type Options struct {
	// Image is one that agent.HelperImage describes, which the engine has.
	Image string
	// Labels are put on the helper.
	Labels map[string]string
	// Remap is how the engine remaps users. The helper is left out of that, and
	// what was seen has the IDs that are inside.
	Remap inspect.Remap
}

// Observer is a helper that runs. It watches up to wire.Most containers at a
// time. Its methods may be called from several goroutines; one request is under
// way at a time.
type Observer struct {
	api    *client.Client
	known  *Known
	id     string
	caps   []string
	stream client.HijackedResponse
	// living ends with the observer.
	living context.Context
	end    context.CancelFunc

	mu      sync.Mutex
	answers *json.Decoder
	said    Tail
}

// The bounds of the helper. Each watch's maps take about 12 MB of kernel memory;
// with the kernel's type information, which it reads to assemble the programs,
// 40 MB were its peak with one watch on Linux 6.18. The rest is room for further
// watches, larger kernels and paths.
const (
	memory = 512 << 20
	tasks  = 64
	// patience bounds one answer: loading the programs takes a tenth of a
	// second, more on a busy machine.
	patience = time.Minute
)

// Start starts a helper with the least that the engine and its kernel let it
// observe with, and has it try. The caller closes it. The error may be an
// *observe.RefusedError.
func Start(ctx context.Context, api *client.Client, opt Options) (*Observer, error) {
	return least(ctx, grants(api.ClientVersion()), func(caps []string) (*Observer, error) {
		return started(ctx, api, opt, helper{Command, caps, "none"})
	})
}

// grants are the capabilities that suffice, the lesser ones first. Engines
// before 23.0 (API 1.42) know no BPF and PERFMON ("unknown capability", seen on
// 20.10.24).
func grants(version string) [][]string {
	all := [][]string{{"BPF", "PERFMON"}, {"SYS_ADMIN"}}
	if versions.LessThan(version, "1.42") {
		return all[1:]
	}
	return all
}

// least starts with each grant until one suffices. The reason that counts is
// the last one's.
func least[T any](ctx context.Context, grants [][]string, start func(caps []string) (T, error)) (got T, err error) {
	for _, caps := range grants {
		if got, err = start(caps); err == nil || ctx.Err() != nil {
			break
		}
	}
	return got, err
}

// started is a helper that was seen to be allowed to observe.
func started(ctx context.Context, api *client.Client, opt Options, h helper) (*Observer, error) {
	o, err := start(ctx, api, opt, h)
	if err != nil {
		return nil, err
	}
	if err := o.try(ctx); err != nil {
		return nil, errors.Join(err, o.Close(ctx))
	}
	return o, nil
}

// helper is what a helper runs, with which capabilities and on which network.
type helper struct {
	command, caps []string
	network       container.NetworkMode
}

// Caps are the capabilities that the helper observes with.
func (o *Observer) Caps() []string { return o.caps }

// nobody is the ID of no container.
var nobody = strings.Repeat("0", 64)

// try begins and ends a watch of nothing.
func (o *Observer) try(ctx context.Context) error {
	if _, err := o.ask(ctx, wire.Request{Watch: &wire.Watch{ID: nobody}}); err != nil {
		return err
	}
	_, err := o.ask(ctx, wire.Request{Of: nobody, Stop: true})
	return err
}

func start(ctx context.Context, api *client.Client, opt Options, h helper) (*Observer, error) {
	limit := int64(tasks)
	var users container.UsernsMode
	if !opt.Remap.None() {
		users = "host"
	}
	created, err := api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Config: &container.Config{
			Image: opt.Image, Cmd: h.command, User: "0:0", Labels: maps.Clone(opt.Labels),
			OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true,
		},
		HostConfig: &container.HostConfig{
			NetworkMode: h.network, UsernsMode: users, CapDrop: []string{"ALL"}, CapAdd: h.caps, ReadonlyRootfs: true,
			SecurityOpt: []string{"no-new-privileges:true"}, AutoRemove: true,
			LogConfig: container.LogConfig{Type: "none"},
			Resources: container.Resources{Memory: memory, PidsLimit: &limit},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("creating the observer: %w", err)
	}
	o := &Observer{api: api, known: NewKnown(api, opt.Remap), id: created.ID, caps: h.caps}
	o.living, o.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := o.connect(ctx); err != nil {
		return nil, errors.Join(err, o.Close(ctx))
	}
	return o, nil
}

// connect attaches to the helper and starts it.
func (o *Observer) connect(ctx context.Context) error {
	attached, err := o.api.ContainerAttach(ctx, o.id, client.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return fmt.Errorf("connecting to the observer: %w", err)
	}
	o.stream = attached.HijackedResponse
	if _, err := o.api.ContainerStart(ctx, o.id, client.ContainerStartOptions{}); err != nil {
		return &observe.RefusedError{
			Reason: "the engine did not start the helper: " + inspect.Printable(err.Error()),
			Next:   fmt.Sprintf("The helper needs an engine that may give a container CAP_%s.", strings.Join(o.caps, " and CAP_")), Err: err,
		}
	}
	out, in := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(in, &o.said, o.stream.Reader)
		in.CloseWithError(err)
	}()
	o.answers = json.NewDecoder(out)
	return nil
}

// ask sends a request and waits for its answer.
func (o *Observer) ask(ctx context.Context, r wire.Request) (wire.Answer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	deadline := time.Now().Add(patience)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if err := o.stream.Conn.SetDeadline(deadline); err != nil {
		return wire.Answer{}, fmt.Errorf("asking the observer: %w", err)
	}
	// Its answers are read all the time, also between two requests: no deadline
	// must stay.
	defer o.stream.Conn.SetDeadline(time.Time{})
	interrupted := context.AfterFunc(ctx, func() { o.stream.Conn.SetDeadline(time.Unix(1, 0)) })
	defer interrupted()
	if err := json.NewEncoder(o.stream.Conn).Encode(r); err != nil {
		return wire.Answer{}, o.gone(ctx, "asking", err)
	}
	var a wire.Answer
	if err := o.answers.Decode(&a); err != nil {
		return wire.Answer{}, o.gone(ctx, "listening to", err)
	}
	return a, a.Err()
}

// gone says why the helper does not answer, in its own words where it had any.
func (o *Observer) gone(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if said := o.said.String(); said != "" {
		return fmt.Errorf("%s the observer: %w; it said %q", doing, err, inspect.Printable(said))
	}
	return fmt.Errorf("%s the observer: %w", doing, err)
}

// Close ends the helper and removes it; a watch under way ends unread. It does
// its work even when ctx is already cancelled, and when it returns, the
// helper's image is free.
func (o *Observer) Close(ctx context.Context) error {
	o.end()
	if o.stream.Conn != nil {
		o.stream.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_, err := o.api.ContainerRemove(ctx, o.id, client.ContainerRemoveOptions{Force: true})
	if cerrdefs.IsConflict(err) {
		// It ended, and the engine is about to remove it by itself.
		err = o.removed(ctx)
	}
	if err != nil && !cerrdefs.IsNotFound(err) {
		return fmt.Errorf("removing the observer: %w", err)
	}
	return nil
}

// removed waits until the engine has removed the helper.
func (o *Observer) removed(ctx context.Context) error {
	waiting := o.api.ContainerWait(ctx, o.id, client.ContainerWaitOptions{Condition: container.WaitConditionRemoved})
	select {
	case <-waiting.Result:
		return nil
	case err := <-waiting.Error:
		return err
	}
}

// Tail keeps the last bytes written to it.
type Tail struct {
	mu   sync.Mutex
	text []byte
}

// Write never fails.
func (t *Tail) Write(p []byte) (int, error) {
	const most = 1024
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - most; extra > 0 {
		t.text = t.text[extra:]
	}
	return len(p), nil
}

// String is what was kept.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
