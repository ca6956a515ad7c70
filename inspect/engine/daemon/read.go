package daemon

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/engine/proc"
)

// Read returns what this machine says of the daemon's configuration. What the
// daemon itself says of it is for the caller to add.
func Read(ctx context.Context, at Place) inspect.Daemon {
	var d inspect.Daemon
	command, seen := readCommand(ctx, at, &d)
	if seen != several {
		file, ok := readFile(at.configFile(command), command.value("config-file") != "", &d)
		judge(&d, command, file, seen == one && ok)
	}
	readGroup(at, &d)
	return d
}

// configFile is the daemon's configuration file (dockerd(8), --config-file).
func (p Place) configFile(c command) string {
	if named := c.value("config-file"); named != "" {
		return named
	}
	if p.Home != "" {
		return filepath.Join(p.Home, ".config", "docker", "daemon.json")
	}
	return filepath.Join(p.Etc, "docker", "daemon.json")
}

// judge takes each setting from the file and the command line. The daemon
// refuses to start where both name it, so neither goes before the other. Where
// not all was read, only what was seen is known; else the defaults hold.
func judge(d *inspect.Daemon, c command, f file, whole bool) {
	settle := func(into **bool, key string, otherwise bool) {
		if on, ok := c.on(key); ok {
			*into = &on
		} else if on, ok := f.on(key); ok {
			*into = &on
		} else if whole && !f.broken(key) {
			*into = &otherwise
		}
	}
	settle(&d.ICC, "icc", true)
	settle(&d.LiveRestore, "live-restore", false)
	settle(&d.UserlandProxy, "userland-proxy", true)
	settle(&d.NoNewPrivileges, "no-new-privileges", false)
	settle(&d.Experimental, "experimental", false)
	ulimits := c.has("default-ulimit") || f.has("default-ulimits")
	if ulimits || whole && !f.broken("default-ulimits") {
		d.DefaultUlimits = &ulimits
	}
	rotation(d, c, f, whole)
	d.InsecureRegistries = append(c.values("insecure-registry"), f.list("insecure-registries")...)
	d.PlainTCP = plain(c, f)
}

// plain are the TCP addresses on which clients need no certificate.
func plain(c command, f file) []string {
	verified, ok := c.on("tlsverify")
	if !ok {
		verified, _ = f.on("tlsverify")
	}
	if verified {
		return nil
	}
	var out []string
	for _, host := range append(c.values("host"), f.list("hosts")...) {
		if strings.HasPrefix(host, "tcp:") || !strings.Contains(host, "://") && strings.Contains(host, ":") {
			out = append(out, "tcp://"+strings.TrimPrefix(host, "tcp://"))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sighting is how many processes may be the daemon.
type sighting int

const (
	none sighting = iota
	one
	several
)

// readCommand finds the daemon among the processes and reads its command line.
func readCommand(ctx context.Context, at Place, d *inspect.Daemon) (command, sighting) {
	unread := func(format string, args ...any) (command, sighting) {
		d.Unread = append(d.Unread, fmt.Sprintf(format, args...))
		return command{}, none
	}
	programs, err := at.Proc.Named(ctx, "dockerd")
	if err != nil {
		return unread("The daemon's command line was not read: %s.", clause(err))
	}
	found, pids := candidates(programs, at.Socket)
	switch len(found) {
	case 0:
		return unread("No dockerd that serves %s was seen among the processes, so its command line was not read.", show(at.Socket))
	case 1:
		d.Sources = append(d.Sources, fmt.Sprintf("the command line of dockerd (PID %d)", pids[0]))
		return found[0], one
	}
	unread("%d processes called dockerd may serve %s, so neither the daemon's command line nor its file is known.", len(found), show(at.Socket))
	return command{}, several
}

// candidates are the daemons that may serve the socket: the one that names it,
// else those whose command line leaves it open.
func candidates(programs []proc.Program, socket string) ([]command, []int) {
	var found []command
	var pids []int
	for _, p := range programs {
		// One in a container is the engine of that container.
		if p.Contained || len(p.Args) == 0 {
			continue
		}
		c := parseCommand(p.Args)
		if c.names(socket) {
			return []command{c}, []int{p.PID}
		}
		if c.mayServe() {
			found, pids = append(found, c), append(pids, p.PID)
		}
	}
	return found, pids
}

func show(s string) string { return inspect.Truncate(inspect.Printable(s), 120) }

// clause makes an error fit into a sentence.
func clause(err error) string {
	return strings.TrimRight(show(strings.Join(strings.Fields(err.Error()), " ")), ".")
}
