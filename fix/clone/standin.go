package clone

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"bulkhead/inspect"
)

// standIn is a Compose project that stands in for the person's own: the same
// services, with nothing in it that another project could already have.
type standIn struct {
	labels map[string]string
	// legacy is for docker-compose 1.29, which knows less of the format.
	legacy bool
	// missing says of a bind mount's source that it is not there; Compose would
	// make it on the engine's host.
	missing func(source string) bool
	notes   []string
}

func (d *standIn) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

// closure returns the service and all that it needs, sorted.
func closure(project *types.Project, service string) []string {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		s, ok := project.Services[name]
		if !ok || seen[name] {
			return
		}
		seen[name] = true
		for _, other := range s.GetDependencies() {
			visit(other)
		}
	}
	visit(service)
	return slices.Sorted(maps.Keys(seen))
}

// write returns the project as Compose reads it: JSON is YAML. Every environment
// variable must be resolved.
func (d *standIn) write(project *types.Project, names []string) ([]byte, error) {
	services, networks, volumes := map[string]any{}, map[string]any{"default": map[string]any{"labels": d.labels}}, map[string]any{}
	for _, name := range names {
		service := project.Services[name]
		written, err := d.service(project, service)
		if err != nil {
			return nil, fmt.Errorf("writing the service %s for Compose: %w", inspect.Printable(name), err)
		}
		services[name] = written
		for key := range service.Networks {
			networks[key] = d.network(project.Networks[key])
		}
		for _, v := range service.Volumes {
			if v.Type == types.VolumeTypeVolume && v.Source != "" {
				volumes[v.Source] = map[string]any{"labels": d.labels}
			}
		}
	}
	all := map[string]any{"services": services, "networks": networks, "volumes": volumes}
	if d.legacy {
		all["version"] = "3.8"
	}
	data, err := json.Marshal(all)
	// What looks like a variable by now is not meant as one.
	return []byte(strings.ReplaceAll(string(data), "$", "$$")), err
}

// network is a network of the stand-in's own, without the addresses of the
// person's, which are taken; an external one stays what it is.
func (d *standIn) network(n types.NetworkConfig) map[string]any {
	if n.External {
		return map[string]any{"external": true, "name": n.Name}
	}
	return map[string]any{"labels": d.labels}
}

// elsewhere are the keys of a service that are not passed on: what only matters
// when it is started or built, what bulkhead does itself, and what names things.
var elsewhere = []string{
	"attach", "build", "configs", "container_name", "depends_on", "develop", "env_file", "label_file", "links", "logging",
	"ports", "post_start", "pre_start", "pre_stop", "profiles", "pull_policy", "scale", "secrets",
}

// service is the service as a mapping, under the keys that both Composes know.
func (d *standIn) service(project *types.Project, s types.ServiceConfig) (map[string]any, error) {
	files := d.files(project, s)
	data, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		return nil, err
	}
	maps.DeleteFunc(out, func(key string, value any) bool { return value == nil || slices.Contains(elsewhere, key) })
	if environment, ok := out["environment"].(map[string]any); ok {
		// A variable without a value would be taken from Compose's own environment.
		maps.DeleteFunc(environment, func(_ string, value any) bool { return value == nil })
	}
	out["labels"], out["pull_policy"] = d.labels, "never"
	if ports := exposed(s); len(ports) > 0 {
		out["expose"] = ports
	}
	if len(s.ExtraHosts) > 0 {
		out["extra_hosts"] = s.ExtraHosts.AsList(":")
	}
	if len(s.Devices) > 0 {
		out["devices"] = deviceStrings(s.Devices)
	}
	if networks := d.endpoints(s); len(networks) > 0 {
		out["networks"] = networks
	}
	if mounts := append(d.mounts(s), files...); len(mounts) > 0 {
		out["volumes"] = mounts
	}
	delete(out, "deploy")
	if s.Deploy != nil && !d.legacy { // which does not heed it
		out["deploy"] = map[string]any{"resources": s.Deploy.Resources}
	}
	if d.legacy {
		d.withoutNews(s.Name, out)
	}
	return out, nil
}

// news are the keys that docker-compose 1.29 refuses (compose_spec.json of
// 1.29.2).
var news = []string{"annotations", "cgroup", "gpus", "models", "use_api_socket", "uts"}

