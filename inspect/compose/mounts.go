package compose

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"bulkhead/inspect"

	"github.com/compose-spec/compose-go/v2/types"
)

// tmpfs are the tmpfs: entries and the volumes of type tmpfs, by path.
func tmpfs(s types.ServiceConfig) []inspect.Tmpfs {
	var out []inspect.Tmpfs
	for _, short := range s.Tmpfs {
		at, options, _ := strings.Cut(short, ":")
		out = append(out, inspect.Tmpfs{Path: at, Options: options})
	}
	for _, v := range s.Volumes {
		if v.Type == types.VolumeTypeTmpfs {
			out = append(out, inspect.Tmpfs{Path: v.Target, Options: tmpfsOptions(v)})
		}
	}
	slices.SortFunc(out, inspect.Tmpfs.Compare)
	return out
}

// tmpfsOptions writes the long syntax as the short one takes it.
func tmpfsOptions(v types.ServiceVolumeConfig) string {
	var out []string
	if v.ReadOnly {
		out = append(out, "ro")
	}
	if v.Tmpfs != nil && v.Tmpfs.Size != 0 {
		out = append(out, fmt.Sprintf("size=%d", int64(v.Tmpfs.Size)))
	}
	if v.Tmpfs != nil && v.Tmpfs.Mode != 0 {
		out = append(out, fmt.Sprintf("mode=%o", v.Tmpfs.Mode))
	}
	return strings.Join(out, ",")
}

// maxVolumesFrom bounds a chain of volumes_from.
const maxVolumesFrom = 16

// mounts are the bind mounts and volumes, by target.
func mounts(p *types.Project, s types.ServiceConfig) []inspect.Mount {
	out := ownMounts(p, s)
	out = append(out, borrowed(p, s, out, 0)...)
	slices.SortStableFunc(out, inspect.Mount.Compare)
	return out
}

func ownMounts(p *types.Project, s types.ServiceConfig) []inspect.Mount {
	var out []inspect.Mount
	for i, v := range s.Volumes {
		m := inspect.Mount{
			Source: v.Source, Target: v.Target, ReadOnly: v.ReadOnly, Setting: "volumes." + strconv.Itoa(i),
		}
		switch v.Type {
		case types.VolumeTypeBind:
			m.Type = inspect.BindMount
			if v.Bind != nil {
				m.Propagation = inspect.SharedPropagation(v.Bind.Propagation)
			}
		case types.VolumeTypeVolume:
			m.Type = inspect.VolumeMount
			if v.Source != "" {
				m.Source = cmp.Or(p.Volumes[v.Source].Name, p.Name+"_"+v.Source)
			}
		default:
			continue
		}
		out = append(out, m)
	}
	out = append(out, fileMounts(p, s)...)
	if s.UseAPISocket {
		const socket = "/var/run/docker.sock"
		out = append(out, inspect.Mount{Type: inspect.BindMount, Source: socket, Target: socket, Setting: "use_api_socket"})
	}
	return out
}

// fileMounts are the secrets and configs that Compose bind-mounts because they
// come from files; those from elsewhere it copies in.
func fileMounts(p *types.Project, s types.ServiceConfig) []inspect.Mount {
	var out []inspect.Mount
	add := func(kind string, i int, file, target, dir string) {
		if file == "" {
			return
		}
		if !path.IsAbs(target) {
			target = path.Join(dir, target)
		}
		out = append(out, inspect.Mount{
			Type: inspect.BindMount, Source: file, Target: target, ReadOnly: true,
			Setting: kind + "." + strconv.Itoa(i),
		})
	}
	for i, secret := range s.Secrets {
		add("secrets", i, p.Secrets[secret.Source].File, cmp.Or(secret.Target, secret.Source), "/run/secrets")
	}
	for i, config := range s.Configs {
		add("configs", i, p.Configs[config.Source].File, cmp.Or(config.Target, config.Source), "/")
	}
	return out
}

// borrowed are the mounts that volumes_from takes over from other services,
// where the service has none of its own at the target.
func borrowed(p *types.Project, s types.ServiceConfig, own []inspect.Mount, depth int) []inspect.Mount {
	if depth > maxVolumesFrom {
		return nil
	}
	taken := map[string]bool{}
	for _, m := range own {
		taken[m.Target] = true
	}
	var out []inspect.Mount
	for i, from := range s.VolumesFrom {
		name, mode, _ := strings.Cut(from, ":")
		other, ok := p.Services[name]
		if !ok {
			continue
		}
		theirs := ownMounts(p, other)
		theirs = append(theirs, borrowed(p, other, theirs, depth+1)...)
		for _, m := range theirs {
			if taken[m.Target] {
				continue
			}
			taken[m.Target] = true
			m.ReadOnly = m.ReadOnly || mode == "ro"
			m.Setting = "volumes_from." + strconv.Itoa(i)
			out = append(out, m)
		}
	}
	return out
}
