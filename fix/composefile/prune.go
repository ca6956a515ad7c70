package composefile

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"strings"

	"bulkhead/inspect/compose"

	"go.yaml.in/yaml/v4"
)

// reload loads the project with the edited content. It says whether it loaded
// the whole of it, or only what the service depends on.
//
// A part is enough where it can be shown to be: sameText has shown, from the
// YAML, that nothing but the service's planned keys differs; no other service
// takes anything over from this one; and the same part of the files as they are
// now gives the service exactly as the whole of them does. Then every other
// service is made of the same input as before.
func (v verifier) reload(ctx context.Context, after []byte) (p compose.Project, whole bool, err error) {
	cuts, ok := v.cuts()
	if ok && !v.request.Shared && len(v.top) == 0 && v.partSays(ctx, cuts) {
		overlay := cuts.overlay()
		overlay[v.request.Path] = v.cutEdited(cuts[v.request.Path], after)
		if p, err = v.request.load(ctx, v.request.Files, overlay); err == nil {
			return p, false, nil
		}
	}
	p, err = v.request.load(ctx, v.request.Files, map[string][]byte{v.request.Path: after})
	return p, true, err
}

// cut is a file with the spans of text that are left out of it.
type cut struct {
	content []byte
	spans   [][2]int
}

// text is what is left.
func (c cut) text() []byte {
	var out []byte
	at := 0
	for _, span := range c.spans {
		out = append(out, c.content[at:span[0]]...)
		at = span[1]
	}
	return append(out, c.content[at:]...)
}

type cuts map[string]cut

func (c cuts) overlay() map[string][]byte {
	out := map[string][]byte{}
	for file, cut := range c {
		out[file] = cut.text()
	}
	return out
}

// cutEdited leaves the same services out of the edited content. Only the
// service's own text has another length; a cut never touches it.
func (v verifier) cutEdited(c cut, after []byte) []byte {
	own := v.layout.offset(v.layout.key) + len(v.layout.bom)
	moved := cut{content: after}
	for _, span := range c.spans {
		if span[0] > own {
			longer := len(after) - len(c.content)
			span[0], span[1] = span[0]+longer, min(span[1]+longer, len(after))
		}
		moved.spans = append(moved.spans, span)
	}
	return moved.text()
}

// partSays checks that the part gives the service as the whole does, from the
// files as they are now.
func (v verifier) partSays(ctx context.Context, c cuts) bool {
	files := v.request.Files
	if v.request.Content == nil {
		files = files[:len(files)-1]
	}
	part, err := v.request.load(ctx, files, c.overlay())
	if err != nil {
		return false
	}
	w, ok := part.Workload(v.request.Service)
	return ok && part.Strict == v.before.Strict && reflect.DeepEqual(w.Settings, v.workload.Settings) &&
		reflect.DeepEqual(w.Unresolved, v.workload.Unresolved) &&
		reflect.DeepEqual(part.Compose.Services[v.request.Service], v.before.Compose.Services[v.request.Service])
}

// cuts leaves out of the project's own files the services on which this one
// does not depend. ok is false where nothing can be left out safely.
func (v verifier) cuts() (c cuts, ok bool) {
	if v.serves() || len(v.before.Compose.Jobs) > 0 {
		return nil, false
	}
	kept := v.needed()
	c = cuts{}
	for _, file := range v.request.Files {
		content := v.before.Content(file)
		if file == v.request.Path {
			content = v.request.Content
		}
		if content == nil {
			continue
		}
		src, root := v.layout.source, v.layout.root
		if file != v.request.Path {
			var err error
			if src, root, err = (Request{Content: content}).read(); err != nil {
				return nil, false
			}
		}
		var spans [][2]int
		if file != v.request.Path || !v.request.Override {
			// An override is short, and may be about to get the service.
			spans = src.others(root, kept)
		}
		ok = ok || len(spans) > 0
		c[file] = cut{content, spans}
	}
	return c, ok
}

// serves says whether another service takes anything over from this one.
func (v verifier) serves() bool {
	own := v.before.Places(v.request.Service, "")
	for name, s := range v.before.Compose.Services {
		if name == v.request.Service {
			continue
		}
		for _, from := range s.VolumesFrom {
			if other, _, _ := strings.Cut(from, ":"); other == v.request.Service {
				return true
			}
		}
		for _, place := range v.before.Places(name, "") {
			if place.Extended && slices.ContainsFunc(own, func(o compose.Place) bool { return o.Source == place.Source }) {
				return true
			}
		}
	}
	return false
}

// needed are the service and every service whose name is written anywhere in
// one that is needed: more than it depends on, and never less.
func (v verifier) needed() map[string]bool {
	named := map[string]map[string]bool{}
	for _, file := range v.request.Files {
		if file == v.request.Path {
			noteWords(v.layout.root, named)
		} else if _, root, err := (Request{Content: v.before.Content(file)}).read(); err == nil {
			noteWords(root, named)
		}
	}
	needed := map[string]bool{}
	var need func(string)
	need = func(service string) {
		if named[service] == nil || needed[service] {
			return
		}
		needed[service] = true
		for word := range named[service] {
			need(word)
		}
	}
	need(v.request.Service)
	return needed
}

// noteWords notes, for each service, the words that are written in it.
func noteWords(root *yaml.Node, named map[string]map[string]bool) {
	services := own(root, "services")
	for i := 0; services != nil && i+1 < len(services.value.Content); i += 2 {
		name := services.value.Content[i].Value
		if named[name] == nil {
			named[name] = map[string]bool{}
		}
		wordsIn(services.value.Content[i+1], named[name], map[*yaml.Node]bool{})
	}
}

func wordsIn(n *yaml.Node, into map[string]bool, seen map[*yaml.Node]bool) {
	n = follow(n)
	if seen[n] {
		return
	}
	seen[n] = true
	if n.Kind == yaml.ScalarNode {
		for _, word := range strings.Split(n.Value, ":") {
			into[word] = true
		}
	}
	for _, c := range n.Content {
		wordsIn(c, into, seen)
	}
}

// others are the spans of the services that are not kept, in the content with
// its byte order mark: from a service's line to the next one's.
func (s *source) others(root *yaml.Node, kept map[string]bool) [][2]int {
	services := own(root, "services")
	if services == nil || services.value.Kind != yaml.MappingNode || services.value.Style&yaml.FlowStyle != 0 || services.value.Anchor != "" {
		return nil
	}
	end := len(s.text)
	for i := 0; i+1 < len(root.Content); i += 2 {
		if key := root.Content[i]; key.Line > services.key.Line {
			end = min(end, s.lineStart(s.offset(key)))
		}
	}
	var spans [][2]int
	content := services.value.Content
	for i := 0; i+1 < len(content); i += 2 {
		start := s.lineStart(s.offset(content[i]))
		next := end
		if i+2 < len(content) {
			next = s.lineStart(s.offset(content[i+2]))
		}
		if !kept[content[i].Value] && len(bytes.TrimSpace(s.text[start:s.offset(content[i])])) == 0 {
			spans = append(spans, [2]int{start + len(s.bom), next + len(s.bom)})
		}
	}
	return spans
}
