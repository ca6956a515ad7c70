package engine

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/engine/daemon"

	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/client"
)

// Survey returns Host with what can be known of its daemon's configuration and
// of run-time detection: from the engine's own answers, and where the engine is
// local from this machine's files and processes.
func (e *Engine) Survey(ctx context.Context) (inspect.Host, error) {
	bounded, cancel := context.WithTimeout(ctx, e.patience)
	defer cancel()
	host := e.Host
	d := e.daemon(bounded)
	e.says(bounded, &d)
	host.Daemon = &d
	host.Detection, host.DetectionUnknown = e.detection(bounded)
	return host, ctx.Err()
}

// daemon is what this machine says of the daemon.
func (e *Engine) daemon(ctx context.Context) inspect.Daemon {
	if !e.Host.Local {
		return inspect.Daemon{Unread: []string{
			fmt.Sprintf("%s, so daemon.json, the daemon's command line and the members of the socket's group were not seen.", capital(e.notHere())),
		}}
	}
	at := daemon.Place{Proc: e.proc, Etc: e.etc}
	_, at.Socket, _ = strings.Cut(e.at.Host, "://")
	if e.Host.Rootless {
		at.Home = e.home
	}
	return daemon.Read(ctx, at)
}

// says adds what the engine itself answers, which holds over what stands in
// files: those may have changed since it started.
func (e *Engine) says(ctx context.Context, d *inspect.Daemon) {
	info := e.info
	d.Sources = append([]string{"the engine's info"}, d.Sources...)
	live, experimental := info.LiveRestoreEnabled, info.ExperimentalBuild
	d.LiveRestore, d.Experimental = &live, &experimental
	nnp := e.Host.NoNewPrivileges
	d.NoNewPrivileges = &nnp
	d.InsecureRegistries = insecure(info, d.InsecureRegistries)
	d.PlainTCP = unverified(info.Warnings, d.PlainTCP)
	network, err := e.API.NetworkInspect(ctx, "bridge", client.NetworkInspectOptions{})
	if err != nil {
		if d.ICC == nil {
			d.Unread = append(d.Unread, fmt.Sprintf("Whether containers on the default bridge reach each other is not known: %s.", oneLine(err)))
		}
		return
	}
	if icc, err := strconv.ParseBool(network.Network.Options["com.docker.network.bridge.enable_icc"]); err == nil {
		d.ICC = &icc
	}
}

// insecure are the registries beyond the loopback range that are used without
// TLS or without verifying it.
func insecure(info system.Info, known []string) []string {
	found := map[string]bool{}
	for _, name := range known {
		found[name] = true
	}
	if c := info.RegistryConfig; c != nil {
		for _, cidr := range c.InsecureRegistryCIDRs {
			found[cidr.String()] = true
		}
		for name, index := range c.IndexConfigs {
			if index != nil && !index.Secure {
				found[name] = true
			}
		}
	}
	maps.DeleteFunc(found, func(name string, _ bool) bool { return loopback(name) })
	return slices.Sorted(maps.Keys(found))
}

// loopback says whether a registry, or a range of them, is this machine alone.
func loopback(name string) bool {
	if prefix, err := netip.ParsePrefix(name); err == nil {
		return prefix.Addr().IsLoopback() && (prefix.Addr().Is6() || prefix.Bits() >= 8)
	}
	host := name
	if h, _, err := net.SplitHostPort(name); err == nil {
		host = h
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// warning is how the engine says that clients of a TCP address need no
// certificate (moby daemon/info.go, fillAPIInfo).
var warning = regexp.MustCompile(`API is accessible on https?://(\S+) without (?:encryption|TLS client verification)`)

// unverified are the TCP addresses on which clients need no certificate.
func unverified(warnings, known []string) []string {
	found := map[string]bool{}
	for _, address := range known {
		found[address] = true
	}
	for _, text := range warnings {
		if m := warning.FindStringSubmatch(text); m != nil {
			found["tcp://"+m[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// detectors are the programs that watch containers as they run, by the names of
// their processes and images.
var detectors = []struct{ program, name string }{
	{"falco", "Falco"}, {"tetragon", "Tetragon"}, {"tracee", "Tracee"},
}

// detection looks for a detector among this machine's processes and the
// engine's running containers. The second value says why it is not known.
func (e *Engine) detection(ctx context.Context) (string, string) {
	result, err := e.API.ContainerList(ctx, client.ContainerListOptions{})
	for _, c := range result.Items {
		for _, d := range detectors {
			if repository(c.Image) == d.program {
				return d.name, ""
			}
		}
	}
	if !e.Host.Local {
		return "", e.notHere() + ", so its processes were not seen"
	}
	var names []string
	for _, d := range detectors {
		names = append(names, d.program)
	}
	programs, procErr := e.proc.Named(ctx, names...)
	for _, p := range programs {
		for _, d := range detectors {
			if p.Name == d.program {
				return d.name, ""
			}
		}
	}
	switch {
	case err != nil:
		return "", "the containers could not be listed: " + oneLine(err)
	case procErr != nil:
		return "", "the processes of this machine could not be listed: " + oneLine(procErr)
	case !e.proc.Whole():
		return "", "the processes of other users are hidden from you (hidepid)"
	}
	return "", ""
}

// repository is the last part of an image's name, without tag and digest.
func repository(image string) string {
	image, _, _ = strings.Cut(image, "@")
	name, _, _ := strings.Cut(path.Base(image), ":")
	return name
}

// capital makes a clause the beginning of a sentence.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
