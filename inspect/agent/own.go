package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Own returns the running program. Its error is a *HelperError where this
// program cannot run in a Linux engine.
func Own() (Binary, error) {
	if runtime.GOOS != "linux" {
		return Binary{}, &HelperError{OS: "linux", Arch: runtime.GOARCH}
	}
	name, err := ownPath()
	if err != nil {
		return Binary{}, fmt.Errorf("finding the running program: %w", err)
	}
	return read(name, "/")
}

// ownPath prefers the kernel's link to the running program, which leads to its
// bytes even when the file was replaced or removed since, as go run and package
// updates do. $ORIGIN needs the real directory, so the link is used only where
// the file is gone.
func ownPath() (string, error) {
	const link = "/proc/self/exe"
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	running, err := os.Stat(link)
	if err != nil {
		return name, nil
	}
	if there, err := os.Stat(name); err == nil && os.SameFile(running, there) {
		return name, nil
	}
	return link, nil
}

// Getenv looks up an environment variable, as os.Getenv does.
type Getenv func(name string) string

// HelperVariable names the environment variable with the path of a helper.
const HelperVariable = "BULKHEAD_HELPER"

// For returns a program that runs in an engine of the operating system and
// architecture, which may be written as the engine writes them ("x86_64"). That
// is the running program where it fits; else the helper that BULKHEAD_HELPER
// names, or bulkhead-<os>-<arch> beside the running program. Where there is
// none, or one that does not fit, the error is a *HelperError.
//
// A dynamically linked program gives way to a helper that is named and fits,
// which is static and so can do more: run inside other containers.
func For(engineOS, engineArch string, getenv Getenv) (Binary, error) {
	arch := normalArch(engineArch)
	if engineOS == "linux" && runtime.GOOS == "linux" && arch == runtime.GOARCH {
		own, err := Own()
		if named := getenv(HelperVariable); err == nil && own.Dynamic() && named != "" {
			if static, err := helper(engineOS, arch, named, nil); err == nil {
				return static, nil
			}
		}
		return own, err
	}
	return helper(engineOS, arch, getenv(HelperVariable), os.Executable)
}

// helper reads a prebuilt program for the engine.
func helper(engineOS, arch, named string, executable func() (string, error)) (Binary, error) {
	missing := &HelperError{OS: engineOS, Arch: arch}
	if engineOS != "linux" {
		return Binary{}, missing
	}
	name := named
	if name == "" {
		own, err := executable()
		if err != nil {
			return Binary{}, fmt.Errorf("finding the running program: %w", err)
		}
		name = filepath.Join(filepath.Dir(own), missing.name())
		if _, err := os.Stat(name); os.IsNotExist(err) {
			missing.Looked = name
			return Binary{}, missing
		}
	}
	missing.Looked = name
	o, err := readObject(name, filepath.Dir(name))
	if err != nil {
		missing.Err = err
		return Binary{}, missing
	}
	switch got, err := o.arch(); {
	case err != nil:
		missing.Err = err
	case !o.linux:
		missing.Err = errors.New("it is made for another operating system")
	case got != arch:
		missing.Err = fmt.Errorf("it is made for %s", got)
	case o.interp != "":
		// Its libraries are another machine's.
		missing.Err = fmt.Errorf("it is dynamically linked (it wants %s)", o.interp)
	default:
		return read(name, "/")
	}
	return Binary{}, missing
}

// normalArch turns the names of uname(2), which engines report, into Go's.
func normalArch(arch string) string {
	switch arch {
	case "x86_64", "x86-64":
		return "amd64"
	case "aarch64":
		return "arm64"
	case "i386", "i486", "i586", "i686":
		return "386"
	case "armv6l", "armv7l", "armhf", "armel":
		return "arm"
	case "loongarch64":
		return "loong64"
	}
	// The name becomes part of a path, and it comes from outside.
	if strings.ContainsFunc(arch, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		return "unknown"
	}
	return arch
}
