package inspect

import (
	"path"
	"slices"
	"strings"
)

// DockerHost is the variable by which docker's own clients are told where the
// engine is.
const DockerHost = "DOCKER_HOST"

// engineSockets are the files through which engines and runtimes are commanded.
var engineSockets = []string{
	"docker.sock", "docker.raw.sock", "dockershim.sock", "cri-dockerd.sock",
	"containerd.sock", "podman.sock", "crio.sock", "buildkitd.sock",
}

// socketParents are directories that hold such a socket on ordinary hosts.
var socketParents = []string{
	"/run", "/var/run", "/run/containerd", "/var/run/containerd", "/run/podman", "/var/run/podman",
	"/run/crio", "/var/run/crio", "/run/user", "/var/run/user", "/run/buildkit",
}

// EngineSocket says whether the path has the name of a socket through which an
// engine or a runtime is commanded.
func EngineSocket(name string) bool {
	return slices.Contains(engineSockets, path.Base(path.Clean(name)))
}

// EngineSocketDir says whether engines keep their sockets in the directory on
// ordinary hosts.
func EngineSocketDir(dir string) bool {
	dir = path.Clean(dir)
	return slices.Contains(socketParents, dir) || strings.HasPrefix(dir, "/run/user/") && strings.Count(dir, "/") == 3
}

// DockerSocket says whether the path has the name of the socket of an engine that
// speaks Docker's API.
func DockerSocket(name string) bool {
	base := path.Base(path.Clean(name))
	return base == "docker.sock" || base == "docker.raw.sock"
}

// dockerSocketDir says whether an engine that speaks Docker's API keeps its
// docker.sock in the directory on ordinary hosts: a rootless one in its user's.
func dockerSocketDir(dir string) bool {
	dir = path.Clean(dir)
	return dir == "/run" || dir == "/var/run" ||
		strings.HasPrefix(dir, "/run/user/") && strings.Count(dir, "/") == 3
}

// DockerSocket is where on the engine's machine the docker.sock is that the
// mount hands over, itself or with its directory, "" where it hands over none or
// its place cannot be told. within says that it is the directory.
func (m Mount) DockerSocket() (at string, within bool) {
	switch {
	case m.Type != BindMount:
	case DockerSocket(m.Source), DockerSocket(m.Resolved):
		return m.Source, false
	case dockerSocketDir(m.Source), dockerSocketDir(m.Resolved):
		return path.Join(m.Source, "docker.sock"), true
	}
	return "", false
}

// AsksEngine says whether the workload is set up to speak to an engine: by a
// socket that it mounts, or by where its environment says that one is.
func (s Settings) AsksEngine() bool {
	return slices.Contains(s.Env, DockerHost) ||
		slices.ContainsFunc(s.Mounts, func(m Mount) bool { at, _ := m.DockerSocket(); return at != "" })
}

// LeadsToEngine says whether an engine's socket may be found at the path or
// anywhere below it.
func LeadsToEngine(source string) bool {
	source = path.Clean(source)
	if EngineSocket(source) || EngineSocketDir(source) || source == "/" {
		return true
	}
	return slices.ContainsFunc(socketParents, func(dir string) bool { return strings.HasPrefix(dir, source+"/") })
}
