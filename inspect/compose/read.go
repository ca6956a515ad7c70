package compose

import (
	"fmt"
	"io"
	"os"
)

// maxFileSize bounds every file that is read: a Compose file is a few
// kilobytes, and no size is trusted.
const maxFileSize = 10 << 20

// readFile returns the file's content. Anything but a regular file is refused:
// a pipe would wait for ever.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, accessError(path, err)
	}
	if !info.Mode().IsRegular() {
		problem := "this is not a regular file"
		if info.IsDir() {
			problem = "this is a directory"
		}
		return nil, &Error{File: path, Problem: problem, Next: "Name the Compose file itself."}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, accessError(path, err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, accessError(path, err)
	}
	return content, checkSize(path, content)
}

func checkSize(path string, content []byte) error {
	if len(content) <= maxFileSize {
		return nil
	}
	return &Error{File: path, Problem: fmt.Sprintf("the file is larger than %d MB", maxFileSize>>20),
		Next: "A Compose file is a few kilobytes; check that this is the right file."}
}
