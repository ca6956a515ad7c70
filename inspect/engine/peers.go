package engine

import (
	"strings"

	"bulkhead/inspect"

	"github.com/moby/moby/api/types/container"
)

// peers maps the IDs of the engine's containers to what a person calls them.
type peers map[string]container.Summary

func peersOf(list []container.Summary) peers {
	p := peers{}
	for _, s := range list {
		p[s.ID] = s
	}
	return p
}

// name replaces the IDs in "container:ID" namespaces: by "service:NAME" where
// it is a service of the same project, as Compose writes it, else by the
// container's name.
func (p peers) name(w *inspect.Workload) {
	n := &w.Settings.Namespaces
	for _, mode := range []*string{&n.PID, &n.IPC, &n.Network} {
		id, ok := strings.CutPrefix(*mode, "container:")
		if !ok {
			continue
		}
		peer, known := p[id]
		if !known {
			continue
		}
		*mode = "container:" + summaryName(peer)
		if s, ok := composeService(peer.Labels); ok && s.project == w.Project {
			*mode = "service:" + s.name
		}
	}
}
