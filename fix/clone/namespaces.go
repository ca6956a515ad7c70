package clone

import "github.com/moby/moby/api/types/container"

// Namespace is a kind of namespace that a container can share with another one,
// as sentences name it.
type Namespace string

// The namespaces that the engine lets a container join.
const (
	Network Namespace = "network"
	PID     Namespace = "PID namespace"
	IPC     Namespace = "IPC namespace"
)

var namespaces = []Namespace{Network, PID, IPC}

// joins are the containers whose namespaces the container lives in.
func joins(h *container.HostConfig) map[Namespace]string {
	all := map[Namespace]string{}
	if h.NetworkMode.IsContainer() {
		all[Network] = h.NetworkMode.ConnectedContainer()
	}
	if h.PidMode.IsContainer() {
		all[PID] = h.PidMode.Container()
	}
	if h.IpcMode.IsContainer() {
		all[IPC] = h.IpcMode.Container()
	}
	return all
}

// join puts the copy into the namespaces of the copies that stand for those
// that its original lives in.
func (s *set) join(c *copied, h *container.HostConfig) {
	for ns, owner := range c.of.joins {
		mode := "container:" + s.copies[owner].id
		switch ns {
		case Network:
			h.NetworkMode = container.NetworkMode(mode)
		case PID:
			h.PidMode = container.PidMode(mode)
		case IPC:
			h.IpcMode = container.IpcMode(mode)
		}
	}
}
