package runcmd

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bulkhead/inspect"

	"github.com/moby/moby/api/types/mount"
)

// storage: mounts, tmpfs and volumes.
func (b *builder) storage() {
	b.each("--volume", b.h.Binds)
	b.anonymousVolumes()
	for _, m := range b.h.Mounts {
		b.mount(m)
	}
	for _, path := range sortedKeys(b.h.Tmpfs) {
		value := path
		if options := b.h.Tmpfs[path]; options != "" {
			value += ":" + options
		}
		b.text("--tmpfs", value)
	}
	b.each("--volumes-from", b.h.VolumesFrom)
	b.text("--volume-driver", b.h.VolumeDriver)
	b.pairs("--storage-opt", b.h.StorageOpt)
}

// anonymousVolumes names the volumes that have no name of their own, so that
// the new container finds the data again. Those of a container that is removed
// on exit go with it.
func (b *builder) anonymousVolumes() {
	named := map[string]bool{}
	if !b.h.AutoRemove && len(b.h.VolumesFrom) == 0 {
		for _, m := range b.in.Container.Mounts {
			if m.Type != mount.TypeVolume || !inspect.MadeUp(m.Name) || b.mounted(m.Destination) {
				continue
			}
			named[m.Destination] = true
			b.text("--volume", m.Name+":"+m.Destination)
		}
	}
	if len(named) > 0 || slices.ContainsFunc(b.h.Mounts, func(m mount.Mount) bool { return m.Source == "" && b.madeUpFor(m) != "" }) {
		b.note("The volumes with a long number for a name have no other; named here they keep their data.")
	}
	for _, path := range slices.Sorted(maps.Keys(b.c.Volumes)) {
		if _, inherited := b.image.Volumes[path]; !inherited && !named[path] && !b.mounted(path) {
			b.text("--volume", path)
		}
	}
}

// mounted says whether a flag of its own mounts something there.
func (b *builder) mounted(target string) bool {
	return slices.ContainsFunc(b.h.Binds, func(bind string) bool {
		_, rest, ok := strings.Cut(bind, ":")
		path, _, _ := strings.Cut(rest, ":")
		return ok && path == target
	}) || slices.ContainsFunc(b.h.Mounts, func(m mount.Mount) bool { return m.Target == target })
}

// mount is one --mount, whose value is a line of comma-separated values.
func (b *builder) mount(m mount.Mount) {
	fields := []string{"type=" + string(m.Type)}
	add := func(key, value string) {
		if value != "" {
			fields = append(fields, key+"="+value)
		}
	}
	toggle := func(key string, on bool) {
		if on {
			fields = append(fields, key)
		}
	}
	add("source", cmp.Or(m.Source, b.madeUpFor(m)))
	add("target", m.Target)
	toggle("readonly", m.ReadOnly)
	add("consistency", string(m.Consistency))
	if o := m.BindOptions; o != nil {
		add("bind-propagation", string(o.Propagation))
		switch {
		case o.NonRecursive:
			add("bind-recursive", "disabled")
		case o.ReadOnlyForceRecursive:
			add("bind-recursive", "readonly")
		case o.ReadOnlyNonRecursive:
			add("bind-recursive", "writable")
		}
		if o.CreateMountpoint {
			b.note("The directory %s must be there: the engine was told to make it, which older docker commands cannot say.", m.Source)
		}
	}
	if o := m.VolumeOptions; o != nil {
		toggle("volume-nocopy", o.NoCopy)
		add("volume-subpath", o.Subpath)
		for _, key := range sortedKeys(o.Labels) {
			add("volume-label", key+"="+o.Labels[key])
		}
		if d := o.DriverConfig; d != nil {
			add("volume-driver", d.Name)
			for _, key := range sortedKeys(d.Options) {
				b.hideMountOption(key, d.Options[key])
				add("volume-opt", key+"="+d.Options[key])
			}
		}
	}
	if o := m.ImageOptions; o != nil {
		add("image-subpath", o.Subpath)
	}
	if o := m.TmpfsOptions; o != nil {
		if o.SizeBytes != 0 {
			add("tmpfs-size", fmt.Sprint(o.SizeBytes))
		}
		if o.Mode != 0 {
			add("tmpfs-mode", fmt.Sprintf("%04o", uint32(o.Mode)))
		}
		if len(o.Options) > 0 {
			b.runNote("The tmpfs on %s has options that --mount cannot say; use --tmpfs for them.", m.Target)
		}
	}
	b.add("--mount", b.secrets.replace(csvLine(fields)))
}

// hideMountOption finds the secrets in a volume driver's option, which may be a
// list of its own ("o": "username=me,password=x"). In a line of comma-separated
// values a quote is written twice, so that is what the variable has to hold.
func (b *builder) hideMountOption(key, value string) {
	hide := func(key, value string) {
		if value == "" || !inspect.SecretName(key) {
			return
		}
		name := b.secrets.variable(strings.ToUpper(key), strings.ReplaceAll(value, `"`, `""`))
		if strings.Contains(value, `"`) {
			b.note("In %s each double quote must be written twice.", name)
		}
	}
	hide(key, value)
	for option := range strings.SplitSeq(value, ",") {
		name, secret, _ := strings.Cut(option, "=")
		hide(name, secret)
	}
}

// madeUpFor is the name of the volume that the engine made for a mount without
// a source; named, it keeps its data.
func (c Command) madeUpFor(m mount.Mount) string {
	if m.Type != mount.TypeVolume || c.in.Container.HostConfig.AutoRemove {
		return ""
	}
	for _, p := range c.in.Container.Mounts {
		if p.Type == mount.TypeVolume && p.Destination == m.Target {
			return p.Name
		}
	}
	return ""
}

// csvLine writes the fields as the docker command reads them back.
func csvLine(fields []string) string {
	var line strings.Builder
	w := csv.NewWriter(&line)
	// Writing to memory cannot fail.
	_ = w.Write(fields)
	w.Flush()
	return strings.TrimSuffix(line.String(), "\n")
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
