// Package sysnum names Linux system calls by their numbers, which differ from
// one architecture to the next.
package sysnum

import "fmt"

//go:generate go run ./gen

// Table names the system calls of one architecture; its index is the number.
type Table []string

// most is above the numbers of all system calls.
const most = 1024

// Name is the kernel's name of a number, or syscall_<n>. A program may call any
// number; all that are beyond those in use are "unknown", so that there are only
// so many names.
func (t Table) Name(n int) string {
	if n < 0 || n >= most {
		return "unknown"
	}
	if n < len(t) && t[n] != "" {
		return t[n]
	}
	return fmt.Sprintf("syscall_%d", n)
}

// Numbers turns the table round.
func (t Table) Numbers() map[string]int {
	m := make(map[string]int, len(t))
	for n, name := range t {
		if name != "" {
			m[name] = n
		}
	}
	return m
}

// For returns the table of an architecture in Go's words and that of its
// 32-bit programs; ok is false for one that is not known.
func For(arch string) (native, compat Table, ok bool) {
	switch arch {
	case "amd64":
		return amd64, i386, true
	case "arm64":
		return arm64, arm, true
	}
	return nil, nil, false
}
