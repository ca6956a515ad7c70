package clone

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/fix/health"
	"bulkhead/fix/health/probe"
)

// helper is a container made of this binary, in the copy's network and process
// namespaces. It holds no privilege at all, and ends with the copy's first
// process where the copy has a process namespace of its own. Two of its methods
// must not run at the same time.
type helper struct {
	stream  client.HijackedResponse
	reports *json.Decoder
	// container is the ID of the copy whose processes are meant where companions
	// share its process namespace, else "".
	container string
	// last is what it reported when it was last asked.
	last probe.Report
}

// helperCommand is what the helper image runs: the hidden command of the
// binary that calls probe.Serve.
var helperCommand = []string{"agent", "probe"}

// makeHelper creates the container of the copy's probe, unless it is there. The
// copy need not run yet.
func (c *copied) makeHelper(ctx context.Context) error {
	if c.probe.id != "" || c.session.opt.HelperImage == "" {
		return nil
	}
	creating, cancel := uncut(ctx)
	defer cancel()
	created, err := c.session.api.ContainerCreate(creating, client.ContainerCreateOptions{
		Config: &container.Config{
			Image: c.session.opt.HelperImage, Cmd: helperCommand, User: "65534:65534", Labels: c.session.labels,
			OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true,
		},
		HostConfig: &container.HostConfig{
			NetworkMode: container.NetworkMode("container:" + c.id), PidMode: container.PidMode("container:" + c.id),
			CapDrop:     []string{"ALL"},
			SecurityOpt: []string{"no-new-privileges:true"}, ReadonlyRootfs: true, LogConfig: logLimits,
		},
	})
	if err != nil {
		return fmt.Errorf("creating the probe: %w", err)
	}
	c.probe.id = created.ID
	return nil
}

// probing is the container of a copy's probe, which is started anew with each
// start of the copy.
type probing struct {
	id   string
	used bool
}

// startHelper starts the probe beside the running copy. It returns nil where the
// copy ended before the probe could join it.
func (c *copied) startHelper(ctx context.Context) (*helper, error) {
	api := c.session.api
	if err := c.restHelper(ctx); err != nil {
		return nil, err
	}
	if err := c.makeHelper(ctx); err != nil {
		return nil, err
	}
	h := &helper{}
	if c.of.joins[PID] != nil {
		h.container = c.id
	}
	c.probe.used = true
	attached, err := api.ContainerAttach(ctx, c.probe.id, client.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return nil, fmt.Errorf("connecting to the probe: %w", err)
	}
	h.stream = attached.HijackedResponse
	if _, err := api.ContainerStart(ctx, c.probe.id, client.ContainerStartOptions{}); err != nil {
		h.stream.Close()
		if st, stateErr := c.state(ctx); stateErr == nil && !st.running {
			return nil, nil
		}
		return nil, fmt.Errorf("starting the probe: %w", err)
	}
	out, in := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(in, io.Discard, h.stream.Reader)
		in.CloseWithError(err)
	}()
	h.reports = json.NewDecoder(out)
	return h, nil
}

// ask lets the probe look once.
func (h *helper) ask(timeout time.Duration) ([]health.Answer, error) {
	// The probe bounds each port by timeout; what takes longer is the engine.
	if err := h.stream.Conn.SetDeadline(time.Now().Add(timeout + 20*time.Second)); err != nil {
		return nil, fmt.Errorf("asking the probe: %w", err)
	}
	// Its answers are read all the time, also while exercises take longer.
	defer h.stream.Conn.SetDeadline(time.Time{})
	report, err := h.request(probe.Request{Timeout: timeout, Processes: true, Container: h.container, Known: probe.Known(h.last.Answers)})
	if err != nil {
		return nil, err
	}
	h.last = report
	return report.Answers, nil
}

// processes lists the copy's processes, and asks no port for anything.
func (h *helper) processes() ([]health.Process, error) {
	if err := h.stream.Conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return nil, fmt.Errorf("asking the probe: %w", err)
	}
	report, err := h.request(probe.Request{Processes: true, Silent: true, Container: h.container})
	return report.Processes, err
}

func (h *helper) request(request probe.Request) (probe.Report, error) {
	if err := json.NewEncoder(h.stream.Conn).Encode(request); err != nil {
		return probe.Report{}, fmt.Errorf("asking the probe: %w", err)
	}
	var report probe.Report
	if err := h.reports.Decode(&report); err != nil {
		return probe.Report{}, fmt.Errorf("listening to the probe: %w", err)
	}
	if report.Error != "" {
		return probe.Report{}, fmt.Errorf("the probe could not look: %s", report.Error)
	}
	return report, nil
}

// leave lets the probe end by itself, before the copy is asked to: an init that
// waits until nothing else runs must not wait for it. What goes wrong here does
// not matter, because the probe ends with the copy at the latest.
func (h *helper) leave() {
	_ = h.stream.Conn.SetDeadline(time.Now().Add(2 * time.Second))
	if err := h.stream.CloseWrite(); err == nil {
		_ = h.reports.Decode(&json.RawMessage{}) // its output ends when it has ended
	}
}

// closeHelper ends the probe of the current start, if there is one.
func (c *copied) closeHelper() {
	if c.helper != nil {
		c.helper.stream.Close()
		c.helper = nil
	}
}

// restHelper waits until the probe of the last start has ended, so that it can be
// started again: one that the engine still holds to be running it would not
// start. One that does not end is removed.
func (c *copied) restHelper(ctx context.Context) error {
	if !c.probe.used {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	waiting := c.session.api.ContainerWait(bounded, c.probe.id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case <-waiting.Result:
	case <-waiting.Error:
		c.removeHelper(ctx)
	}
	return ctx.Err()
}

// removeHelper removes the probe's container. What cannot be removed here is
// removed with the session.
func (c *copied) removeHelper(ctx context.Context) {
	c.closeHelper()
	if c.probe.id != "" {
		_, _ = c.session.api.ContainerRemove(ctx, c.probe.id, client.ContainerRemoveOptions{Force: true})
		c.probe = probing{}
	}
}
