package runcmd

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bulkhead/inspect"

	"github.com/moby/moby/api/types/network"
	"go.yaml.in/yaml/v4"
)

// Compose is a Compose file of one service that makes the same container.
type Compose struct {
	Text []byte
	// Notes say what a person should know, printable; Files must stand beside it.
	Notes []string
	Files []File
}

// Compose writes the command's container as a Compose file. Its networks and
// volumes are those that are there (external). Values that look like secrets are
// taken from the environment: without them Compose refuses the file.
func (c Command) Compose() (Compose, error) {
	s := service{command: c, keys: map[string]*yaml.Node{}, volumes: map[string]bool{}, networks: map[string]*yaml.Node{}, notes: slices.Clone(c.notes)}
	s.scalar("image", yamlText(escaped(c.image)))
	for _, f := range c.flags {
		s.flag(f)
	}
	s.health()
	if len(c.args) > 0 {
		s.keys["command"] = sequence(c.args...)
	}
	s.network()
	s.mounts()
	if names := c.variables(); len(names) > 0 {
		s.note("Set and export %s before you run docker compose. Their values look like secrets and are not printed.", strings.Join(names, ", "))
	}
	text, err := s.render()
	return Compose{Text: text, Notes: s.notes, Files: c.Files()}, err
}

// service gathers the keys of the one service.
type service struct {
	command Command
	keys    map[string]*yaml.Node
	// volumes are the named ones that it mounts, networks those it is on.
	volumes  map[string]bool
	networks map[string]*yaml.Node
	notes    []string
}

func (s *service) note(format string, args ...any) {
	s.notes = append(s.notes, inspect.Printable(fmt.Sprintf(format, args...)))
}

func (s *service) scalar(key string, value *yaml.Node) { s.keys[key] = value }

// flag turns one flag of docker run into its key.
func (s *service) flag(f flag) {
	switch {
	case f.name == "--env":
		s.append("environment", yamlText(s.variable(f.value)))
	case singles[f.name] != "":
		s.scalar(singles[f.name], yamlText(expand(f.value)))
	case switches[f.name] != "":
		s.scalar(switches[f.name], yamlPlain("true"))
	case lists[f.name] != "":
		s.append(lists[f.name], yamlText(expand(f.value)))
	case under[f.name] != [2]string{}:
		at := under[f.name]
		s.within(at[0], at[1], yamlText(expand(f.value)))
	default:
		s.special(f)
	}
}

// variable is an environment variable. One that docker run takes from the
// caller by its name alone would be left out in silence by Compose where it is
// not set.
func (s *service) variable(w word) string {
	if name := expand(w); s.command.secrets.byName[name] != "" {
		return name + "=${" + name + ":?}"
	}
	return expand(w)
}

// special are the flags that Compose says in a way of its own.
func (s *service) special(f flag) {
	value := expand(f.value)
	switch f.name {
	case "--init=false":
		s.scalar("init", yamlPlain("false"))
	case "--publish-all":
		s.publishAll()
	case "--expose":
		if !s.command.in.Container.HostConfig.PublishAllPorts {
			s.append("expose", yamlText(value))
		}
	case "--rm":
		s.note("Compose cannot remove a container by itself when it ends (--rm); docker compose down does.")
	case "--stop-timeout":
		s.scalar("stop_grace_period", yamlText(value+"s"))
	case "--ulimit":
		name, limits, _ := strings.Cut(value, "=")
		soft, hard, _ := strings.Cut(limits, ":")
		s.within("ulimits", name, mapping("soft", yamlPlain(soft), "hard", yamlPlain(hard)))
	case "--log-opt":
		key, option, _ := strings.Cut(value, "=")
		s.logOption(key, option)
	case "--entrypoint":
		if value == "" {
			s.keys["entrypoint"] = &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
			return
		}
		s.append("entrypoint", yamlText(value))
	case "--storage-opt":
		key, option, _ := strings.Cut(value, "=")
		s.within("storage_opt", key, yamlText(option))
	case "--blkio-weight-device":
		path, weight := cutLast(value)
		s.deviceRate("weight_device", path, "weight", weight)
	case "--device-read-bps", "--device-write-bps", "--device-read-iops", "--device-write-iops":
		path, rate := cutLast(value)
		s.deviceRate(strings.ReplaceAll(f.name[2:], "-", "_"), path, "rate", rate)
	case "-a", "-d", "--network", "--network-alias", "--ip", "--ip6", "--link-local-ip", "--mac-address", "--volume", "--mount":
		// These come from the engine's description, or say nothing of a service.
	default:
		if !strings.HasPrefix(f.name, "--health-") && f.name != "--no-healthcheck" {
			s.note("Compose cannot say %s.", f)
		}
	}
}

