// Package clone makes isolated copies of a container, under today's settings
// or under a Plan, with copies of what it needs beside it, and takes them away
// again. A Compose service that has no container gets one that is never
// started. Its contract: originals are only read, never changed, entered or
// stopped, and their data is never written; an engine socket is never passed
// through, and where a person wants to learn what is asked of it, a recording
// proxy stands in its place (OfferSocket); everything that is created carries the labels of its Session, and
// Close removes it all. What a copy does not share with its original is said in
// Notes.
package clone

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"

	"bulkhead/inspect"
)

// Spec is how to create copies of one container: the API's own structures with
// only that changed which isolation needs.
type Spec struct {
	Config     container.Config
	HostConfig container.HostConfig
	// Aliases are the names under which others on the original's networks know it.
	Aliases []string
	// Joins are the IDs of the containers whose namespaces the original lives in,
	// by the kind of namespace.
	Joins map[Namespace]string
	// Storage are the writable mounts, which every copy gets a volume of its own for.
	Storage []Storage
	// Sockets are mounts that lead to a socket of the host, and are not in the
	// copies.
	Sockets []SocketMount
	// Notes say what the copies do not share with the original.
	Notes []string
}

// SocketMount is a bind mount of a socket, or of a directory that holds one.
type SocketMount struct {
	// Source is on the engine's host, Target inside.
	Source, Target string
	// note is what Notes say of it.
	note string
}

// leaveOut leaves a mount that leads to a socket out of the copies.
func (s *Spec) leaveOut(source, target, why string) {
	m := SocketMount{Source: source, Target: target, note: fmt.Sprintf("%s %s and is not passed through.", inspect.Printable(target), why)}
	s.Sockets = append(s.Sockets, m)
	s.Notes = append(s.Notes, m.note)
}

// BlockedError says which setting prevents a container from being copied.
type BlockedError struct {
	Name, Setting, Reason, Next string
	Err                         error
}

// Error names the container, the setting and the reason.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("%s cannot be cloned because of %s: %s", e.Name, e.Setting, e.Reason)
}

// Hint is the next step.
func (e *BlockedError) Hint() string { return e.Next }

// Unwrap returns the cause, nil where the setting itself is it.
func (e *BlockedError) Unwrap() error { return e.Err }

// healthInterval is how often a copy's healthcheck runs at most, so that a
// trial need not wait for an interval made for production.
const healthInterval = time.Second

// logLimits bound what a copy may log.
var logLimits = container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "8m", "max-file": "1"}}

// Prepare turns what inspect says of a container into a Spec, or says in a
// *BlockedError why it cannot be copied. devices says that copies may use the
// devices of the engine's host.
func Prepare(c container.InspectResponse, devices bool) (Spec, error) {
	if c.Config == nil || c.HostConfig == nil {
		return Spec{}, fmt.Errorf("cloning %s: the engine did not say how it was created", name(c))
	}
	if err := blocked(c, devices); err != nil {
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
func blocked(c container.InspectResponse, devices bool) error {
	h := c.HostConfig
	refuse := func(setting, reason, next string) error {
		return &BlockedError{Name: name(c), Setting: setting, Reason: reason, Next: next}
	}
	switch {
	case h.Privileged:
		return refuse("privileged", "a privileged copy could change the host.",
			"Replace privileged by the capabilities and devices it stands for, recreate the container, and try again.")
	case !devices && usesDevices(h):
		return refuse("devices", fmt.Sprintf("a copy would use %s of the host at the same time.", devicesOf(h)),
			"If it can be used twice at the same time, say so with --devices; else try a container of the same image without it.")
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
	if usesDevices(h) {
		note("It uses %s of the host at the same time as the original, as you asked.", devicesOf(h))
	}
	for _, address := range staticAddresses(c) {
		note("Its fixed address is %s; the copy has another one.", address)
	}
	s.Joins = joins(h)
	if h.NetworkMode.IsHost() {
		h.Sysctls = hostNetwork(h.Sysctls)
		note("It uses the host's network; the copy has one of its own, where ports below 1024 and pings need what they need on a host that has not changed that.")
	}
	if h.PidMode.IsHost() || h.IpcMode.IsHost() || h.UTSMode.IsHost() {
		note("It shares the host's PID, IPC or UTS namespace; the copy does not.")
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

// hostNetwork adds to sysctls what a network namespace has that is nobody's but
// the host's. In those that the engine makes it lifts both limits (moby
// daemon/oci_linux.go, WithNamespaces since 20.10), so that a copy would need
// less than its original. The values are the kernel's own (ip-sysctl.rst); what
// the host has cannot be asked of every engine, and may change.
func hostNetwork(sysctls map[string]string) map[string]string {
	all := maps.Clone(sysctls)
	if all == nil {
		all = map[string]string{}
	}
	all["net.ipv4.ip_unprivileged_port_start"] = "1024"
	all["net.ipv4.ping_group_range"] = "1 0"
	return all
}

func usesDevices(h *container.HostConfig) bool {
	return len(h.Devices)+len(h.DeviceRequests)+len(h.DeviceCgroupRules) > 0
}

// devicesOf names the devices for a sentence.
func devicesOf(h *container.HostConfig) string {
	if len(h.Devices) == 0 {
		return "devices"
	}
	var paths []string
	for _, d := range h.Devices {
		paths = append(paths, inspect.Printable(d.PathOnHost))
	}
	return strings.Join(paths, ", ")
}

// staticAddresses are the addresses that the original was given rather than
// assigned.
func staticAddresses(c container.InspectResponse) []string {
	if c.NetworkSettings == nil {
		return nil
	}
	var all []string
	for _, n := range slices.Sorted(maps.Keys(c.NetworkSettings.Networks)) {
		endpoint := c.NetworkSettings.Networks[n]
		if endpoint == nil || endpoint.IPAMConfig == nil {
			continue
		}
		for _, a := range []netip.Addr{endpoint.IPAMConfig.IPv4Address, endpoint.IPAMConfig.IPv6Address} {
			if a.IsValid() {
				all = append(all, a.String())
			}
		}
	}
	return all
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

// publish asks for a random port on loopback for each of the ports.
func publish(ports network.PortSet, h *container.HostConfig) {
	h.PortBindings = network.PortMap{}
	for port := range ports {
		h.PortBindings[port] = []network.PortBinding{{HostIP: loopback}}
	}
}
