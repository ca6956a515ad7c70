// Package daemon says how the engine itself is tightened: an edit of daemon.json
// that keeps whatever else stands there, byte for byte, and the steps to an
// engine whose root is not the host's, each verified by what was read of the
// machine. Its contract: it writes no file, runs no program and asks no daemon;
// what a setting may break is told in the words of the check that asks for it,
// and what could not be seen is unknown.
package daemon
