package composefile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"

	"bulkhead/fix"
	"bulkhead/inspect/compose"

	"go.yaml.in/yaml/v4"
)

// Request says what to write where.
type Request struct {
	// Path is the file to edit, Content what it holds now.
	Path    string
	Content []byte
	Service string
	Plan    fix.Plan
	// Files are all Compose files of the project in Compose's order, Path among
	// them; empty where Path is the only one. Dir, ProjectName and Env are as in
	// compose.Options.
	Files       []string
	Dir         string
	ProjectName string
	Env         []string
}

// Edit returns the content under the plan; it writes nothing. Content comes
// back as it is, byte for byte, where the plan is already met. The error is a
// *RefusedError, or the context's own.
func Edit(ctx context.Context, r Request) ([]byte, error) {
	after, err := edit(ctx, r)
	var refused *RefusedError
	if errors.As(err, &refused) {
		if refused.File == "" {
			refused.File = r.Path
		}
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	return after, nil
}

func edit(ctx context.Context, r Request) ([]byte, error) {
	path, err := filepath.Abs(r.Path)
	if err != nil {
		return nil, refuse(0, "Check the path.", "the path cannot be made absolute: %v", err)
	}
	r.Path = path
	if err := r.checkFiles(); err != nil {
		return nil, err
	}
	before, err := r.load(ctx, r.Content)
	if err != nil {
		return nil, err
	}
	workload, ok := before.Workload(r.Service)
	if !ok {
		return nil, refuse(0, "Name one of the file's services.", "there is no service %q", r.Service)
	}
	src, err := newSource(r.Content)
	if err != nil {
		return nil, err
	}
	root, err := parse(src.text)
	if err != nil {
		return nil, err
	}
	if err := r.checkReach(before, workload); err != nil {
		return nil, err
	}
	l, err := locate(src, root, r.Service)
	if err != nil {
		return nil, err
	}
	outcomes, err := l.wanted(r.Plan, workload.Settings)
	if err != nil {
		return nil, err
	}
	v := verifier{request: r, before: before, workload: workload, layout: l, outcomes: outcomes}
	if len(outcomes) == 0 {
		return r.Content, v.alreadySo()
	}
	return v.first(ctx)
}

// checkFiles makes the paths absolute and refuses a Path that is not among the
// project's files: what an edit of it comes to could not be read back.
func (r *Request) checkFiles() error {
	if len(r.Files) == 0 {
		r.Files = []string{r.Path}
	}
	files := make([]string, len(r.Files))
	for i, f := range r.Files {
		abs, err := filepath.Abs(f)
		if err != nil {
			return refuse(0, "Check the path.", "the path %q cannot be made absolute", f)
		}
		files[i] = abs
	}
	if !slices.Contains(files, r.Path) {
		return refuse(0, "Edit that file as a project of its own.", "the file is not one of the project's own, but included or extended")
	}
	r.Files = files
	return nil
}

// load reads the project as it would be with this content.
func (r Request) load(ctx context.Context, content []byte) (compose.Project, error) {
	p, err := compose.Load(ctx, compose.Options{
		Files: r.Files, Dir: r.Dir, ProjectName: r.ProjectName, Env: r.Env,
		Overlay: map[string][]byte{r.Path: content},
	})
	return p, fromLoad(err)
}

// parse reads a file that is one YAML document.
func parse(text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		return nil, refuse(0, "Mend the file first.", "it is not valid YAML: %v", err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, refuse(second.Line, byHand, "it holds more than one YAML document")
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, refuseAt(root, "the top level is not a mapping")
	}
	return root, nil
}

// verifier holds what an edit is checked against.
type verifier struct {
	request  Request
	before   compose.Project
	workload workload
	layout   *layout
	outcomes []outcome
}

// first returns the first way to write the outcomes that holds.
func (v verifier) first(ctx context.Context) ([]byte, error) {
	changes, fresh, err := v.split()
	if err != nil {
		return nil, err
	}
	var refusal error
	for _, splices := range v.ways(changes, fresh) {
		after := v.layout.apply(splices)
		if refusal = v.sameText(after); refusal == nil {
			return after, v.sameMeaning(ctx, after)
		}
	}
	if refusal == nil {
		refusal = refuseAt(v.layout.serviceKey, "there is no place for new keys in the service")
	}
	return nil, refusal
}

// split makes the splices for keys that are there, and returns the outcomes for
// those that are not.
func (v verifier) split() (changes []splice, fresh []outcome, err error) {
	for _, o := range v.outcomes {
		f := v.layout.field(o.key)
		if f == nil {
			fresh = append(fresh, o)
			continue
		}
		splices, err := v.layout.change(f, o)
		if err != nil {
			return nil, nil, err
		}
		changes = append(changes, splices...)
	}
	return changes, fresh, nil
}

// ways are the sets of splices to try, the most natural first.
func (v verifier) ways(changes []splice, fresh []outcome) [][]splice {
	if len(fresh) == 0 {
		return [][]splice{changes}
	}
	if v.layout.flow {
		inserted, err := v.layout.insertFlow(fresh)
		if err != nil {
			return nil
		}
		return [][]splice{append(slices.Clone(changes), inserted)}
	}
	var ways [][]splice
	for _, at := range v.layout.places() {
		ways = append(ways, append(slices.Clone(changes), v.layout.insertBlock(at, fresh)))
	}
	return ways
}
