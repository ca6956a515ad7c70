//go:build !linux

package workbench

import (
	"io"
	"testing"
)

// hashMetadata adds nothing here: the engine runs in another machine.
func hashMetadata(*testing.T, io.Writer, string) {}
