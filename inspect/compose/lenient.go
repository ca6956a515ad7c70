package compose

import (
	"bytes"
	"context"
	"strings"

	composeloader "github.com/compose-spec/compose-go/v2/loader"
	"go.yaml.in/yaml/v4"
)

// pruning is a copy of the project's own files from which everything is taken
// out that Compose cannot resolve. It is loaded and never written.
type pruning struct {
	loader *loader
	docs   []document
}

// pruned copies the files and takes out includes and extends that lead nowhere
// and texts whose variables cannot be replaced.
func (l *loader) pruned() (*pruning, error) {
	p := &pruning{loader: l}
	for _, own := range l.tree.own {
		doc, err := parse(own.file, own.content)
		if err != nil {
			return nil, err
		}
		p.docs = append(p.docs, doc)
		p.dropIncludes(doc)
		p.dropExtends(doc)
		for _, root := range doc.roots {
			p.dropRefused(root, nil, map[*yaml.Node]bool{})
		}
	}
	return p, nil
}

// contents writes the copies out for compose-go.
func (p *pruning) contents() ([][]byte, error) {
	var out [][]byte
	for _, doc := range p.docs {
		var b bytes.Buffer
		encoder := yaml.NewEncoder(&b)
		for _, root := range doc.roots {
			if err := encoder.Encode(flatten(root)); err != nil {
				return nil, syntaxError(doc.file, nil, err)
			}
		}
		if err := encoder.Close(); err != nil {
			return nil, syntaxError(doc.file, nil, err)
		}
		out = append(out, b.Bytes())
	}
	return out, nil
}

// dropIncludes takes out the includes whose files cannot be read.
func (p *pruning) dropIncludes(doc document) {
	l := p.loader
	gone := map[*yaml.Node]bool{}
	for _, inc := range l.includes(doc, l.dir) {
		for _, path := range inc.paths {
			if l.tree.missing[path] != nil {
				gone[inc.node] = true
				l.warn("The file %q that %s includes could not be read. The services in it are not shown.", path, doc.file)
			}
		}
	}
	for _, root := range doc.roots {
		if list := lookup(root, "include"); list != nil {
			list.Content = without(list.Content, gone)
		}
	}
}

// dropExtends takes out the extends whose service cannot be found.
func (p *pruning) dropExtends(doc document) {
	l := p.loader
	for _, e := range doc.services {
		b, ok := l.extends(e.value, doc.file, l.dir)
		if !ok || l.reaches(b) {
			continue
		}
		dropKey(follow(e.value), "extends")
		l.unknown(e.key.Value, "extends", "the service "+b.service+" that it extends could not be found")
		l.warn("%s: the service %q of %q that it extends could not be found. What it would take over is not known.", e.key.Value, b.service, b.file)
	}
}

// reaches says whether a service can be extended with all that it extends.
func (l *loader) reaches(b base) bool {
	doc := l.tree.byPath[b.file]
	for _, i := range doc.byName[b.service] {
		if !l.tree.resolvable(doc.services[i].value, 0) {
			return false
		}
	}
	return len(doc.byName[b.service]) > 0
}

// dropRefused takes out texts below n that Compose refuses to substitute.
func (p *pruning) dropRefused(n *yaml.Node, path []string, seen map[*yaml.Node]bool) {
	n = follow(n)
	if seen[n] {
		return
	}
	seen[n] = true
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	if n.Kind == yaml.ScalarNode {
		return
	}
	kept := n.Content[:0:0]
	for i := 0; i+step <= len(n.Content); i += step {
		value := n.Content[i+step-1]
		below := path
		if step == 2 && !isMerge(n.Content[i]) {
			below = append(path[:len(path):len(path)], n.Content[i].Value)
		}
		if follow(value).Kind == yaml.ScalarNode {
			if _, _, err := p.loader.substitute(follow(value).Value); err != nil {
				p.dropped(below, refusal(err))
				continue
			}
		}
		p.dropRefused(value, below, seen)
		kept = append(kept, n.Content[i:i+step]...)
	}
	n.Content = kept
}

// dropped records that what stands at the path was left out.
func (p *pruning) dropped(path []string, reason string) {
	l := p.loader
	if len(path) < 3 || path[0] != "services" {
		l.warn("%s: %s. It was left out.", strings.Join(path, "."), reason)
		return
	}
	setting := strings.Join(path[2:], ".")
	l.unknown(path[1], setting, reason)
	l.warn("%s: %s is not known, because %s.", path[1], setting, reason)
}

