package composefile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"

	"bulkhead/fix"
	"bulkhead/fix/writes"
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
	// Beside is a service to add between this one and the engine's socket; nil
	// for none.
	Beside *Beside
	// Files are all Compose files of the project in Compose's order, Path among
	// them; empty where Path is the only one. Dir, ProjectName and Env are as in
	// compose.Options.
	Files       []string
	Dir         string
	ProjectName string
	Env         []string
	// Project is what Files say now, where the caller has loaded it: with
	// Content in Path's place.
	Project *compose.Project

	// Shared says that the edit may change other services, too, where they share
	// the service's text: by an anchor, a merge key, extends or volumes_from.
	Shared bool

	// Override says that Path is an override file: it counts last, joins Files
	// where it is not among them, and need not exist (Content is nil then).
	Override bool
	// Tags says that the Compose program in use knows !override and !reset, as
	// docker compose does since version 2.24: only then can an override file
	// take away what another file says.
	Tags bool
}

// Edited is what an edit comes to.
type Edited struct {
	// Content is what the file is to hold: the same as before, byte for byte,
	// where the plan is already met.
	Content []byte
	// Files have to be written with it, before it.
	Files []writes.File
	// Others are the services that change with this one, sorted: none unless the
	// request was Shared. Notes names them, too.
	Others []string
	// Notes say what a person should know, a sentence each.
	Notes []string
}

// Edit returns the content under the plan; it writes nothing. The error is a
// *RefusedError, or the context's own.
func Edit(ctx context.Context, r Request) (Edited, error) {
	after, err := edit(ctx, r)
	var refused *RefusedError
	if errors.As(err, &refused) && refused.File == "" {
		refused.File = r.Path
	}
	if err != nil {
		return Edited{}, err
	}
	return after, nil
}

func edit(ctx context.Context, r Request) (Edited, error) {
	path, err := filepath.Abs(r.Path)
	if err != nil {
		return Edited{}, refuse(0, "Check the path.", "the path cannot be made absolute: %v", err)
	}
	r.Path = path
	if err := r.checkFiles(); err != nil {
		return Edited{}, err
	}
	before, err := r.loadBefore(ctx)
	if err != nil {
		return Edited{}, err
	}
	workload, ok := before.Workload(r.Service)
	if !ok {
		return Edited{}, refuse(0, "Name one of the file's services.", "there is no service %q", r.Service)
	}
	if r.Override {
		r.Shared = false // an override holds nobody else's text
		return r.above(ctx, before, workload)
	}
	return r.inPlace(ctx, before, workload)
}

// inPlace edits the file that defines the service.
func (r Request) inPlace(ctx context.Context, before compose.Project, workload workload) (Edited, error) {
	src, root, err := r.read()
	if err != nil {
		return Edited{}, err
	}
	if err := r.checkReach(before, workload); err != nil {
		return Edited{}, err
	}
	l, err := locate(src, root, r.Service, r.Shared)
	if err != nil {
		return Edited{}, err
	}
	w := newWanted(l, r, before, workload)
	if err := w.all(); err != nil {
		return Edited{}, err
	}
	var others []string
	v := verifier{others: &others, request: r, before: before, workload: workload, layout: l, outcomes: w.outcomes, top: w.top}
	content := r.Content
	if len(w.outcomes) == 0 {
		err = v.alreadySo()
	} else {
		content, err = v.first(ctx, w.outcomes)
	}
	return Edited{Content: content, Files: w.files, Others: others, Notes: slices.Concat(sharedNote(others), w.notes)}, err
}

// read parses the file's content.
func (r Request) read() (*source, *yaml.Node, error) {
	src, err := newSource(r.Content)
	if err != nil {
		return nil, nil, err
	}
	root, err := parse(src.text)
	return src, root, err
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
	r.Files = files
	switch at := slices.Index(files, r.Path); {
	case at < 0 && r.Override:
		r.Files = append(files, r.Path)
	case at < 0:
		return refuse(0, "Edit that file as a project of its own.", "the file is not one of the project's own, but included or extended")
	case r.Override && (at == 0 || at != len(files)-1):
		return refuse(0, "Name it last, or let another file be written.", "the file is not the last of the project's own, so it is no override")
	}
	return nil
}

// loadBefore reads the project as it is.
func (r Request) loadBefore(ctx context.Context) (compose.Project, error) {
	if r.Project != nil {
		return *r.Project, nil
	}
	if r.Content == nil && r.Override {
		return r.load(ctx, r.Files[:len(r.Files)-1], nil)
	}
	return r.load(ctx, r.Files, map[string][]byte{r.Path: r.Content})
}

// load reads the files with some of them as they would be.
func (r Request) load(ctx context.Context, files []string, overlay map[string][]byte) (compose.Project, error) {
	p, err := compose.Load(ctx, compose.Options{
		Files: files, Dir: r.Dir, ProjectName: r.ProjectName, Env: r.Env, Overlay: overlay,
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