// publishAll names every exposed port, for which the engine chooses one of the
// host's.
func (s *service) publishAll() {
	for _, port := range slices.SortedFunc(maps.Keys(s.command.in.Container.Config.ExposedPorts), byNumber) {
		if _, bound := s.command.in.Container.HostConfig.PortBindings[port]; !bound {
			s.append("ports", yamlText(port.String()))
		}
	}
}

// cutLast cuts at the last colon.
func cutLast(text string) (before, after string) {
	i := strings.LastIndexByte(text, ':')
	return text[:max(i, 0)], text[i+1:]
}

func (s *service) deviceRate(key, path, unit, value string) {
	s.within("blkio_config", key, nil)
	rates := child(s.keys["blkio_config"], key)
	rates.Kind = yaml.SequenceNode
	rates.Content = append(rates.Content, mapping("path", yamlText(path), unit, yamlPlain(value)))
}

func (s *service) logOption(key, option string) {
	s.within("logging", "options", nil)
	options := child(s.keys["logging"], "options")
	options.Kind = yaml.MappingNode
	options.Content = append(options.Content, yamlText(key), yamlText(option))
}

// health is said without a shell where it was: Compose can.
func (s *service) health() {
	b := builder{Command: s.command, c: s.command.in.Container.Config}
	have := b.c.Healthcheck
	if have == nil {
		return
	}
	test := have.Test
	for _, f := range s.command.flags {
		switch {
		case f.name == "--no-healthcheck":
			s.within("healthcheck", "disable", yamlPlain("true"))
		case f.name == "--health-cmd" && len(test) > 0 && test[0] == "CMD":
			s.within("healthcheck", "test", sequence(append([]word{plain("CMD")}, s.command.secrets.args(test[1:])...)...))
		case f.name == "--health-cmd":
			s.within("healthcheck", "test", sequence(plain("CMD-SHELL"), f.value))
		case strings.HasPrefix(f.name, "--health-"):
			s.within("healthcheck", strings.ReplaceAll(f.name[len("--health-"):], "-", "_"), yamlText(expand(f.value)))
		}
	}
}

// network: the engine's default network is not Compose's, so it is named.
func (s *service) network() {
	h := s.command.in.Container.HostConfig
	mode := h.NetworkMode
	switch {
	case mode == "" || mode.IsDefault() || mode == network.NetworkBridge:
		s.scalar("network_mode", yamlText(network.NetworkBridge))
		if settings := s.command.in.Container.NetworkSettings; settings != nil && len(settings.Networks) > 1 {
			s.note("It is on further networks, which Compose cannot say beside the default one: connect it with docker network connect.")
		}
		return
	case mode.IsHost() || mode.IsNone() || mode.IsContainer():
		s.scalar("network_mode", yamlText(string(mode)))
		return
	}
	endpoints := map[string]*network.EndpointSettings{string(mode): nil}
	if settings := s.command.in.Container.NetworkSettings; settings != nil {
		maps.Copy(endpoints, settings.Networks)
	}
	b := builder{Command: s.command}
	for name, e := range endpoints {
		s.networks[name] = b.composeEndpoint(e)
	}
}

// composeEndpoint is how it is on a network.
func (b *builder) composeEndpoint(e *network.EndpointSettings) *yaml.Node {
	out := mapping()
	if e == nil {
		return out
	}
	put := func(key string, values ...string) {
		for _, value := range values {
			addTo(out, key, yamlText(escaped(value)))
		}
	}
	for _, f := range b.endpointFlags(e, "aliases") {
		value := f.value[0].text
		switch f.name {
		case "aliases":
			put("aliases", value)
		case "--ip":
			out.Content = append(out.Content, yamlText("ipv4_address"), yamlText(value))
		case "--ip6":
			out.Content = append(out.Content, yamlText("ipv6_address"), yamlText(value))
		case "--link-local-ip":
			put("link_local_ips", value)
		}
	}
	if len(e.DriverOpts) > 0 {
		options := mapping()
		for _, key := range sortedKeys(e.DriverOpts) {
			options.Content = append(options.Content, yamlText(key), yamlText(escaped(e.DriverOpts[key])))
		}
		out.Content = append(out.Content, yamlText("driver_opts"), options)
	}
	if e.GwPriority != 0 {
		out.Content = append(out.Content, yamlText("gw_priority"), yamlPlain(fmt.Sprint(e.GwPriority)))
	}
	return out
}
