package composefile

import (
	"bytes"
	"cmp"
	"context"
	"path"
	"reflect"
	"slices"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"

	"github.com/compose-spec/compose-go/v2/types"
)

// meets says whether the settings already are what the change makes of them.
func meets(s inspect.Settings, c inspect.Change) bool {
	return same(s, fix.Apply(s, fix.NewPlan(c)))
}

// same compares settings in their normal form.
func same(a, b inspect.Settings) bool {
	return reflect.DeepEqual(normal(a), normal(b))
}

func normal(s inspect.Settings) inspect.Settings {
	s = s.Clone()
	if len(s.CapAdd) == 0 {
		s.CapAdd = nil
	}
	slices.Sort(s.CapAdd)
	slices.Sort(s.CapDrop)
	slices.SortFunc(s.Tmpfs, func(a, b inspect.Tmpfs) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Options, b.Options))
	})
	return s
}

// samePaths writes the paths of today's tmpfs mounts as the plan writes them:
// /run/ and /run are one place.
func samePaths(s inspect.Settings, p fix.Plan) inspect.Settings {
	s = s.Clone()
	for _, m := range p.Tmpfs() {
		for i := range s.Tmpfs {
			if path.Clean(s.Tmpfs[i].Path) == path.Clean(m.Path) {
				s.Tmpfs[i].Path = m.Path
			}
		}
	}
	return s
}

// alreadySo checks that a plan that asks for no edit is really met.
func (v verifier) alreadySo() error {
	for _, c := range v.request.Plan.Changes {
		if !meets(v.workload.Settings, c) {
			return refuseAt(v.layout.serviceKey, "an edit of this file cannot %s", c)
		}
	}
	return nil
}

// sameText checks, from the text and its YAML alone, that only the planned keys
// of the service changed, that they say what was planned, and that no comment
// was lost.
func (v verifier) sameText(after []byte) error {
	l := v.layout
	start, end := l.span()
	text := bytes.TrimPrefix(after, l.bom)
	if !bytes.HasPrefix(after, l.bom) || !bytes.HasPrefix(text, l.text[:start]) || !bytes.HasSuffix(text, tail(l.text[end:])) {
		return refuseAt(l.serviceKey, "the edit would change text outside the service")
	}
	if !slices.Equal(commentsOf(l.text), commentsOf(text)) {
		return refuseAt(l.serviceKey, "the edit would lose or change a comment")
	}
	root, err := parse(text)
	if err != nil {
		return refuseAt(l.serviceKey, "the edited file would not be valid YAML")
	}
	was, is := resolve(l.root), resolve(root)
	wasService, isService := take(was, v.request.Service), take(is, v.request.Service)
	if !reflect.DeepEqual(was, is) {
		return refuse(l.serviceKey.Line, "Write the service's settings out at their own place first.",
			"the edit would reach %s too, through an anchor", differing(was, is))
	}
	for _, o := range v.outcomes {
		delete(wasService, o.key)
		delete(isService, o.key)
	}
	if !reflect.DeepEqual(wasService, isService) {
		return refuseAt(l.serviceKey, "the edit would change other settings of the service")
	}
	return nil
}

// sameMeaning loads the edited project as Compose would and compares.
func (v verifier) sameMeaning(ctx context.Context, after []byte) error {
	p, err := v.request.load(ctx, after)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return refuseAt(v.layout.serviceKey, "the edited file could not be read back")
	}
	service := v.request.Service
	w, ok := p.Workload(service)
	want := fix.Apply(samePaths(v.workload.Settings, v.request.Plan), v.request.Plan)
	if !ok || !same(w.Settings, want) || p.Strict != v.before.Strict || len(w.Unresolved) != len(v.workload.Unresolved) {
		return refuseAt(v.layout.serviceKey, "read back, the edit does not come to what was planned")
	}
	for _, name := range v.before.Services() {
		if name != service && !sameService(v.before, p, name) {
			return refuse(v.layout.serviceKey.Line, "Write that service's own settings out first, or change it as well.",
				"the edit would change the service %s too", name)
		}
	}
	was, is := blank(v.before.Compose.Services[service]), blank(p.Compose.Services[service])
	if !reflect.DeepEqual(was, is) || len(p.Services()) != len(v.before.Services()) ||
		!reflect.DeepEqual(v.before.Compose.Networks, p.Compose.Networks) ||
		!reflect.DeepEqual(v.before.Compose.Volumes, p.Compose.Volumes) {
		return refuseAt(v.layout.serviceKey, "read back, the edit changes more than was planned")
	}
	return nil
}

func sameService(before, after compose.Project, name string) bool {
	was, _ := before.Workload(name)
	is, ok := after.Workload(name)
	return ok && same(was.Settings, is.Settings) &&
		reflect.DeepEqual(before.Compose.Services[name], after.Compose.Services[name])
}

// blank is the service without what a plan may change. Hooks take their
// settings over from the service.
func blank(s types.ServiceConfig) types.ServiceConfig {
	s.CapAdd, s.CapDrop, s.SecurityOpt, s.Tmpfs, s.ReadOnly = nil, nil, nil, nil, false
	s.PreStart = nil
	return s
}