// withoutNews takes out of a service what docker-compose 1 does not know.
func (d *standIn) withoutNews(name string, service map[string]any) {
	if check, ok := service["healthcheck"].(map[string]any); ok {
		delete(check, "start_interval") // copies are checked often anyway
	}
	for _, key := range news {
		if service[key] != nil {
			d.note("%s: docker-compose 1 does not know %s; the copies do not have it.", inspect.Printable(name), key)
			delete(service, key)
		}
	}
}

// deviceStrings are devices in the short form, which every Compose knows.
func deviceStrings(devices []types.DeviceMapping) []string {
	var out []string
	for _, m := range devices {
		text := m.Source
		if m.Target != "" && (m.Target != m.Source || m.Permissions != "") {
			text += ":" + m.Target
		}
		if m.Permissions != "" {
			text += ":" + m.Permissions
		}
		out = append(out, text)
	}
	return out
}

// exposed are the ports that the service listens on by its definition.
func exposed(s types.ServiceConfig) []string {
	ports := slices.Clone([]string(s.Expose))
	for _, p := range s.Ports {
		port := fmt.Sprint(p.Target)
		if p.Protocol != "" && p.Protocol != "tcp" {
			port += "/" + p.Protocol
		}
		ports = append(ports, port)
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// endpoints are the service's networks with the names that it has on them.
func (d *standIn) endpoints(s types.ServiceConfig) map[string]any {
	out := map[string]any{}
	for key, n := range s.Networks {
		var aliases []string
		if n != nil {
			aliases = slices.Clone(n.Aliases)
			for _, fixed := range []string{n.Ipv4Address, n.Ipv6Address} {
				if fixed != "" {
					d.note("%s: its fixed address is %s; the copy has another one.", inspect.Printable(s.Name), inspect.Printable(fixed))
				}
			}
		}
		if s.ContainerName != "" {
			aliases = append(aliases, s.ContainerName)
		}
		out[key] = map[string]any{}
		if len(aliases) > 0 {
			out[key] = map[string]any{"aliases": aliases}
		}
	}
	return out
}

// mounts are the service's mounts in the long form.
func (d *standIn) mounts(s types.ServiceConfig) []any {
	var out []any
	for _, v := range s.Volumes {
		m := map[string]any{"type": v.Type, "target": v.Target}
		if v.Source != "" {
			m["source"] = v.Source
		}
		if v.ReadOnly {
			m["read_only"] = true
		}
		switch {
		case v.Type == types.VolumeTypeBind && d.missing(v.Source):
			d.note("%s: %s is not there; the copies have an empty volume on %s.", inspect.Printable(s.Name), inspect.Printable(v.Source), inspect.Printable(v.Target))
			m = map[string]any{"type": types.VolumeTypeVolume, "target": v.Target}
		case v.Bind != nil && v.Bind.Propagation != "":
			m["bind"] = map[string]any{"propagation": v.Bind.Propagation}
		case v.Volume != nil && v.Volume.NoCopy:
			m["volume"] = map[string]any{"nocopy": true}
		case v.Tmpfs != nil && v.Tmpfs.Size > 0:
			m["tmpfs"] = map[string]any{"size": int64(v.Tmpfs.Size)}
		}
		out = append(out, m)
	}
	return out
}

// files are the service's secrets and configs as the bind mounts that Compose
// makes of them where they are files.
func (d *standIn) files(project *types.Project, s types.ServiceConfig) []any {
	var out []any
	add := func(kind, source, target, dir, file string) {
		if target == "" {
			target = source
		}
		if !path.IsAbs(target) {
			target = path.Join(dir, target)
		}
		if file == "" || d.missing(file) {
			d.note("%s: the %s %s does not come from a file that is there; the copies do not have it.", inspect.Printable(s.Name), kind, inspect.Printable(source))
			return
		}
		out = append(out, map[string]any{"type": types.VolumeTypeBind, "source": file, "target": target, "read_only": true})
	}
	for _, x := range s.Secrets {
		add("secret", x.Source, x.Target, "/run/secrets", project.Secrets[x.Source].File)
	}
	for _, x := range s.Configs {
		add("config", x.Source, x.Target, "/", project.Configs[x.Source].File)
	}
	return out
}
