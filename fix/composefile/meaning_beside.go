package composefile

import (
	"maps"
	"reflect"
	"slices"

	"bulkhead/inspect/compose"

	"github.com/compose-spec/compose-go/v2/types"
)

// withoutBeside is the service without what a proxy beside it changes.
func withoutBeside(s types.ServiceConfig, b *Beside) types.ServiceConfig {
	if b == nil {
		return s
	}
	s.Environment, s.DependsOn, s.Networks = maps.Clone(s.Environment), maps.Clone(s.DependsOn), maps.Clone(s.Networks)
	delete(s.Environment, b.Variable)
	delete(s.DependsOn, b.Proxy.Name)
	delete(s.Networks, b.Network)
	if len(s.Environment) == 0 {
		s.Environment = nil
	}
	if len(s.DependsOn) == 0 {
		s.DependsOn = nil
	}
	for name, n := range s.Networks {
		if n != nil && reflect.DeepEqual(*n, types.ServiceNetworkConfig{}) {
			s.Networks[name] = nil // {} says no more than nothing
		}
	}
	return s
}

// hasBeside says whether the project has the proxy that was asked for, and the
// service is pointed at it.
func (v verifier) hasBeside(p compose.Project) bool {
	b := v.request.Beside
	if b == nil {
		return true
	}
	s := p.Compose.Services[v.request.Service]
	told, dependency := s.Environment[b.Variable], s.DependsOn[b.Proxy.Name]
	_, joined := s.Networks[b.Network]
	network := p.Compose.Networks[b.Network]
	return told != nil && *told == b.Proxy.Endpoint() && joined && dependency.Condition == types.ServiceConditionStarted &&
		bool(network.Internal) && !bool(network.External) && b.is(p.Compose.Services[b.Proxy.Name])
}

// is says whether a service is the proxy, and nothing else is said of it.
func (b *Beside) is(s types.ServiceConfig) bool {
	p := b.Proxy
	environment := map[string]string{}
	for name, value := range s.Environment {
		if value == nil {
			return false
		}
		environment[name] = *value
	}
	for _, v := range p.Environment {
		if environment[v.Name] != v.Value {
			return false
		}
		delete(environment, v.Name)
	}
	_, joined := s.Networks[b.Network]
	mounts := len(s.Volumes) == 1 && s.Volumes[0].Type == types.VolumeTypeBind && s.Volumes[0].Source == p.Socket &&
		s.Volumes[0].Target == socketAt && s.Volumes[0].ReadOnly
	return s.Image == p.Image && s.User == p.User && s.ReadOnly && mounts && joined && len(s.Networks) == 1 && len(environment) == 0 &&
		slices.Equal([]string(s.Command), p.Command) && slices.Equal([]string(s.Tmpfs), p.Tmpfs) &&
		slices.Equal(s.SecurityOpt, p.SecurityOpt) && slices.Equal(s.CapDrop, []string{"ALL"}) &&
		len(s.CapAdd)+len(s.Ports)+len(s.Devices)+len(s.Secrets)+len(s.Configs) == 0 && !s.Privileged && s.NetworkMode == "" &&
		s.MemLimit > 0 && s.Restart == "unless-stopped"
}

// otherServices is how many services the project has without the proxy.
func (v verifier) otherServices(p compose.Project) int {
	n := len(p.Services())
	if v.request.Beside != nil {
		n--
	}
	return n
}

// otherNetworks are the declared networks without the proxy's.
func (v verifier) otherNetworks(declared types.Networks) types.Networks {
	if v.request.Beside == nil {
		return declared
	}
	declared = maps.Clone(declared)
	delete(declared, v.request.Beside.Network)
	return declared
}

// undeclare takes out of a resolved file what a proxy adds at its top.
func (b *Beside) undeclare(is map[string]any) {
	if b == nil {
		return
	}
	drop := func(key, name string) {
		if mapping, ok := is[key].(map[string]any); ok {
			mapping = maps.Clone(mapping)
			delete(mapping, name)
			is[key] = mapping
			if len(mapping) == 0 {
				delete(is, key)
			}
		}
	}
	drop("services", b.Proxy.Name)
	drop("networks", b.Network)
}
