package runcmd

import (
	"fmt"
	"path"
	"strings"

	"bulkhead/inspect"

	"github.com/moby/moby/api/types/container"
)

// isolation: namespaces, runtime and what else belongs to the kernel's view.
func (b *builder) isolation() {
	b.toggle("--privileged", b.h.Privileged)
	b.toggle("--read-only", b.h.ReadonlyRootfs)
	if b.h.Init != nil {
		b.toggle("--init", *b.h.Init)
		b.toggle("--init=false", !*b.h.Init)
	}
	b.text("--pid", string(b.h.PidMode))
	if !b.h.IpcMode.IsPrivate() {
		b.text("--ipc", string(b.h.IpcMode))
	}
	b.text("--uts", string(b.h.UTSMode))
	b.text("--userns", string(b.h.UsernsMode))
	if b.h.CgroupnsMode != b.defaultCgroupns() {
		b.text("--cgroupns", string(b.h.CgroupnsMode))
	}
	if b.h.Runtime != b.in.Host.DefaultRuntime && (b.in.Host.DefaultRuntime != "" || b.h.Runtime != "runc") {
		b.text("--runtime", b.h.Runtime)
	}
	if !b.h.Isolation.IsDefault() {
		b.text("--isolation", string(b.h.Isolation))
	}
	b.pairs("--sysctl", b.h.Sysctls)
	b.pairs("--annotation", b.h.Annotations)
	b.number("--oom-score-adj", int64(b.h.OomScoreAdj))
	if b.h.Umask != nil {
		b.text("--umask", fmt.Sprintf("%04o", *b.h.Umask))
	}
}

// defaultCgroupns is what the engine chooses: the host's namespace on cgroup v1
// and for privileged containers (moby daemon/container_operations_unix.go).
func (b *builder) defaultCgroupns() container.CgroupnsMode {
	if b.h.Privileged || b.in.Host.CgroupVersion == "1" {
		return container.CgroupnsModeHost
	}
	return container.CgroupnsModePrivate
}

// security: capabilities and security options.
func (b *builder) security() {
	for _, name := range b.h.CapDrop {
		b.text("--cap-drop", inspect.NormalizeCap(name))
	}
	for _, name := range b.h.CapAdd {
		b.text("--cap-add", inspect.NormalizeCap(name))
	}
	for _, option := range b.h.SecurityOpt {
		b.securityOption(option)
	}
	if b.h.Privileged || b.h.MaskedPaths == nil || b.h.ReadonlyPaths == nil {
		return
	}
	switch masked, readonly := len(b.h.MaskedPaths), len(b.h.ReadonlyPaths); {
	case masked == 0 && readonly == 0:
		b.text("--security-opt", "systempaths=unconfined")
	case masked == 0 || readonly == 0:
		b.note("Only one of the two lists of masked and read-only paths was emptied, which docker run cannot say; here the engine's default is in force.")
	}
}

func (b *builder) securityOption(option string) {
	key, value := option, ""
	if i := strings.IndexAny(option, "=:"); i >= 0 {
		key, value = option[:i], option[i+1:]
	}
	switch {
	case option == "label=disable" && (b.h.Privileged || b.h.PidMode.IsHost() || b.h.IpcMode.IsHost()):
		// The engine adds it by itself (moby daemon/create.go, generateSecurityOpt).
	case key == "seccomp" && b.in.planned.Text != "" && value == b.in.planned.Text:
		file := File{Name: fileName(b.name()) + "-seccomp.json", Data: []byte(value)}
		if b.in.planned.Path != "" {
			file.Name = fileName(path.Base(b.in.planned.Path))
		}
		b.files = append(b.files, file)
		b.text("--security-opt", "seccomp="+file.Name)
		b.note("The plan's seccomp profile must stand in %s.", file.Name)
	case key == "seccomp" && strings.HasPrefix(strings.TrimSpace(value), "{"):
		file := File{Name: fileName(b.name()) + "-seccomp.json", Data: []byte(value)}
		b.files = append(b.files, file)
		b.text("--security-opt", "seccomp="+file.Name)
		b.note("The seccomp profile is kept in the container as text. Save it first: docker inspect -f '{{range .HostConfig.SecurityOpt}}{{println .}}{{end}}' %s | sed -n 's/^seccomp[=:]//p' > %s",
			quote(b.name()), file.Name)
	default:
		b.text("--security-opt", option)
	}
}

// fileName makes a container's name safe to be a file's. Engines allow only
// such names, but who knows what answered.
func fileName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(bare, r) && !strings.ContainsRune("/@%+=:,", r) {
			return r
		}
		return '-'
	}, name)
	if clean = strings.Trim(clean, ".-"); clean == "" {
		return "container"
	}
	return clean
}
