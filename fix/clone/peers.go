package clone

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect"
)

// peers are the running containers of other projects that the pattern's own
// reaches on a network that they share, such as an external one of Compose, and
// that its environment or its command names: nothing else is written of which of
// them it needs. The others Loosen brings along where it does not work without.
func (f *finder) peers(ctx context.Context, p *pattern) ([]needed, error) {
	words := wordsOf(p.original.Config)
	var all []needed
	for _, network := range slices.Sorted(slices.Values(ownNetworks(p.original))) {
		for _, c := range f.list {
			if !f.isPeer(c, p, network) {
				continue
			}
			names, err := f.namesOn(ctx, c, network)
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(names, func(name string) bool { return words[strings.ToLower(name)] })
			if i < 0 {
				continue
			}
			if f.found[c.ID] == nil {
				f.note("The configuration of %s names %s, which is %s on the network %s.",
					p.called, inspect.Printable(names[i]), inspect.Printable(summaryName(c)), inspect.Printable(network))
			}
			all = append(all, needed{id: c.ID, condition: Started, optional: true, aliases: names})
		}
	}
	return all, nil
}

// isPeer says that a container that runs is on the network, and of another
// project than the pattern's own.
func (f *finder) isPeer(c container.Summary, p *pattern, network string) bool {
	if c.ID == p.original.ID || c.State != container.StateRunning || c.NetworkSettings == nil || c.NetworkSettings.Networks[network] == nil {
		return false
	}
	own := p.original.Config.Labels[labelProject]
	return c.Labels[LabelSession] == "" && (own == "" || c.Labels[labelProject] != own)
}

// namesOn are the names that a container has on a network, without those that a
// service of the subject's own project has as well, whose they are first.
func (f *finder) namesOn(ctx context.Context, c container.Summary, network string) ([]string, error) {
	found, err := f.session.api.ContainerInspect(ctx, c.ID, client.ContainerInspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("looking at %s on the network %s: %w", inspect.Printable(summaryName(c)), inspect.Printable(network), err)
	}
	names := []string{strings.TrimPrefix(found.Container.Name, "/")}
	if n := found.Container.NetworkSettings; n != nil && n.Networks[network] != nil {
		names = append(names, n.Networks[network].Aliases...)
	}
	own := f.session.original.Config.Labels[labelProject]
	return slices.DeleteFunc(names, func(name string) bool {
		return strings.HasPrefix(c.ID, name) || own != "" && len(f.replicas(own, name)) > 0
	}), nil
}

// wordsOf are the words in a container's environment and command that may be the
// name of a host, in lower case.
func wordsOf(c *container.Config) map[string]bool {
	var texts []string
	for _, variable := range c.Env {
		_, value, _ := strings.Cut(variable, "=")
		texts = append(texts, value)
	}
	words := map[string]bool{}
	for _, text := range slices.Concat(texts, c.Entrypoint, c.Cmd) {
		for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
		}) {
			words[strings.TrimRight(w, ".")] = true
		}
	}
	return words
}
