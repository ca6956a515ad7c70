// Package watch has containers observed by a helper container, on whatever
// engine: the helper is made of this very binary, loads its programs into the
// engine's kernel and sends back what they saw over its attach stream.
//
// The helper gets CAP_SYS_ADMIN and nothing else: no network, no writable file,
// no namespace of the host, no-new-privileges and the engine's default seccomp
// profile. It enters no container and changes nothing. It ends, and its
// programs with it, when the stream does.
package watch
