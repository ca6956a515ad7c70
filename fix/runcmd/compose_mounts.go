package runcmd

import (
	"fmt"
	"strings"

	"github.com/moby/moby/api/types/mount"
	"go.yaml.in/yaml/v4"
)

// mounts: what docker run takes short stays short; --mount takes the long form.
func (s *service) mounts() {
	for _, f := range s.command.flags {
		if f.name != "--volume" {
			continue
		}
		text := expand(f.value)
		if source, _, ok := strings.Cut(f.value[0].text, ":"); ok && !strings.HasPrefix(source, "/") {
			s.volumes[source] = true
		}
		s.append("volumes", yamlText(text))
	}
	for _, m := range s.command.in.Container.HostConfig.Mounts {
		if m.Source == "" {
			m.Source = s.command.madeUpFor(m)
		}
		s.mount(m)
	}
}

func (s *service) mount(m mount.Mount) {
	out := mapping("type", yamlText(string(m.Type)))
	if m.Source != "" {
		out.Content = append(out.Content, yamlText("source"), yamlText(escaped(m.Source)))
		s.volumes[m.Source] = m.Type == mount.TypeVolume
	}
	out.Content = append(out.Content, yamlText("target"), yamlText(escaped(m.Target)))
	if m.ReadOnly {
		out.Content = append(out.Content, yamlText("read_only"), yamlPlain("true"))
	}
	if key, options := s.mountOptions(m); len(options.Content) > 0 {
		out.Content = append(out.Content, yamlText(key), options)
	}
	s.append("volumes", out)
}

// mountOptions are the options of the mount's own kind, under its key.
func (s *service) mountOptions(m mount.Mount) (string, *yaml.Node) {
	out := mapping()
	add := func(key string, value *yaml.Node) { out.Content = append(out.Content, yamlText(key), value) }
	if o := m.BindOptions; o != nil {
		if o.Propagation != "" {
			add("propagation", yamlText(string(o.Propagation)))
		}
		switch {
		case o.NonRecursive:
			add("recursive", yamlText("disabled"))
		case o.ReadOnlyForceRecursive:
			add("recursive", yamlText("readonly"))
		case o.ReadOnlyNonRecursive:
			add("recursive", yamlText("writable"))
		}
	}
	if o := m.VolumeOptions; o != nil {
		if o.NoCopy {
			add("nocopy", yamlPlain("true"))
		}
		if o.Subpath != "" {
			add("subpath", yamlText(escaped(o.Subpath)))
		}
		if d := o.DriverConfig; d != nil && (d.Name != "" || len(d.Options) > 0) || len(o.Labels) > 0 {
			s.note("The volume on %s has a driver or labels of its own. It is taken as it is there; Compose does not make it again.", m.Target)
		}
	}
	if o := m.ImageOptions; o != nil && o.Subpath != "" {
		add("subpath", yamlText(escaped(o.Subpath)))
	}
	if o := m.TmpfsOptions; o != nil {
		if o.SizeBytes != 0 {
			add("size", yamlPlain(fmt.Sprint(o.SizeBytes)))
		}
		if o.Mode != 0 {
			add("mode", yamlPlain(fmt.Sprintf("0%o", uint32(o.Mode))))
		}
	}
	return string(m.Type), out
}
