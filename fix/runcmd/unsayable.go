package runcmd

import (
	"slices"
	"strings"

	"github.com/distribution/reference"
)

// logging: the driver where it is not the engine's own, and every option, as
// the engine does not say which of them are its defaults.
func (b *builder) logging() {
	log := b.h.LogConfig
	if log.Type != b.in.Host.LogDriver {
		b.text("--log-driver", log.Type)
	}
	b.pairs("--log-opt", log.Config)
}

// unsayable notes what no flag of docker run can say.
func (b *builder) unsayable() {
	if service := b.c.Labels[composeLabels+"service"]; service != "" {
		b.note("The container belongs to the Compose service %q. Change its Compose file instead; what stands here leaves Compose's labels away.", service)
	}
	if moved(b.c.Image, b.in.Image.RepoTags, b.in.Image.RepoDigests, b.in.Image.ID) {
		b.note("%s means another image today than when the container was created. To run the same one, write %s instead.",
			b.c.Image, b.in.Container.Image)
	}
	if b.c.NetworkDisabled {
		b.note("Networking is disabled in the container's configuration, which docker run says with --network none.")
	}
	if b.raw().HostConfig.KernelMemoryTCP != 0 {
		b.note("A limit on kernel TCP memory is set, which docker run cannot say.")
	}
	if b.h.Cgroup != "" {
		b.note("It joins the cgroup of %s, which docker run cannot say.", string(b.h.Cgroup))
	}
	if b.h.NetworkMode.IsContainer() || b.h.PidMode.IsContainer() || b.h.IpcMode.IsContainer() {
		b.note("It shares a namespace with another container, which is named by its ID: that changes when the other is created again.")
	}
}

// moved says whether the reference is known to mean another image by now, or
// none. An image whose ID is not known tells nothing.
func moved(ref string, tags, digests []string, id string) bool {
	if id == "" || strings.HasPrefix(id, ref) || strings.HasPrefix(strings.TrimPrefix(id, "sha256:"), ref) {
		return false
	}
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return false
	}
	familiar := reference.FamiliarString(reference.TagNameOnly(named))
	return !slices.Contains(tags, familiar) && !slices.Contains(digests, familiar) &&
		!slices.ContainsFunc(digests, func(d string) bool { return strings.Contains(ref, d) })
}
