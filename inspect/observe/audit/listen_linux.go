package audit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/wire"
)

// typeSeccomp is AUDIT_SECCOMP of linux/audit.h.
const typeSeccomp = 1326

// buffer is how much the socket holds before the kernel drops records.
const buffer = 8 << 20

// Listen reads the host's audit records from here on, to the end of the process.
// The function it returns begins watches for package wire, or says why there
// can be none.
func Listen() wire.Open {
	r, err := listen("/proc/sys/kernel/seccomp/actions_logged")
	return func(w wire.Watch) (wire.Recorder, error) {
		switch {
		case err != nil:
			return nil, err
		case w.Live:
			return nil, &observe.RefusedError{Reason: "a container that runs cannot be given a profile that logs", Next: "Observe a copy."}
		}
		return r, r.begin()
	}
}

func listen(actions string) (*reader, error) {
	r, err := newReader(runtime.GOARCH)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(actions)
	if err != nil {
		return nil, &observe.RefusedError{Reason: "the kernel does not say what it logs of seccomp: " + err.Error(), Err: err,
			Next: "The log needs Linux 4.14 or newer with CONFIG_SECCOMP_FILTER."}
	}
	if !bytes.Contains(append([]byte(" "), bytes.TrimSpace(text)...), []byte(" log")) {
		return nil, &observe.RefusedError{Reason: "the kernel is told not to log what seccomp lets through",
			Next: "sysctl -w kernel.seccomp.actions_logged=\"" + strings.TrimSpace(string(text)) + " log\""}
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_AUDIT)
	if err != nil {
		return nil, refusal("open a socket of the kernel's audit", err)
	}
	// More than that takes CAP_NET_ADMIN; less only loses sooner.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1 << (unix.AUDIT_NLGRP_READLOG - 1)}); err != nil {
		return nil, errors.Join(refusal("let the kernel's audit records be read", err), unix.Close(fd))
	}
	go r.read(fd)
	return r, nil
}

func refusal(what string, err error) error {
	return &observe.RefusedError{Reason: fmt.Sprintf("the kernel did not %s: %v", what, err), Err: err,
		Next: "Reading the log needs a kernel with CONFIG_AUDIT and a helper with CAP_AUDIT_READ, on an engine that is neither rootless nor in a container itself."}
}

// read takes messages until the process ends.
func (r *reader) read(fd int) {
	message := make([]byte, 16<<10)
	for {
		n, _, err := unix.Recvfrom(fd, message, 0)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ENOBUFS):
			r.overran()
		case err != nil:
			r.missed()
			return
		default:
			r.message(message[:n])
		}
	}
}

// message reads one netlink message (netlink(7)): its length, its type, flags,
// number and port, then the text.
func (r *reader) message(data []byte) {
	if len(data) < unix.NLMSG_HDRLEN {
		r.missed()
		return
	}
	kind := binary.NativeEndian.Uint16(data[4:])
	r.take(kind == typeSeccomp, string(bytes.TrimRight(data[unix.NLMSG_HDRLEN:], "\x00")))
}

func kernelRelease() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(name.Release[:])
}
