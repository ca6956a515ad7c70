package compose

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"bulkhead/inspect"

	"github.com/compose-spec/compose-go/v2/format"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4"
)

// keyed are settings that may be written as a list of NAME=value.
var keyed = map[string]bool{
	"environment": true, "sysctls": true, "labels": true, "annotations": true,
}

// position is where a setting's value was found.
type position struct {
	source inspect.Source
	node   *yaml.Node
}

// locator gathers the positions of one service's settings.
type locator struct {
	loader *loader
	found  map[string]position
	// counts are the numbers of items seen of each list, because Compose
	// appends the lists of later files.
	counts map[string]int
}

// sources says where each setting of the service stands. "" is the service.
func (l *loader) sources(service types.ServiceConfig, defs []definition) inspect.Sources {
	loc := locator{loader: l, found: map[string]position{}, counts: map[string]int{}}
	for _, d := range defs {
		if !d.extended {
			loc.put("", d.file, d.key, d.body)
		}
		for _, e := range entries(d.body) {
			loc.setting(e.key.Value, d.file, e.key, e.value)
		}
	}
	loc.matchVolumes(service.Volumes)
	loc.matchPorts(service.Ports)
	loc.matchDevices(devices(service))
	loc.matchEnvFiles(service)
	sources := inspect.Sources{}
	for name, p := range loc.found {
		sources[name] = p.source
	}
	return sources
}

func (loc *locator) put(name, file string, at, value *yaml.Node) {
	loc.found[name] = position{
		source: inspect.Source{Origin: inspect.FromCompose, File: file, Line: at.Line, Column: at.Column},
		node:   value,
	}
}

// setting notes one key and everything below it.
func (loc *locator) setting(name, file string, key, value *yaml.Node) {
	if value.Tag == "!reset" || value.Tag == "!override" {
		loc.forget(name)
	}
	if value.Tag == "!reset" {
		return
	}
	loc.put(name, file, key, value)
	value = follow(value)
	switch value.Kind {
	case yaml.MappingNode:
		for _, e := range entries(value) {
			loc.setting(name+"."+e.key.Value, file, e.key, e.value)
		}
	case yaml.SequenceNode:
		for _, item := range value.Content {
			loc.item(name, file, item)
		}
	}
}

func (loc *locator) item(name, file string, item *yaml.Node) {
	if keyed[name] {
		variable, _, _ := strings.Cut(text(item), "=")
		loc.put(name+"."+variable, file, item, item)
		return
	}
	loc.put(name+"."+strconv.Itoa(loc.counts[name]), file, item, item)
	loc.counts[name]++
}

// forget drops a setting that a later file resets.
func (loc *locator) forget(name string) {
	delete(loc.found, name)
	delete(loc.counts, name)
	for other := range loc.found {
		if strings.HasPrefix(other, name+".") {
			delete(loc.found, other)
		}
	}
}

// matchVolumes renames the items of volumes: by where they stand in the
// effective list, which Compose keeps unique by target.
func (loc *locator) matchVolumes(volumes []types.ServiceVolumeConfig) {
	byTarget := map[string]position{}
	for _, p := range loc.take("volumes") {
		byTarget[loc.loader.volumeTarget(p.node)] = p
	}
	for i, v := range volumes {
		if p, ok := byTarget[strings.TrimSuffix(v.Target, "/")]; ok {
			loc.found["volumes."+strconv.Itoa(i)] = p
		}
	}
}

// matchDevices renames the items of devices: by where they stand in Settings,
// which has them in the order of their paths in the container.
func (loc *locator) matchDevices(devices []inspect.Device) {
	byPath := map[string]position{}
	for _, p := range loc.take("devices") {
		byPath[loc.loader.devicePath(p.node)] = p
	}
	for i, d := range devices {
		if p, ok := byPath[d.Container]; ok {
			loc.found["devices."+strconv.Itoa(i)] = p
		}
	}
}

// devicePath is where the container has the device.
func (l *loader) devicePath(n *yaml.Node) string {
	n = follow(n)
	if n.Kind == yaml.MappingNode {
		path, _, _ := l.substitute(cmp.Or(text(lookup(n, "target")), text(lookup(n, "source"))))
		return path
	}
	short, _, _ := l.substitute(text(n))
	host, rest, mapped := strings.Cut(short, ":")
	if !mapped {
		return host
	}
	path, _, _ := strings.Cut(rest, ":")
	return path
}

func (l *loader) volumeTarget(n *yaml.Node) string {
	n = follow(n)
	if n.Kind == yaml.MappingNode {
		target, _, _ := l.substitute(text(lookup(n, "target")))
		return strings.TrimSuffix(target, "/")
	}
	short, _, _ := l.substitute(text(n))
	volume, err := format.ParseVolume(short)
	if err != nil {
		return short
	}
	return strings.TrimSuffix(volume.Target, "/")
}

// matchPorts renames the items of ports: likewise; one item may be a range and
// stand for many published ports.
func (loc *locator) matchPorts(ports []types.ServicePortConfig) {
	byPort := map[string]position{}
	for _, p := range loc.take("ports") {
		for _, port := range loc.loader.portKeys(p.node) {
			byPort[port] = p
		}
	}
	for i, port := range ports {
		if p, ok := byPort[portKey(port)]; ok {
			loc.found["ports."+strconv.Itoa(i)] = p
		}
	}
}

func (l *loader) portKeys(n *yaml.Node) []string {
	n = follow(n)
	if n.Kind == yaml.MappingNode {
		field := func(name string) string {
			value, _, _ := l.substitute(text(lookup(n, name)))
			return value
		}
		target, _ := strconv.ParseUint(field("target"), 10, 16)
		return []string{portKey(types.ServicePortConfig{
			Target: uint32(target), Published: field("published"), HostIP: field("host_ip"), Protocol: field("protocol"),
		})}
	}
	short, _, _ := l.substitute(text(n))
	parsed, err := types.ParsePortConfig(short)
	if err != nil {
		return nil
	}
	var keys []string
	for _, p := range parsed {
		keys = append(keys, portKey(p))
	}
	return keys
}

func portKey(p types.ServicePortConfig) string {
	protocol := p.Protocol
	if protocol == "" {
		protocol = "tcp"
	}
	return fmt.Sprintf("%s:%s:%d/%s", p.HostIP, p.Published, p.Target, protocol)
}

// take removes the items of a list from what was found, in order.
func (loc *locator) take(name string) []position {
	var items []position
	for i := range loc.counts[name] {
		key := name + "." + strconv.Itoa(i)
		if p, ok := loc.found[key]; ok {
			items = append(items, p)
			delete(loc.found, key)
		}
	}
	return items
}

// matchEnvFiles gives variables that come from an env_file its position.
func (loc *locator) matchEnvFiles(service types.ServiceConfig) {
	from, ok := loc.found["env_file"]
	if !ok {
		return
	}
	for name := range service.Environment {
		if _, known := loc.found["environment."+name]; !known {
			loc.found["environment."+name] = from
		}
	}
}
