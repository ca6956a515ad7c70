package socketproxy

// Nature is what a call is to the engine.
type Nature int

// The natures of calls.
const (
	// Unknown: the engine is not known to have such an endpoint.
	Unknown Nature = iota
	// Reads: it changes nothing, and stays on the machine.
	Reads
	// Discloses: it changes nothing, and hands out whole files, images, secrets or
	// keys, or makes the engine ask another machine.
	Discloses
	// Changes: it changes something on the engine, or may.
	Changes
	// Hijacks: it takes the connection over, so that what is said on it is no
	// longer requests.
	Hijacks
)

// Grade is how much a call hands over.
type Grade string

// The grades, the gravest first.
const (
	// Root: who may make the call is root on the engine's host, alone or with one
	// other call that such clients make.
	Root Grade = "root"
	// Controls: it stops, changes or takes over other containers.
	Controls Grade = "controls"
	// Exposes: it reads out what others keep secret.
	Exposes Grade = "exposes"
	// Plain: none of these.
	Plain Grade = ""
)

// route is one endpoint of the engine's API.
type route struct {
	method string
	// path is written as the engine registers it with gorilla/mux: {id} is one
	// element, {id:.*} any text, further slashes among it.
	path   string
	nature Nature
	grade  Grade
	// why says what the grade means, a sentence.
	why string
}

const (
	environments = "It hands out the environment of every container, in which passwords and tokens stand."
	disturbs     = "It disturbs any container, not only its own."
	anyMount     = "A service may mount the host's disk and run on every node."
	hostPlugin   = "A plugin runs on the host with the privileges that it asks for."
	askRegistry  = "It makes the engine ask a registry, so that it leaves the machine."
	takesName    = "It can put another image under the name that a service starts from."
)

