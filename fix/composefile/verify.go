package composefile

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"reflect"
	"slices"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"
)

// verifier holds what an edit is checked against.
type verifier struct {
	request  Request
	before   compose.Project
	workload workload
	layout   *layout
	outcomes []outcome
	// others are the services that a shared edit was seen to change.
	others *[]string
	// top are splices outside the service: what they declare is in the request.
	top []splice
}

// first returns the first way to write the outcomes that holds. They are keys
// of the layout's mapping.
func (v verifier) first(ctx context.Context, outcomes []outcome) ([]byte, error) {
	ways, err := v.layout.ways(outcomes)
	if err != nil {
		return nil, err
	}
	var refusal error
	for _, splices := range ways {
		after := v.layout.apply(splices)
		if refusal = v.sameText(after); refusal != nil {
			continue
		}
		if len(v.top) > 0 {
			within := after
			after = v.layout.apply(append(slices.Clone(splices), v.top...))
			if refusal = v.declares(within, after); refusal != nil {
				continue
			}
		}
		return after, v.sameMeaning(ctx, after)
	}
	return nil, refusal
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
		if !fix.Meets(v.workload.Settings, c) {
			return refuseAt(v.layout.key, "an edit of this file cannot %s", c)
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
		return refuseAt(l.key, "the edit would change text outside the service")
	}
	if !slices.Equal(commentsOf(l.text), commentsOf(text)) {
		return refuseAt(l.key, "the edit would lose or change a comment")
	}
	root, err := parse(text)
	if err != nil {
		return refuseAt(l.key, "the edited file would not be valid YAML")
	}
	was, is := resolve(l.root), resolve(root)
	wasService, isService := take(was, v.request.Service), take(is, v.request.Service)
	if v.request.Shared {
		v.reaches(v.agreed(was, is)...)
	}
	if !reflect.DeepEqual(was, is) {
		return &RefusedError{Line: l.key.Line, Next: "Write the service's settings out at their own place first.", Shared: !v.request.Shared,
			Reason: inspect.Printable(fmt.Sprintf("the edit would reach %s too, through %s", differing(was, is), l.anchor()))}
	}
	for _, o := range v.outcomes {
		delete(wasService, o.key)
		delete(isService, o.key)
	}
	if !reflect.DeepEqual(wasService, isService) {
		return refuseAt(l.key, "the edit would change other settings of the service")
	}
	return nil
}
