package agent

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// compile builds testdata/program with the settings and returns its path.
func compile(t *testing.T, env ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "program")
	cmd := exec.Command("go", "build", "-o", out, "./testdata/program")
	cmd.Env = append(os.Environ(), env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the program with %v: %v\n%s", env, err, text)
	}
	return out
}

// compileDynamic builds a program that wants the C library, or skips.
func compileDynamic(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has ELF programs")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no C compiler, so Go builds static programs only")
	}
	return compile(t, "CGO_ENABLED=1")
}

func paths(b Binary) []string {
	var list []string
	for _, f := range b.layer.files {
		if !f.Mode.IsDir() {
			list = append(list, f.Path)
		}
	}
	return list
}

func TestStaticProgramIsAlone(t *testing.T) {
	b, err := read(compile(t, "CGO_ENABLED=0", "GOOS=linux"), "/")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{Path}, paths(b)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if b.Arch != runtime.GOARCH || b.OS != "linux" || b.Dynamic() || b.env != nil {
		t.Errorf("read as %s/%s, dynamic %v, environment %v", b.OS, b.Arch, b.Dynamic(), b.env)
	}
}

func TestDynamicProgramBringsItsLibraries(t *testing.T) {
	program := compileDynamic(t)
	b, err := read(program, "/")
	if err != nil {
		t.Fatal(err)
	}
	// What the interpreter itself says it would load is the truth to hold
	// against; see ld.so(8), --list.
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o, err := readObject(program, "/")
	if err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(o.interp, "--list", program).Output()
	if err != nil {
		t.Skipf("the interpreter %s cannot list: %v", o.interp, err)
	}
	want := []string{Path, o.interp}
	for line := range strings.Lines(string(text)) {
		if _, after, ok := strings.Cut(line, "=> "); ok {
			want = append(want, strings.Fields(after)[0])
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(slices.Compact(want), paths(b)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if len(want) < 3 {
		t.Errorf("the program wants no library: %v; the test tests nothing", want)
	}
}

// plant copies a program and its closure below a directory that stands for
// another machine's root, with the libraries moved.
func plant(t *testing.T, program string, move func(path string) string) string {
	t.Helper()
	root := t.TempDir()
	b, err := read(program, "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range b.layer.files {
		if f.Mode.IsDir() || f.Path == Path {
			continue
		}
		data, err := os.ReadFile(f.content.path)
		if err != nil {
			t.Fatal(err)
		}
		put(t, root, move(f.Path), data)
	}
	return root
}

func put(t *testing.T, root, name string, data []byte) {
	t.Helper()
	name = filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestLibrariesFromConfiguredDirectories(t *testing.T) {
	program := compileDynamic(t)
	root := plant(t, program, func(p string) string {
		if strings.HasPrefix(filepath.Base(p), "ld-") {
			return p
		}
		return "/opt/libs/" + filepath.Base(p)
	})
	if _, err := read(program, root); err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=0") {
		t.Errorf("error without configuration is %v, want one that says how to build a static program", err)
	}
	put(t, root, "/etc/ld.so.conf", []byte("# comment\ninclude ld.so.conf.d/*.conf\n"))
	put(t, root, "/etc/ld.so.conf.d/opt.conf", []byte("/opt/none\n/opt/libs # ours\n"))
	put(t, root, "/opt/none/libc.so.6", []byte("not a library"))
	b, err := read(program, root)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"LD_LIBRARY_PATH=/opt/libs"}, b.env); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if !slices.Contains(paths(b), "/opt/libs/libc.so.6") {
		t.Errorf("files are %v", paths(b))
	}
}

func TestMuslSearch(t *testing.T) {
	main := object{interp: "/lib/ld-musl-x86_64.so.1"}
	root := t.TempDir()
	put(t, root, "/etc/ld-musl-x86_64.path", []byte("/a/lib:/b/lib\n/c/lib\n"))
	s := newSearch(root, main)
	if diff := cmp.Diff([]string{"/a/lib", "/b/lib", "/c/lib"}, s.configured); diff != "" {
		t.Errorf("configured directories (-want +got):\n%s", diff)
	}
	if s.stray("/lib") || !s.stray("/usr/lib") {
		t.Error("only the interpreter's own directory needs no LD_LIBRARY_PATH")
	}
}

func TestExpand(t *testing.T) {
	got := expand("$ORIGIN/../lib:relative::/usr//lib/:${ORIGIN}", "/opt/app/bin")
	if diff := cmp.Diff([]string{"/opt/app/lib", "/usr/lib", "/opt/app/bin"}, got); diff != "" {
		t.Errorf("directories (-want +got):\n%s", diff)
	}
}

func FuzzReadObject(f *testing.F) {
	own, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		f.Add(own[:min(len(own), 4<<10)])
	}
	f.Add([]byte("\x7fELF\x02\x01\x01"))
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if o, err := readObject(name, "/"); err == nil && slices.ContainsFunc(o.runpath, func(d string) bool { return !filepath.IsAbs(d) }) {
			t.Errorf("library directories %q are not absolute", o.runpath)
		}
	})
}
