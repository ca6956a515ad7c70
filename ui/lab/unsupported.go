package lab

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
)

// checkSupported refuses a project that asks for something translate cannot
// express. A setting left out in silence would start something else than the
// file says.
func checkSupported(p *types.Project) error {
	for _, name := range slices.Sorted(maps.Keys(p.Services)) {
		settings, err := unsupported(p.Services[name])
		if err != nil {
			return err
		}
		if len(settings) > 0 {
			return &UnsupportedError{Dir: p.WorkingDir, Where: "service " + name, Settings: settings}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Networks)) {
		settings, err := fieldsBut(p.Networks[name], "name", "driver", "driver_opts", "external", "internal", "attachable", "labels", "ipam")
		if err != nil {
			return err
		}
		if ipam := p.Networks[name].Ipam; ipam.Driver != "" || len(ipam.Config) > 0 {
			settings = append(settings, "ipam")
		}
		if len(settings) > 0 {
			return &UnsupportedError{Dir: p.WorkingDir, Where: "network " + name, Settings: settings}
		}
	}
	return nil
}

// unsupported names the settings of a service that cannot be translated.
func unsupported(s types.ServiceConfig) ([]string, error) {
	// Those beside hashOrder do not concern the container, or are looked at
	// below.
	names, err := fieldsBut(s, append(slices.Clone(hashOrder), "depends_on", "scale", "pull_policy", "profiles", "attach")...)
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", s.Name, err)
	}
	if s.Scale != nil && *s.Scale != 1 {
		names = append(names, "scale")
	}
	if d := s.Deploy; d != nil {
		if d.Replicas != nil && *d.Replicas != 1 {
			names = append(names, "deploy.replicas")
		}
		inner, err := fieldsBut(d, "replicas", "resources", "placement")
		if err != nil {
			return nil, err
		}
		for _, name := range inner {
			names = append(names, "deploy."+name)
		}
	}
	for _, d := range s.DependsOn {
		if d.Condition == types.ServiceConditionCompletedSuccessfully {
			names = append(names, "depends_on: "+d.Condition)
		}
	}
	for _, v := range s.Volumes {
		if !slices.Contains([]string{types.VolumeTypeBind, types.VolumeTypeVolume, types.VolumeTypeTmpfs}, v.Type) {
			names = append(names, "volumes: type "+v.Type)
		}
		if v.Volume != nil && v.Volume.Subpath != "" {
			names = append(names, "volumes: subpath")
		}
	}
	for _, n := range s.Networks {
		if n == nil {
			continue
		}
		inner, err := fieldsBut(n, "aliases", "priority")
		if err != nil {
			return nil, err
		}
		for _, name := range inner {
			names = append(names, "networks: "+name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// fieldsBut names the settings that a part of the model holds, as Compose
// writes them, but for the given ones.
func fieldsBut(part any, known ...string) ([]string, error) {
	data, err := json.Marshal(part)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	for _, k := range known {
		delete(fields, k)
	}
	return slices.Sorted(maps.Keys(fields)), nil
}