// isolate finds the settings that compose-go refuses, by loading each alone, and
// takes them out. It only looks at services that it refuses as a whole.
func (p *pruning) isolate(ctx context.Context) error {
	p.isolateTopLevel(ctx)
	for _, doc := range p.docs {
		for _, e := range doc.services {
			if err := ctx.Err(); err != nil {
				return err
			}
			p.isolateService(ctx, doc, e)
		}
	}
	return nil
}

// isolateTopLevel takes out top-level keys that are refused.
func (p *pruning) isolateTopLevel(ctx context.Context) {
	for _, doc := range p.docs {
		for _, root := range doc.roots {
			for _, e := range entries(root) {
				if e.key.Value == "services" || e.key.Value == "include" {
					continue
				}
				err := p.try(ctx, mapping(e.key, e.value, scalar("services"), mapping(scalar("x"), probe())))
				if err != nil {
					dropKey(root, e.key.Value)
					p.loader.warn("%s: %s is left out, because Compose refuses it: %s.", doc.file, e.key.Value, p.loader.clean(err))
				}
			}
		}
	}
}

// probe is a service that Compose accepts.
func probe() *yaml.Node { return mapping(scalar("image"), scalar("probe")) }

func (p *pruning) isolateService(ctx context.Context, doc document, e entry) {
	name := e.key.Value
	body := follow(e.value)
	if body.Kind != yaml.MappingNode {
		p.loader.unknown(name, "", "its definition is not a mapping")
		p.loader.warn("%s: its definition is not a mapping, so nothing is known of it.", name)
		*body = *probe()
		return
	}
	flat := entries(body)
	whole := mapping()
	for _, setting := range flat {
		if setting.key.Value != "extends" {
			whole.Content = append(whole.Content, setting.key, setting.value)
		}
	}
	if p.try(ctx, mapping(scalar("services"), mapping(e.key, whole))) == nil {
		return
	}
	for _, setting := range flat {
		key := setting.key.Value
		if key == "extends" {
			continue
		}
		err := p.trySetting(ctx, name, setting)
		if err == nil {
			continue
		}
		p.dropped([]string{"services", name, key}, "Compose refuses it: "+p.loader.clean(err))
		if !p.dropItems(ctx, name, setting) {
			p.removeSetting(body, setting)
		}
	}
}

// trySetting loads a service that has this setting alone.
func (p *pruning) trySetting(ctx context.Context, service string, setting entry) error {
	body := mapping(scalar("image"), scalar("probe"), setting.key, setting.value)
	if setting.key.Value == "image" {
		body = mapping(setting.key, setting.value)
	}
	return p.try(ctx, mapping(scalar("services"), mapping(scalar(service), body)))
}

// maxItems bounds the lists whose items are tried one by one.
const maxItems = 200

// dropItems takes the refused items out of a list and says whether the list is
// accepted then.
func (p *pruning) dropItems(ctx context.Context, name string, setting entry) bool {
	list := follow(setting.value)
	if list.Kind != yaml.SequenceNode || len(list.Content) > maxItems {
		return false
	}
	kept := list.Content[:0:0]
	for _, item := range list.Content {
		one := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{item}}
		if p.trySetting(ctx, name, entry{key: setting.key, value: one}) == nil {
			kept = append(kept, item)
		}
	}
	list.Content = kept
	return p.trySetting(ctx, name, setting) == nil
}

// removeSetting takes a setting out of a service; one that is inherited is
// flattened first, because its anchor may serve others.
func (p *pruning) removeSetting(body *yaml.Node, setting entry) {
	if setting.inherited {
		flat := mapping()
		for _, e := range entries(body) {
			flat.Content = append(flat.Content, e.key, e.value)
		}
		body.Content = flat.Content
	}
	dropKey(body, setting.key.Value)
}

// try loads a small model by itself.
func (p *pruning) try(ctx context.Context, root *yaml.Node) error {
	content, err := yaml.Marshal(flatten(root))
	if err != nil {
		return err
	}
	l := *p.loader
	l.files = l.files[:1]
	_, err = l.load(ctx, [][]byte{content}, func(o *composeloader.Options) {
		o.SkipConsistencyCheck, o.SkipInclude, o.SkipExtends = true, true, true
	})
	return err
}
