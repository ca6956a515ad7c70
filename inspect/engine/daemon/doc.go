// Package daemon reads how the daemon of an engine on this machine is
// configured: daemon.json, its command line, and who may use its socket. Its
// contract: it only reads, it never executes or asks the daemon, and whatever
// it could not read it says in a sentence.
package daemon

import "bulkhead/inspect/engine/proc"

// Place is where a daemon and its machine are to be read.
type Place struct {
	Proc proc.Root
	// Etc is the directory of the machine's configuration: "/etc".
	Etc string
	// Home is the home directory of the user of a rootless daemon; "" for one
	// that runs as root.
	Home string
	// Socket is the path of the unix socket by which the engine was reached.
	Socket string
}

// largest bounds every file that is read.
const largest = 1 << 20
