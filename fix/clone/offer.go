package clone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/fix/socketproxy"
	"bulkhead/fix/socketproxy/record"
	"bulkhead/inspect"
)

// Inside the recording proxy: the engine's socket, and the directory of the one
// that it offers.
const (
	engineAt  = "/engine.sock"
	offerAt   = "/offer"
	offerName = "docker.sock"
)

// proxyMemory is far more than the recording proxy needs.
const proxyMemory = 256 << 20

// SocketOffer is the recording proxy that stands in for the engine's socket in
// the copies of a session.
type SocketOffer struct {
	session *Session
	id      string
	stream  client.HijackedResponse
	reports *json.Decoder
	closed  bool
	last    socketproxy.Recording
	// access is who may use the socket, a sentence.
	access string
}

// OfferSocket lets the session's next copies of the subject find a recording
// proxy where the original finds the engine's socket; its companions get none.
// Where the subject reaches the engine through a companion that DOCKER_HOST
// names, that one gets it. The proxy is a container of the image: it has the
// socket, no network, no capability but that to give its own socket the owner of
// the engine's, and ends with this process. What it passes on is the policy's to
// say. The isolation must not be loosened afterwards. The error may be a
// *NoSocketError, or a *BlockedError where copies have a way out.
func (s *Session) OfferSocket(ctx context.Context, image string, policy socketproxy.Policy) (*SocketOffer, error) {
	if s.opt.Isolation != Sealed {
		return nil, &BlockedError{
			Name: s.called, Setting: "its way out", Reason: "what the engine answers holds secrets of other containers, and the copy could send them away.",
			Next: "Leave out what needs a way out: on an engine of another machine, that is exercises from here.",
		}
	}
	use, err := s.socketUse(ctx)
	if err != nil {
		return nil, err
	}
	volume := s.resourceName("socket", s.next())
	made, err := s.createVolume(ctx, volume, nil)
	if err != nil {
		return nil, err
	}
	o := &SocketOffer{session: s}
	if err := o.start(ctx, image, use.engine, volume, policy); err != nil {
		return nil, errors.Join(err, o.Close(ctx))
	}
	use.put(volume, made.Mountpoint, o.access)
	return o, nil
}

// start starts the proxy and waits until it listens.
func (o *SocketOffer) start(ctx context.Context, image, engine, volume string, policy socketproxy.Policy) error {
	s := o.session
	command := []string{"agent", "socket", "--engine", engineAt, "--offer", path.Join(offerAt, offerName)}
	for _, call := range policy.LetThrough {
		command = append(command, "--let-through", call)
	}
	processes := int64(256)
	host := &container.HostConfig{
		NetworkMode: "none", CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN"}, SecurityOpt: []string{"no-new-privileges:true"}, ReadonlyRootfs: true, LogConfig: logLimits,
		Resources: container.Resources{Memory: proxyMemory, PidsLimit: &processes},
		Mounts: []mount.Mount{
			{Type: mount.TypeBind, Source: engine, Target: engineAt, ReadOnly: true},
			{Type: mount.TypeVolume, Source: volume, Target: offerAt, VolumeOptions: &mount.VolumeOptions{NoCopy: true}},
		},
	}
	if s.engine.Host.UsernsRemap {
		host.UsernsMode = "host" // the socket is the host's root's
	}
	if s.engine.Host.SELinux {
		host.SecurityOpt = append(host.SecurityOpt, "label:disable")
	}
	creating, cancel := uncut(ctx)
	defer cancel()
	created, err := s.api.ContainerCreate(creating, client.ContainerCreateOptions{
		Name: s.resourceName("socket", s.next()),
		Config: &container.Config{
			// The owner of the socket needs no capability to use it.
			Image: image, Cmd: command, User: "0:0", Labels: s.labels,
			OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true,
		},
		HostConfig: host,
	})
	if err != nil {
		return fmt.Errorf("creating the recording proxy: %w", explain(err))
	}
	o.id = created.ID
	attached, err := s.api.ContainerAttach(ctx, o.id, client.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	if err != nil {
		return fmt.Errorf("connecting to the recording proxy: %w", err)
	}
	o.stream = attached.HijackedResponse
	if _, err := s.api.ContainerStart(ctx, o.id, client.ContainerStartOptions{}); err != nil {
		return fmt.Errorf("starting the recording proxy: %w", err)
	}
	out, in := io.Pipe()
	go func() {
		_, err := stdcopy.StdCopy(in, io.Discard, o.stream.Reader)
		in.CloseWithError(err)
	}()
	o.reports = json.NewDecoder(out)
	if err := o.stream.Conn.SetDeadline(time.Now().Add(proxyPatience)); err != nil {
		return fmt.Errorf("listening to the recording proxy: %w", err)
	}
	return o.read()
}

// proxyPatience bounds the wait for one report.
const proxyPatience = 30 * time.Second

// read reads one report.
func (o *SocketOffer) read() error {
	var report record.Report
	err := o.reports.Decode(&report)
	// Its output is listened to all the time; only an answer has to come soon.
	err = errors.Join(err, o.stream.Conn.SetDeadline(time.Time{}))
	if err != nil {
		return fmt.Errorf("listening to the recording proxy: %w", err)
	}
	if report.Error != "" {
		return fmt.Errorf("the recording proxy could not stand in for the socket: %s", inspect.Printable(report.Error))
	}
	o.last, o.access = report.Recording, report.Access
	return nil
}

// Recording is what was recorded so far.
func (o *SocketOffer) Recording() (socketproxy.Recording, error) {
	if o.closed {
		return o.last.Clone(), nil
	}
	err := o.stream.Conn.SetDeadline(time.Now().Add(proxyPatience))
	if err == nil {
		_, err = io.WriteString(o.stream.Conn, "\n")
	}
	if err != nil {
		return o.last.Clone(), fmt.Errorf("asking the recording proxy: %w", err)
	}
	err = o.read()
	return o.last.Clone(), err
}

// Close ends the proxy, also after ctx has ended; streams that a copy still
// follows end with it. The volume goes with the session.
func (o *SocketOffer) Close(ctx context.Context) error {
	if o.closed {
		return nil
	}
	o.closed = true
	if o.stream.Conn != nil {
		o.stream.Close()
	}
	if o.id == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), proxyPatience)
	defer cancel()
	if _, err := o.session.api.ContainerRemove(ctx, o.id, client.ContainerRemoveOptions{Force: true}); err != nil {
		return fmt.Errorf("removing the recording proxy: %w", err)
	}
	return nil
}
