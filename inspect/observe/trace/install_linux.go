package trace

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
)

// self is the running program.
const self = "/proc/self/exe"

// Install copies the running program into a directory, as the copies will find
// it in Dir.
func Install(dir string) error {
	if err := static(); err != nil {
		return err
	}
	in, err := os.Open(self)
	if err != nil {
		return fmt.Errorf("reading the own program: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(path.Join(dir, path.Base(program)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return fmt.Errorf("installing the tracer: %w", err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Chmod(0o755), out.Close()); err != nil {
		return fmt.Errorf("installing the tracer: %w", err)
	}
	return nil
}

// static makes sure that the program runs beside any libraries or none.
func static() error {
	file, err := elf.Open(self)
	if err != nil {
		return fmt.Errorf("reading the own program: %w", err)
	}
	defer file.Close()
	if slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return errors.New("this program is dynamically linked and cannot run in another container: build it with CGO_ENABLED=0")
	}
	return nil
}
