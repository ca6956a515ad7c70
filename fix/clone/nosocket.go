package clone

import (
	"fmt"
	"path"

	"bulkhead/inspect"
)

// NoSocketError says that a container has no socket of the engine that a proxy
// could stand in for.
type NoSocketError struct {
	Name string
	// Mounts lead to an engine's socket, or to another runtime's, and are none
	// that a proxy could stand in for.
	Mounts []SocketMount
	// Host is what the container reaches an engine by instead, as DOCKER_HOST names
	// it without what may be secret in it; "" for nothing.
	Host string
}

// Error says so, and of a mount what it holds.
func (e *NoSocketError) Error() string {
	switch {
	case len(e.Mounts) > 0:
		m := e.Mounts[0]
		text := fmt.Sprintf("%s mounts %s of the host on %s", e.Name, inspect.Printable(m.Source), inspect.Printable(m.Target))
		if holdsMore(m.Source) {
			return text + ": the engine's socket is somewhere in it, beside much else, so that a proxy would protect nothing while that mount is there"
		}
		return text + ", and no docker.sock that a recording proxy could stand in for is known to be there"
	case e.Host != "":
		return fmt.Sprintf("%s mounts no socket of the engine: it reaches one at %s, and no container that can be copied with it answers there and mounts the socket", e.Name, inspect.Printable(e.Host))
	}
	return e.Name + " mounts no socket of the engine, so that there are no calls to learn"
}

// Hint is the next step.
func (e *NoSocketError) Hint() string {
	switch {
	case len(e.Mounts) > 0 && holdsMore(e.Mounts[0].Source):
		return "Mount only those directories that it reads, and /var/run/docker.sock by itself; then its calls can be learned."
	case len(e.Mounts) > 0:
		return "Calls are learned of Docker's own API alone. Where it speaks that, mount the socket itself, as /var/run/docker.sock."
	case e.Host != "":
		return "Where a proxy in a container answers there, start it, on a network of both. An engine of another machine or in a container has other containers than this one: point the service at this engine's socket to learn its calls."
	}
	return "`bulkhead audit` shows which workloads do."
}

// holdsMore says whether the directory holds far more than sockets.
func holdsMore(source string) bool {
	return inspect.LeadsToEngine(source) && !inspect.EngineSocket(source) && !inspect.EngineSocketDir(path.Clean(source))
}
