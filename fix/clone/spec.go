// Package clone makes isolated copies of a container, under today's settings
// or under a Plan, and takes them away again. Its contract: the original is
// only read, never changed, entered or stopped, and its data is never written;
// an engine socket is never passed through; everything that is created carries
// the labels of its Session, and Close removes it all. What a copy does not
// share with its original is said in Notes.
package clone

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"

	"bulkhead/fix"
	"bulkhead/inspect"
)

// Spec is how to create copies of one container: the API's own structures with
// only that changed which isolation needs.
type Spec struct {
	Config     container.Config
	HostConfig container.HostConfig
	// Aliases are the names under which others on the original's networks know it.
	Aliases []string
	// Storage are the writable mounts, which every copy gets a volume of its own for.
	Storage []Storage
	// Notes say what the copies do not share with the original.
	Notes []string
}

// Storage is one writable mount of the original.
type Storage struct {
	// Target is the path inside.
	Target string
	// Bind says that the original is a bind mount, whose content is always
	// copied; a volume starts fresh.
	Bind bool
	// Keep says that a fresh volume gets what the image has at Target, as the
	// engine does for the original.
	Keep bool
}

// BlockedError says which setting prevents a container from being copied.
type BlockedError struct {
	Name, Setting, Reason, Next string
}

// Error names the container, the setting and the reason.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("%s cannot be cloned because of %s: %s", e.Name, e.Setting, e.Reason)
}

// Hint is the next step.
func (e *BlockedError) Hint() string { return e.Next }

// healthInterval is how often a copy's healthcheck runs at most, so that a
// trial need not wait for an interval made for production.
const healthInterval = time.Second

// logLimits bound what a copy may log.
var logLimits = container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "8m", "max-file": "1"}}

// Prepare turns what inspect says of a container into a Spec, or says in a
// *BlockedError why it cannot be copied.
func Prepare(c container.InspectResponse) (Spec, error) {
	if c.Config == nil || c.HostConfig == nil {
		return Spec{}, fmt.Errorf("cloning %s: the engine did not say how it was created", name(c))
	}
	if err := blocked(c); err != nil {
		return Spec{}, err
	}
	s := Spec{Config: *c.Config, HostConfig: *c.HostConfig}
	s.copyConfig(c)
	s.isolate(c)
	s.mounts(c)
	return s, nil
}

func name(c container.InspectResponse) string {
	return inspect.Printable(strings.TrimPrefix(c.Name, "/"))
}

// blocked looks for settings that a copy can neither share nor do without.
func blocked(c container.InspectResponse) error {
	h := c.HostConfig
	refuse := func(setting, reason, next string) error {
		return &BlockedError{Name: name(c), Setting: setting, Reason: reason, Next: next}
	}
	switch {
	case h.Privileged:
		return refuse("privileged", "a privileged copy could change the host.",
			"Replace privileged by the capabilities and devices it stands for, recreate the container, and try again.")
	case len(h.Devices) > 0:
		return refuse("devices", fmt.Sprintf("a copy would use the host's %s at the same time.", inspect.Printable(h.Devices[0].PathOnHost)),
			"Try a container of the same image without the device.")
	case len(h.DeviceRequests) > 0 || len(h.DeviceCgroupRules) > 0:
		return refuse("devices", "a copy would use the host's devices at the same time.",
			"Try a container of the same image without the device.")
	case h.NetworkMode.IsContainer():
		return refuse("network_mode "+inspect.Printable(string(h.NetworkMode)), "it lives in another container's network.",
			"Try the container whose network it uses.")
	case h.PidMode.IsContainer() || h.IpcMode.IsContainer():
		return refuse("a shared namespace", "it lives in another container's PID or IPC namespace.",
			"Try a container of the same image with namespaces of its own.")
	}
	for _, m := range c.Mounts {
		switch m.Type {
		case mount.TypeBind, mount.TypeVolume, mount.TypeTmpfs:
		default:
			return refuse(fmt.Sprintf("the %s mount on %s", m.Type, inspect.Printable(m.Destination)), "bulkhead does not know how to copy it.",
				"Try a container of the same image without this mount.")
		}
	}
	return nil
}

// copyConfig takes over the container's own part.
func (s *Spec) copyConfig(c container.InspectResponse) {
	s.Config.Labels = nil
	s.Config.AttachStdin, s.Config.AttachStdout, s.Config.AttachStderr = false, false, false
	if strings.HasPrefix(c.ID, s.Config.Hostname) {
		s.Config.Hostname = "" // the engine's own choice: the short ID
	}
	// The image by its ID: a tag may have moved since.
	if c.Image != "" {
		s.Config.Image = c.Image
	}
	if h := c.Config.Healthcheck; h != nil && (h.Interval == 0 || h.Interval > healthInterval) {
		faster := *h
		faster.Interval = healthInterval
		s.Config.Healthcheck = &faster
	}
}

