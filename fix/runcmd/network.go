package runcmd

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/network"
)

// network: which networks, under which names, and what is published.
func (b *builder) network() {
	mode := b.h.NetworkMode
	if mode != "" && !mode.IsDefault() && mode != network.NetworkBridge {
		b.endpoint(string(mode))
	} else if e := b.endpointOf(network.NetworkBridge); e != nil && len(e.DriverOpts) > 0 {
		b.endpoint(network.NetworkBridge)
	}
	b.text("--mac-address", b.raw().Config.MacAddress)
	for _, link := range b.h.Links {
		b.text("--link", linkOf(link))
	}
	b.ports()
	for _, a := range b.h.DNS {
		b.text("--dns", a.String())
	}
	b.each("--dns-option", b.h.DNSOptions)
	b.each("--dns-search", b.h.DNSSearch)
	b.each("--add-host", b.h.ExtraHosts)
	b.furtherNetworks()
}

// linkOf turns the engine's "/target:/name/alias" into target:alias.
func linkOf(link string) string {
	target, alias, ok := strings.Cut(link, ":")
	if !ok || !strings.HasPrefix(alias, "/") {
		return link
	}
	return strings.TrimPrefix(target, "/") + ":" + alias[strings.LastIndexByte(alias, '/')+1:]
}

// endpointOf is how the container is connected to the network, or nil.
func (b *builder) endpointOf(name string) *network.EndpointSettings {
	if b.in.Container.NetworkSettings == nil {
		return nil
	}
	return b.in.Container.NetworkSettings.Networks[name]
}

// endpoint connects to the first network. What the plain flags cannot say takes
// --network's long form.
func (b *builder) endpoint(name string) {
	e := b.endpointOf(name)
	if e == nil || len(e.DriverOpts) == 0 && e.GwPriority == 0 {
		b.text("--network", name)
		if e != nil {
			b.flags = append(b.flags, b.endpointFlags(e, "--network-alias")...)
		}
		return
	}
	fields := []string{"name=" + name}
	for _, key := range sortedKeys(e.DriverOpts) {
		fields = append(fields, "driver-opt="+key+"="+e.DriverOpts[key])
	}
	if e.GwPriority != 0 {
		fields = append(fields, fmt.Sprintf("gw-priority=%d", e.GwPriority))
	}
	b.text("--network", csvLine(fields))
	b.flags = append(b.flags, b.endpointFlags(e, "--network-alias")...)
}

// endpointFlags are the flags that docker run and docker network connect share,
// but for the name of the alias.
func (b *builder) endpointFlags(e *network.EndpointSettings, alias string) []flag {
	var flags []flag
	add := func(name, value string) { flags = append(flags, flag{name: name, value: plain(value), set: true}) }
	address := func(name string, a netip.Addr) {
		if a.IsValid() {
			add(name, a.String())
		}
	}
	if i := e.IPAMConfig; i != nil {
		address("--ip", i.IPv4Address)
		address("--ip6", i.IPv6Address)
		for _, a := range i.LinkLocalIPs {
			address("--link-local-ip", a)
		}
	}
	for _, a := range e.Aliases {
		// The engine adds the short ID by itself.
		if a != b.shortID() {
			add(alias, a)
		}
	}
	for _, link := range e.Links {
		// docker run writes a link down in both places.
		if !slices.Contains(b.h.Links, link) {
			add("--link", link)
		}
	}
	return flags
}

// furtherNetworks are connected by commands of their own: docker run takes
// several networks only since API 1.44, and then it would do no more.
func (b *builder) furtherNetworks() {
	if b.in.Container.NetworkSettings == nil || b.h.NetworkMode.IsHost() || b.h.NetworkMode.IsContainer() || b.h.NetworkMode.IsNone() {
		return
	}
	first := string(b.h.NetworkMode)
	if b.h.NetworkMode == "" || b.h.NetworkMode.IsDefault() {
		first = network.NetworkBridge
	}
	networks := b.in.Container.NetworkSettings.Networks
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		e := networks[name]
		if name == first || e == nil || e.NetworkID != "" && e.NetworkID == first {
			continue
		}
		connect := flagSet{flags: b.endpointFlags(e, "--alias"), words: []word{plain(name), plain(b.name())}}
		for _, key := range sortedKeys(e.DriverOpts) {
			connect.flags = append(connect.flags, flag{name: "--driver-opt", value: plain(key + "=" + e.DriverOpts[key]), set: true})
		}
		if e.GwPriority != 0 {
			connect.flags = append(connect.flags, flag{name: "--gw-priority", value: plain(fmt.Sprint(e.GwPriority)), set: true})
		}
		b.connects = append(b.connects, connect)
	}
	if len(b.connects) > 0 {
		b.runNote("The container is on several networks; the further ones are connected just after it starts.")
	}
}

// ports: what is published and what is only exposed.
func (b *builder) ports() {
	for _, port := range slices.SortedFunc(maps.Keys(b.h.PortBindings), byNumber) {
		bindings := b.h.PortBindings[port]
		if len(bindings) == 0 {
			bindings = []network.PortBinding{{}}
		}
		for _, binding := range bindings {
			b.text("--publish", published(port, binding))
		}
	}
	b.toggle("--publish-all", b.h.PublishAllPorts)
	inherited := map[string]bool{}
	for port := range b.image.ExposedPorts {
		if p, err := network.ParsePort(port); err == nil {
			inherited[p.String()] = true
		}
	}
	for _, port := range slices.SortedFunc(maps.Keys(b.c.ExposedPorts), byNumber) {
		if _, bound := b.h.PortBindings[port]; !bound && !inherited[port.String()] {
			b.text("--expose", port.String())
		}
	}
}

func byNumber(x, y network.Port) int {
	return cmp.Or(cmp.Compare(x.Num(), y.Num()), cmp.Compare(x.Proto(), y.Proto()))
}

// published is [address:][port]:port[/protocol].
func published(port network.Port, binding network.PortBinding) string {
	out := fmt.Sprint(port.Num())
	if port.Proto() != network.TCP {
		out += "/" + string(port.Proto())
	}
	switch ip := binding.HostIP; {
	case !ip.IsValid() && binding.HostPort == "":
		return out
	case !ip.IsValid():
		return binding.HostPort + ":" + out
	case ip.Is6():
		return "[" + ip.String() + "]:" + binding.HostPort + ":" + out
	default:
		return ip.String() + ":" + binding.HostPort + ":" + out
	}
}
