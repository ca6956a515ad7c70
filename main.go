// Command bulkhead hardens Docker containers.
package main

import (
	"os"

	"bulkhead/ui/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
