package clone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/fix/socketproxy"
	"bulkhead/fix/socketproxy/record"
	"bulkhead/inspect"
)

// NoSocketError says that a container has no socket of the engine that a proxy
// could stand in for.
type NoSocketError struct {
	Name string
	// Mounts are the paths inside on which other sockets are mounted.
	Mounts []string
}

// Error says so.
func (e *NoSocketError) Error() string {
	if len(e.Mounts) > 0 {
		return fmt.Sprintf("%s mounts %s, in which bulkhead cannot tell where the engine's docker.sock is", e.Name, inspect.Printable(e.Mounts[0]))
	}
	return e.Name + " mounts no socket of the engine, so that there are no calls to learn"
}

// Hint is the next step.
func (e *NoSocketError) Hint() string {
	if len(e.Mounts) > 0 {
		return "Mount the socket itself, as /var/run/docker.sock, instead of what holds it."
	}
	return "`bulkhead audit` shows which workloads do."
}

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
}

// OfferSocket lets the session's next copies of the subject find a recording
// proxy where the original finds the engine's socket; its companions get none.
// The proxy is a container of the image: it has the socket, no network, no
// capability, and ends with this process. What it passes on is the policy's to
// say. The isolation must not be loosened afterwards. The error may be a
// *NoSocketError, or a *BlockedError where copies have a way out.
func (s *Session) OfferSocket(ctx context.Context, image string, policy socketproxy.Policy) (*SocketOffer, error) {
	if s.opt.Isolation != Sealed {
		return nil, &BlockedError{
			Name: s.called, Setting: "its way out", Reason: "what the engine answers holds secrets of other containers, and the copy could send them away.",
			Next: "Leave out what needs a way out: on an engine of another machine, that is exercises from here.",
		}
	}
	engine, places, err := s.socketPlaces(ctx)
	if err != nil {
		return nil, err
	}
	volume := s.resourceName("socket", s.next())
	made, err := s.createVolume(ctx, volume, nil)
	if err != nil {
		return nil, err
	}
	o := &SocketOffer{session: s}
	if err := o.start(ctx, image, engine, volume, policy); err != nil {
		return nil, errors.Join(err, o.Close(ctx))
	}
	mounts := slices.Clone(s.spec.HostConfig.Mounts)
	for _, p := range places {
		mounts = append(mounts, p.mount(volume, made.Mountpoint))
		s.spec.Notes = slices.DeleteFunc(s.spec.Notes, func(note string) bool { return note == p.note })
		s.spec.Notes = append(s.spec.Notes, fmt.Sprintf("On %s the copy has bulkhead's recording proxy, not the engine's socket.", inspect.Printable(p.Target)))
	}
	s.spec.HostConfig.Mounts = mounts
	return o, nil
}

// socketPlace is where a copy finds the proxy.
type socketPlace struct {
	SocketMount
	directory bool
}

// mount is the proxy's socket at the place: the file where the original has the
// socket itself, the volume where it has the directory. The file has a path on
// the engine's host, because an engine before API 1.45 cannot mount a part of a
// volume.
func (p socketPlace) mount(volume, mountpoint string) mount.Mount {
	if p.directory {
		return mount.Mount{Type: mount.TypeVolume, Source: volume, Target: p.Target, ReadOnly: true, VolumeOptions: &mount.VolumeOptions{NoCopy: true}}
	}
	return mount.Mount{Type: mount.TypeBind, Source: path.Join(mountpoint, offerName), Target: p.Target, ReadOnly: true}
}

// socketPlaces finds the engine's socket on its host, and where the subject has
// it.
func (s *Session) socketPlaces(ctx context.Context) (engine string, places []socketPlace, err error) {
	none := &NoSocketError{Name: s.called}
	for _, m := range s.spec.Sockets {
		led := s.engine.Resolve(ctx, m.Source)
		var at string
		p := socketPlace{SocketMount: m}
		switch {
		case isDockerSocket(m.Source), isDockerSocket(led):
			at = m.Source
		case inspect.EngineSocketDir(m.Source), inspect.EngineSocketDir(led):
			p.directory = true
			at = path.Join(m.Source, offerName)
		case inspect.LeadsToEngine(m.Source):
			none.Mounts = append(none.Mounts, m.Target)
			continue
		default:
			continue
		}
		if engine == "" {
			engine = at
		}
		places = append(places, p)
	}
	if len(places) == 0 {
		return "", nil, none
	}
	return engine, places, nil
}

// isDockerSocket says whether the path is named like the socket of an engine
// that speaks Docker's API.
func isDockerSocket(source string) bool {
	base := path.Base(source)
	return base == offerName || base == "docker.raw.sock"
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
		NetworkMode: "none", CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges:true"}, ReadonlyRootfs: true, LogConfig: logLimits,
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
	o.last = report.Recording
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
