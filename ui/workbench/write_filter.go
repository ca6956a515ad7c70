package workbench

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bulkhead/fix/socketproxy"
	"bulkhead/inspect"
)

// throughAnother says that the workload reaches the engine through something
// that stands between already, where it mounts no socket.
func throughAnother(w inspect.Workload, err error) bool {
	var none *NoSocketMountError
	return errors.As(err, &none) && none.Holds.Source == "" && slices.Contains(w.Settings.Env, inspect.DockerHost)
}

// filterAlone is what a proxy that is there already has to let through: it is
// another service's, and what else that serves is not known.
func filterAlone(w inspect.Workload, o SocketOptions, calls []socketproxy.Call, notes []string) Draft {
	proxy := socketproxy.Write(o.Dialect, calls, socketproxy.Site{Client: w.Container, Group: 0})
	lines := []string{fmt.Sprintf("# What the proxy behind %s of %s has to let through for it, as %s takes it.", inspect.DockerHost, inspect.Printable(w.Name), proxy.Image)}
	if proxy.Dialect == socketproxy.Tecnativa {
		lines = append(lines, "environment:")
		for _, v := range proxy.Environment {
			lines = append(lines, fmt.Sprintf("  %s: %q", v.Name, v.Value))
		}
	} else {
		lines = append(lines, "command:")
		for _, arg := range proxy.Rows() {
			lines = append(lines, "  - '"+arg+"'")
		}
	}
	notes = append(notes, "It mounts no socket of the engine and goes through a proxy already: nothing is written, compare what that lets through. Where the proxy serves others, too, they need their own calls besides.")
	return Draft{Kind: ToSocketProxy, Command: strings.Join(lines, "\n"), Notes: append(notes, proxy.Notes...)}
}
