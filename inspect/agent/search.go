package agent

import (
	"bufio"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// search finds libraries as the program's interpreter would.
type search struct {
	root string
	main object
	// builtin are the directories that the interpreter searches by itself,
	// also in an image; configured are the ones this machine adds.
	builtin, configured []string
}

// newSearch prepares a search for the libraries of a program.
func newSearch(root string, main object) search {
	s := search{root: root, main: main}
	if arch, ok := strings.CutPrefix(path.Base(main.interp), "ld-musl-"); ok {
		// musl ldso/dynlink.c: this path, unless /etc/ld-musl-ARCH.path says
		// another.
		s.builtin = []string{"/lib", "/usr/local/lib", "/usr/lib"}
		file := "/etc/ld-musl-" + strings.TrimSuffix(arch, ".so.1") + ".path"
		if text, err := os.ReadFile(filepath.Join(root, file)); err == nil {
			s.configured = strings.FieldsFunc(string(text), func(r rune) bool { return r == ':' || r == '\n' })
		}
		return s
	}
	s.builtin = glibcDirs(main)
	s.configured = ldSoConf(root, "/etc/ld.so.conf", map[string]bool{})
	return s
}

// glibcDirs are the directories compiled into glibc's interpreter by the
// distributions: Debian's by architecture (gcc -print-multiarch), and the
// lib64 or lib of everyone else. One that is not compiled in there does no
// harm but for the library's being missed, so directories that only some use
// are reached through LD_LIBRARY_PATH as well; see stray.
func glibcDirs(main object) []string {
	var dirs []string
	if triplet := triplets[path.Base(main.interp)]; triplet != "" {
		dirs = append(dirs, "/lib/"+triplet, "/usr/lib/"+triplet)
	}
	return append(dirs, "/lib64", "/usr/lib64", "/lib", "/usr/lib")
}

// triplets maps interpreters to Debian's names for their architectures.
var triplets = map[string]string{
	"ld-linux-x86-64.so.2":        "x86_64-linux-gnu",
	"ld-linux-aarch64.so.1":       "aarch64-linux-gnu",
	"ld-linux.so.2":               "i386-linux-gnu",
	"ld-linux-armhf.so.3":         "arm-linux-gnueabihf",
	"ld-linux-riscv64-lp64d.so.1": "riscv64-linux-gnu",
	"ld64.so.1":                   "s390x-linux-gnu",
	"ld64.so.2":                   "powerpc64le-linux-gnu",
}

// find looks a library up by the name that an object asks for. stray says that
// the interpreter would not find it in an image by itself.
func (s search) find(name string, runpath []string) (lib library, o object, stray bool, err error) {
	if strings.Contains(name, "/") {
		lib = library{path: path.Clean(name), onHost: filepath.Join(s.root, name)}
		o, err = readObject(lib.onHost, path.Dir(lib.path))
		return lib, o, false, err
	}
	for _, dir := range slices.Concat(runpath, s.main.runpath, s.builtin, s.configured) {
		lib = library{path: path.Join(dir, name), onHost: filepath.Join(s.root, dir, name)}
		o, err = readObject(lib.onHost, dir)
		// A library of another architecture is passed over, as the interpreter
		// does: both kinds may stand in neighbouring directories.
		if err == nil && o.machine == s.main.machine && o.class == s.main.class {
			return lib, o, s.stray(dir), nil
		}
	}
	return library{}, object{}, false, fmt.Errorf("its library %q is not on this machine; build a static program with CGO_ENABLED=0", name)
}

// stray says whether a directory needs LD_LIBRARY_PATH: all but the two that
// every interpreter has compiled in beyond doubt, which are its own directory
// and Debian's for its architecture.
func (s search) stray(dir string) bool {
	if triplet := triplets[path.Base(s.main.interp)]; triplet != "" && dir == "/lib/"+triplet {
		return false
	}
	return dir != path.Dir(s.main.interp)
}

// ldSoConf reads the directories of /etc/ld.so.conf and of the files it
// includes, see ldconfig(8). A file that is not there adds nothing.
func ldSoConf(root, name string, seen map[string]bool) []string {
	if seen[name] {
		return nil
	}
	seen[name] = true
	f, err := os.Open(filepath.Join(root, name))
	if err != nil {
		return nil
	}
	defer f.Close()
	var dirs []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case fields[0] == "include":
			for _, pattern := range fields[1:] {
				if !path.IsAbs(pattern) {
					pattern = path.Join(path.Dir(name), pattern)
				}
				matches, _ := filepath.Glob(filepath.Join(root, pattern))
				for _, match := range matches {
					dirs = append(dirs, ldSoConf(root, "/"+strings.TrimPrefix(strings.TrimPrefix(match, root), "/"), seen)...)
				}
			}
		case path.IsAbs(fields[0]):
			dirs = append(dirs, path.Clean(fields[0]))
		}
	}
	return dirs
}