// routes are the endpoints, in the order in which the engine registers them:
// the first one that fits answers. From moby v20.10, api/server/router/*, with
// those that later versions added (API 1.42 to 1.51), as the API reference
// lists them.
var routes = []route{
	{"GET", "/containers/{id:.*}/checkpoints", Reads, Plain, ""},
	{"POST", "/containers/{id:.*}/checkpoints", Changes, Controls, "It stops any container, and writes what its memory held to a directory of the host."},
	{"DELETE", "/containers/{id}/checkpoints/{checkpoint}", Changes, Controls, disturbs},

	{"HEAD", "/containers/{id:.*}/archive", Discloses, Exposes, "It tells what files any container holds."},
	{"GET", "/containers/json", Reads, Exposes, "It hands out the labels and command lines of every container."},
	{"GET", "/containers/{id:.*}/export", Discloses, Exposes, "It reads every file of any container."},
	{"GET", "/containers/{id:.*}/changes", Reads, Plain, ""},
	{"GET", "/containers/{id:.*}/json", Reads, Exposes, environments},
	{"GET", "/containers/{id:.*}/top", Reads, Exposes, "It hands out the command lines of the processes of any container."},
	{"GET", "/containers/{id:.*}/logs", Reads, Exposes, "It reads what any container logs."},
	{"GET", "/containers/{id:.*}/stats", Reads, Plain, ""},
	{"GET", "/containers/{id:.*}/attach/ws", Hijacks, Controls, "It speaks to the main process of any container, and so with its privileges."},
	{"GET", "/exec/{id:.*}/json", Reads, Exposes, "It hands out the command lines of what is run in containers."},
	{"GET", "/containers/{id:.*}/archive", Discloses, Exposes, "It reads any file of any container, and of what of the host is mounted there."},
	{"POST", "/containers/create", Changes, Root, "A container may be privileged or have the host's disk inside; its files can be read and written even before it is started."},
	{"POST", "/containers/{id:.*}/kill", Changes, Controls, disturbs},
	{"POST", "/containers/{id:.*}/pause", Changes, Controls, disturbs},
	{"POST", "/containers/{id:.*}/unpause", Changes, Controls, disturbs},
	{"POST", "/containers/{id:.*}/restart", Changes, Controls, disturbs},
	{"POST", "/containers/{id:.*}/start", Changes, Controls, "It starts any container that is there, whatever that was made for."},
	{"POST", "/containers/{id:.*}/stop", Changes, Controls, disturbs},
	{"POST", "/containers/{id:.*}/wait", Changes, Plain, ""},
	{"POST", "/containers/{id:.*}/resize", Changes, Controls, disturbs},
	{"POST", "/containers/{id:.*}/attach", Hijacks, Controls, "It speaks to the main process of any container, and so with its privileges."},
	{"POST", "/containers/{id:.*}/copy", Discloses, Exposes, "It reads any file of any container, and of what of the host is mounted there."},
	{"POST", "/containers/{id:.*}/exec", Changes, Root, "It prepares any program, with every privilege if it asks for that, in any container."},
	{"POST", "/exec/{id:.*}/start", Hijacks, Root, "It runs what was prepared in any container, with every privilege if that was asked for."},
	{"POST", "/exec/{id:.*}/resize", Changes, Plain, ""},
	{"POST", "/containers/{id:.*}/rename", Changes, Controls, disturbs},
	{"POST", "/containers/{id:.*}/update", Changes, Controls, "It takes the limits of any container away, so that it can starve the host."},
	{"POST", "/containers/prune", Changes, Controls, "It removes every container that is stopped."},
	{"POST", "/commit", Changes, Controls, "It makes an image of any container's files, under any name."},
	{"PUT", "/containers/{id:.*}/archive", Changes, Root, "It writes any file in any container, as root, and in what of the host is mounted there."},
	{"DELETE", "/containers/{id:.*}", Changes, Controls, "It removes any container, with its volumes if it asks for that."},

	{"GET", "/images/json", Reads, Plain, ""},
	{"GET", "/images/search", Discloses, Plain, askRegistry},
	{"GET", "/images/get", Discloses, Exposes, "It reads every file of any image."},
	{"GET", "/images/{id:.*}/get", Discloses, Exposes, "It reads every file of any image."},
	{"GET", "/images/{id:.*}/history", Reads, Exposes, "It hands out the commands that images were built with, and the secrets in them."},
	{"GET", "/images/{id:.*}/json", Reads, Exposes, "It hands out the environment that images set."},
	{"POST", "/images/load", Changes, Controls, takesName},
	{"POST", "/images/create", Changes, Controls, "It pulls or imports any image, under any name."},
	{"POST", "/images/{id:.*}/push", Changes, Exposes, "It sends any image to any registry."},
	{"POST", "/images/{id:.*}/tag", Changes, Controls, takesName},
	{"POST", "/images/prune", Changes, Controls, "It removes images."},
	{"DELETE", "/images/{id:.*}", Changes, Controls, "It removes any image."},

	{"OPTIONS", "/{any:.*}", Reads, Plain, ""},
	{"GET", "/_ping", Reads, Plain, ""},
	{"HEAD", "/_ping", Reads, Plain, ""},
	{"GET", "/events", Reads, Exposes, "It tells what every container does, with labels and the command lines of what is run in them."},
	{"GET", "/info", Reads, Plain, ""},
	{"GET", "/version", Reads, Plain, ""},
	{"GET", "/system/df", Reads, Plain, ""},
	{"POST", "/auth", Changes, Plain, askRegistry},

	{"GET", "/volumes", Reads, Plain, ""},
	{"GET", "/volumes/{id:.*}", Reads, Plain, ""},
	{"POST", "/volumes/create", Changes, Root, "A volume of the local driver may be any directory or disk of the host, under the name that a service mounts."},
	{"POST", "/volumes/prune", Changes, Controls, "It removes volumes with their data."},
	{"PUT", "/volumes/{id:.*}", Changes, Controls, disturbs},
	{"DELETE", "/volumes/{id:.*}", Changes, Controls, "It removes any volume with its data."},

	{"POST", "/build", Changes, Controls, "It runs any program as root in a container, in the host's network if it asks for that, and names the image as it likes."},
	{"POST", "/build/prune", Changes, Controls, "It removes what builds keep."},
	{"POST", "/build/cancel", Changes, Controls, "It ends any build."},
	{"POST", "/session", Hijacks, Controls, "It is a build's own connection: builds run any program as root in a container."},
	{"POST", "/grpc", Hijacks, Controls, "It is BuildKit's whole interface: builds run any program as root in a container."},

	{"POST", "/swarm/init", Changes, Root, "It makes the engine a swarm whose services it then decides."},
	{"POST", "/swarm/join", Changes, Root, "It hands the engine to the manager of another swarm."},
	{"POST", "/swarm/leave", Changes, Controls, "It ends the swarm's services here."},
	{"GET", "/swarm", Discloses, Exposes, "It hands out the tokens with which other machines join the swarm, as managers too."},
	{"GET", "/swarm/unlockkey", Discloses, Exposes, "It hands out the key that unlocks the swarm's state."},
	{"POST", "/swarm/update", Changes, Controls, "It changes the swarm and its tokens."},
	{"POST", "/swarm/unlock", Changes, Controls, "It unlocks the swarm's state."},
	{"GET", "/services", Reads, Exposes, "It hands out the environment of every service."},
	{"GET", "/services/{id}", Reads, Exposes, "It hands out the environment of every service."},
	{"POST", "/services/create", Changes, Root, anyMount},
	{"POST", "/services/{id}/update", Changes, Root, anyMount},
	{"DELETE", "/services/{id}", Changes, Controls, "It removes any service."},
	{"GET", "/services/{id}/logs", Reads, Exposes, "It reads what any service logs."},
	{"GET", "/nodes", Reads, Plain, ""},
	{"GET", "/nodes/{id}", Reads, Plain, ""},
	{"DELETE", "/nodes/{id}", Changes, Controls, "It removes any node from the swarm."},
	{"POST", "/nodes/{id}/update", Changes, Controls, "It makes any node a manager, or takes it out of service."},
	{"GET", "/tasks", Reads, Exposes, "It hands out the environment of every service."},
	{"GET", "/tasks/{id}", Reads, Exposes, "It hands out the environment of every service."},
	{"GET", "/tasks/{id}/logs", Reads, Exposes, "It reads what any service logs."},
	{"GET", "/secrets", Discloses, Exposes, "It tells which secrets the swarm keeps; their values stay."},
	{"POST", "/secrets/create", Changes, Controls, "It adds secrets."},
	{"DELETE", "/secrets/{id}", Changes, Controls, "It removes any secret."},
	{"GET", "/secrets/{id}", Discloses, Exposes, "It tells which secrets the swarm keeps; their values stay."},
	{"POST", "/secrets/{id}/update", Changes, Controls, "It changes any secret's labels."},
	{"GET", "/configs", Discloses, Exposes, "It reads every configuration file of the swarm."},
	{"POST", "/configs/create", Changes, Controls, "It adds configuration files."},
	{"DELETE", "/configs/{id}", Changes, Controls, "It removes any configuration file."},
	{"GET", "/configs/{id}", Discloses, Exposes, "It reads every configuration file of the swarm."},
	{"POST", "/configs/{id}/update", Changes, Controls, "It changes any configuration file's labels."},

	{"GET", "/plugins", Reads, Plain, ""},
	{"GET", "/plugins/{id:.*}/json", Reads, Plain, ""},
	{"GET", "/plugins/privileges", Discloses, Plain, askRegistry},
	{"DELETE", "/plugins/{id:.*}", Changes, Controls, "It removes any plugin."},
	{"POST", "/plugins/{id:.*}/enable", Changes, Root, hostPlugin},
	{"POST", "/plugins/{id:.*}/disable", Changes, Controls, "It stops any plugin."},
	{"POST", "/plugins/pull", Changes, Root, hostPlugin},
	{"POST", "/plugins/{id:.*}/push", Changes, Exposes, "It sends any plugin to any registry."},
	{"POST", "/plugins/{id:.*}/upgrade", Changes, Root, hostPlugin},
	{"POST", "/plugins/{id:.*}/set", Changes, Root, "It changes which directories and devices of the host a plugin has."},
	{"POST", "/plugins/create", Changes, Root, hostPlugin},

	{"GET", "/distribution/{id:.*}/json", Discloses, Plain, askRegistry},

	{"GET", "/networks", Reads, Plain, ""},
	{"GET", "/networks/", Reads, Plain, ""},
	{"GET", "/networks/{id:.+}", Reads, Plain, ""},
	{"POST", "/networks/create", Changes, Controls, "It makes networks, with any address range of the host."},
	{"POST", "/networks/{id:.*}/connect", Changes, Controls, "It puts any container on any network."},
	{"POST", "/networks/{id:.*}/disconnect", Changes, Controls, disturbs},
	{"POST", "/networks/prune", Changes, Controls, "It removes networks."},
	{"DELETE", "/networks/{id:.*}", Changes, Controls, "It removes any network."},

	{"GET", "/debug/{any:.*}", Discloses, Exposes, "It reads the daemon's own memory and state."},
}
