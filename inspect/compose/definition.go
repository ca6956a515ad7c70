package compose

import "go.yaml.in/yaml/v4"

// definition is one place that defines a service, or a part of it.
type definition struct {
	file string
	// key is the service's key, body its mapping with aliases followed.
	key, body *yaml.Node
	// extended says that the service only takes this over through extends:.
	extended bool
}

// maxExtends bounds a chain of extends:.
const maxExtends = 32

// definitions returns, for each service, the places that define it, from the
// one that counts least to the one that counts most.
func (t tree) definitions() map[string][]definition {
	defs := map[string][]definition{}
	for i, doc := range t.own {
		for _, included := range t.included[i] {
			t.add(defs, included)
		}
		t.add(defs, doc)
	}
	return defs
}

func (t tree) add(defs map[string][]definition, doc document) {
	for _, e := range doc.services {
		name := e.key.Value
		defs[name] = append(defs[name], t.chain(doc.file, e, 0)...)
	}
}

// chain returns what the service extends, then the service itself.
func (t tree) chain(file string, e entry, depth int) []definition {
	own := definition{file: file, key: e.key, body: follow(e.value)}
	base, ok := t.bases[e.value]
	if !ok || depth >= maxExtends {
		return []definition{own}
	}
	var chain []definition
	doc := t.byPath[base.file]
	for _, i := range doc.byName[base.service] {
		chain = append(chain, t.chain(base.file, doc.services[i], depth+1)...)
	}
	for i := range chain {
		chain[i].extended = true
	}
	return append(chain, own)
}
