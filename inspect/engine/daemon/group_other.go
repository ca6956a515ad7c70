//go:build !unix

package daemon

import "errors"

// group is the number of the group that owns a socket.
func group(string) (string, error) { return "", errors.New("this system has no such groups") }
