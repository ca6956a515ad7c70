package inspect

import (
	"path"
	"slices"
	"strings"
)

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

// LeadsToEngine says whether an engine's socket may be found at the path or
// anywhere below it.
func LeadsToEngine(source string) bool {
	source = path.Clean(source)
	if EngineSocket(source) || EngineSocketDir(source) || source == "/" {
		return true
	}
	return slices.ContainsFunc(socketParents, func(dir string) bool { return strings.HasPrefix(dir, source+"/") })
}