// isolate takes away what ties a container to its host and its neighbours.
func (s *Spec) isolate(c container.InspectResponse) {
	h := &s.HostConfig
	note := func(format string, args ...any) { s.Notes = append(s.Notes, fmt.Sprintf(format, args...)) }
	if len(h.PortBindings) > 0 || h.PublishAllPorts {
		note("Its ports are not published.")
	}
	if h.NetworkMode.IsHost() {
		note("It uses the host's network; the copy has one of its own, where ports below 1024 need no capability.")
	}
	if h.PidMode.IsHost() || h.IpcMode.IsHost() || h.UTSMode.IsHost() {
		note("It shares the host's PID, IPC or UTS namespace; the copy does not.")
	}
	if len(h.Links) > 0 {
		note("Its links to other containers are not there.")
	}
	h.PortBindings, h.PublishAllPorts = nil, false
	h.RestartPolicy = container.RestartPolicy{Name: container.RestartPolicyDisabled}
	h.AutoRemove, h.ContainerIDFile = false, ""
	h.Links, h.VolumesFrom, h.CgroupParent = nil, nil, ""
	if h.PidMode.IsHost() {
		h.PidMode = ""
	}
	if h.IpcMode.IsHost() {
		h.IpcMode = ""
	}
	if h.UTSMode.IsHost() {
		h.UTSMode = ""
	}
	h.LogConfig = logLimits
	s.Aliases = aliases(c)
}

// aliases are the names others use, without the ID the engine adds by itself.
func aliases(c container.InspectResponse) []string {
	if c.NetworkSettings == nil {
		return nil
	}
	names := []string{strings.TrimPrefix(c.Name, "/")}
	for _, n := range slices.Sorted(maps.Keys(c.NetworkSettings.Networks)) {
		if endpoint := c.NetworkSettings.Networks[n]; endpoint != nil {
			names = append(names, endpoint.Aliases...)
		}
	}
	names = slices.DeleteFunc(names, func(a string) bool { return len(a) >= 12 && strings.HasPrefix(c.ID, a) })
	slices.Sort(names)
	return slices.Compact(names)
}

// mounts sorts the original's mounts: read-only ones are shared, writable ones
// are replaced, sockets are left out.
func (s *Spec) mounts(c container.InspectResponse) {
	var kept []mount.Mount
	for _, m := range c.HostConfig.Mounts {
		if m.Type == mount.TypeTmpfs {
			kept = append(kept, m)
		}
	}
	for _, m := range c.Mounts {
		switch {
		case m.Type == mount.TypeTmpfs:
		case m.Type == mount.TypeBind && isSocket(m.Source):
			s.Notes = append(s.Notes, fmt.Sprintf("%s is a socket of the host and is not passed through.", inspect.Printable(m.Destination)))
		case m.Type == mount.TypeBind && inspect.LeadsToEngine(m.Source):
			s.Notes = append(s.Notes, fmt.Sprintf("%s holds the engine's socket and is not passed through.", inspect.Printable(m.Destination)))
		case m.Type == mount.TypeBind && !m.RW:
			kept = append(kept, mount.Mount{
				Type: mount.TypeBind, Source: m.Source, Target: m.Destination, ReadOnly: true,
				BindOptions: &mount.BindOptions{Propagation: mount.PropagationRPrivate},
			})
		case m.Type == mount.TypeVolume && !m.RW:
			kept = append(kept, mount.Mount{Type: mount.TypeVolume, Source: m.Name, Target: m.Destination, ReadOnly: true,
				VolumeOptions: &mount.VolumeOptions{NoCopy: true}})
		default:
			s.Storage = append(s.Storage, Storage{
				Target: m.Destination, Bind: m.Type == mount.TypeBind, Keep: !strings.Contains(m.Mode, "nocopy"),
			})
		}
	}
	s.HostConfig.Binds, s.HostConfig.Mounts = nil, kept
	s.Config.Volumes = nil // Storage holds the anonymous volumes too
}

// isSocket goes by the name, because the host may be another machine. What is
// not named like a socket and is one is found when it is copied.
func isSocket(source string) bool {
	return strings.HasSuffix(source, ".sock") || inspect.EngineSocket(source)
}

// Under returns what to create for a copy under the plan. The spec is unchanged.
func (s Spec) Under(p fix.Plan) (container.Config, container.HostConfig) {
	return fix.ApplyTo(s.Config, s.HostConfig, p)
}

// targets are the paths inside on which something is mounted.
func (s Spec) targets() []string {
	var all []string
	for _, m := range s.HostConfig.Mounts {
		all = append(all, path.Clean(m.Target))
	}
	for _, st := range s.Storage {
		all = append(all, path.Clean(st.Target))
	}
	for target := range s.HostConfig.Tmpfs {
		all = append(all, path.Clean(target))
	}
	return all
}

func mountedOn(target string) func(container.MountPoint) bool {
	return func(m container.MountPoint) bool { return m.Destination == target }
}

// publish asks for a random port on loopback for every port the image exposes.
func publish(config *container.Config, h *container.HostConfig) {
	h.PortBindings = network.PortMap{}
	for port := range config.ExposedPorts {
		h.PortBindings[port] = []network.PortBinding{{HostIP: loopback}}
	}
}
