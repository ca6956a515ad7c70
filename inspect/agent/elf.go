package agent

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// needs is what a program wants from the machine it runs on.
type needs struct {
	arch string
	// files are its interpreter and libraries, sorted by path.
	files []library
	// strays are directories of libraries that the interpreter in the image
	// would not search by itself, sorted.
	strays []string
}

// library is one file of the closure: its path in the image, which is the one
// that the interpreter or the program asks for, and the file on this machine.
type library struct{ path, onHost string }

// env makes the interpreter look into the stray directories. glibc and musl
// both honour the variable.
func (n needs) env() []string {
	if len(n.strays) == 0 {
		return nil
	}
	return []string{"LD_LIBRARY_PATH=" + strings.Join(n.strays, ":")}
}

// object is what matters of one ELF file.
type object struct {
	machine elf.Machine
	class   elf.Class
	order   elf.Data
	// linux is false where the file says that it is for another system.
	linux bool
	// interp is the interpreter's path, empty in a static program and in most
	// libraries.
	interp string
	needed []string
	// runpath are its own search directories, $ORIGIN already replaced.
	runpath []string
}

// readObject reads an ELF file. origin is the directory that $ORIGIN means.
func readObject(name, origin string) (object, error) {
	f, err := elf.Open(name)
	if err != nil {
		var format *elf.FormatError
		if errors.As(err, &format) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return object{}, fmt.Errorf("it is not an ELF program: %w", err)
		}
		return object{}, err
	}
	defer f.Close()
	o := object{machine: f.Machine, class: f.Class, order: f.Data}
	o.linux = f.OSABI == elf.ELFOSABI_NONE || f.OSABI == elf.ELFOSABI_LINUX
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(p.Open(), 4096))
		if err != nil {
			return object{}, fmt.Errorf("reading the interpreter's name: %w", err)
		}
		o.interp = strings.TrimRight(string(text), "\x00")
	}
	if o.needed, err = f.ImportedLibraries(); err != nil {
		return object{}, fmt.Errorf("reading the names of its libraries: %w", err)
	}
	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		lists, err := f.DynString(tag)
		if err != nil {
			return object{}, fmt.Errorf("reading its library directories: %w", err)
		}
		for _, list := range lists {
			o.runpath = append(o.runpath, expand(list, origin)...)
		}
	}
	return o, nil
}

// expand splits a list of directories and replaces $ORIGIN, see ld.so(8).
// Relative directories are passed over: they depend on where one stands.
func expand(list, origin string) []string {
	var dirs []string
	for dir := range strings.SplitSeq(list, ":") {
		dir = strings.NewReplacer("${ORIGIN}", origin, "$ORIGIN", origin).Replace(dir)
		if path.IsAbs(dir) {
			dirs = append(dirs, path.Clean(dir))
		}
	}
	return dirs
}

// architectures maps ELF machines to Go's names for the ones that Docker
// Engine runs on.
var architectures = map[elf.Machine]string{
	elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_ARM: "arm",
	elf.EM_RISCV: "riscv64", elf.EM_S390: "s390x", elf.EM_PPC64: "ppc64le", elf.EM_LOONGARCH: "loong64",
}

// arch is Go's name for what the object runs on, or an error.
func (o object) arch() (string, error) {
	name, ok := architectures[o.machine]
	if !ok {
		return "", fmt.Errorf("it is made for %s, which bulkhead does not know", o.machine)
	}
	if name == "ppc64le" && o.order == elf.ELFDATA2MSB {
		return "ppc64", nil
	}
	return name, nil
}

// closure follows a program's interpreter and libraries to the last one.
func closure(program, root string) (needs, error) {
	// The program moves to Path, so what $ORIGIN found here is not found
	// there; such directories become strays.
	main, err := readObject(program, filepath.Dir(program))
	if err != nil {
		return needs{}, err
	}
	out := needs{}
	if out.arch, err = main.arch(); err != nil {
		return needs{}, err
	}
	if main.interp == "" {
		return out, nil
	}
	if !path.IsAbs(main.interp) {
		return needs{}, fmt.Errorf("its interpreter %q is not an absolute path", main.interp)
	}
	s := newSearch(root, main)
	interp := path.Clean(main.interp)
	found := map[string]library{interp: {path: interp, onHost: filepath.Join(root, interp)}}
	// A library is loaded once under its name, so names are looked up once; the
	// interpreter is loaded already.
	names := map[string]bool{path.Base(interp): true}
	strays := map[string]bool{}
	for queue := []object{main}; len(queue) > 0; queue = queue[1:] {
		for _, name := range queue[0].needed {
			if names[name] {
				continue
			}
			names[name] = true
			lib, o, stray, err := s.find(name, queue[0].runpath)
			if err != nil {
				return needs{}, err
			}
			found[lib.path] = lib
			if stray {
				strays[path.Dir(lib.path)] = true
			}
			queue = append(queue, o)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(found)) {
		out.files = append(out.files, found[p])
	}
	out.strays = slices.Sorted(maps.Keys(strays))
	return out, nil
}
