//go:build !unix

package file

import (
	"io/fs"
	"os"
)

// keepOwner does nothing: files here inherit their owner from the directory.
func keepOwner(*os.File, fs.FileInfo) {}
