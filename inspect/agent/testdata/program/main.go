// Command program looks a name and a user up, which makes Go link the C library
// where cgo is on. Tests build it both ways.
package main

import (
	"fmt"
	"net"
	"os"
	"os/user"
)

func main() {
	addresses, err := net.LookupHost("localhost")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// An image FROM scratch knows no users, so this fails there as it should.
	_, err = user.LookupId("4242")
	fmt.Println("runs", len(addresses) > 0, err != nil, os.Getuid())
}
