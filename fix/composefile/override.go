package composefile

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/compose"

	"go.yaml.in/yaml/v4"
)

// The tags with which an override file takes away what earlier files say:
// override replaces a list, reset takes a key out.
const (
	override = "!override"
	reset    = "!reset"
)

// OverrideFile is where an override of the project's files goes: into the last
// of them where it is one; beside a file with a default name, under the name
// that Compose joins to it by itself; else beside the first file as
// compose.hardened.yaml, which has to be named with -f. bare says that Compose
// takes the file without being told.
func OverrideFile(files []string, exists func(path string) bool) (path string, bare bool) {
	first, last := files[0], files[len(files)-1]
	stem, extension := strings.TrimSuffix(first, filepath.Ext(first)), filepath.Ext(first)
	beside := stem + ".override" + extension
	isDefault := slices.Contains(defaultNames, filepath.Base(first))
	if len(files) > 1 && isOverride(last) {
		return last, isDefault && len(files) == 2 && last == beside
	}
	if len(files) == 1 && isDefault && !slices.ContainsFunc(defaultNames, func(name string) bool {
		ext := filepath.Ext(name)
		return exists(filepath.Join(filepath.Dir(first), strings.TrimSuffix(name, ext)+".override"+ext))
	}) {
		return beside, true
	}
	return filepath.Join(filepath.Dir(first), hardened), false
}

const hardened = "compose.hardened.yaml"

// defaultNames are the files that Compose looks for by itself (compose-go
// cli.DefaultFileNames).
var defaultNames = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}

// isOverride says whether a file's name calls it an override.
func isOverride(path string) bool {
	name := filepath.Base(path)
	return name == hardened || strings.Contains(name, ".override.")
}

// above writes the plan into an override file: what the project's files come to
// stays, and the override says what the plan changes.
func (r Request) above(ctx context.Context, before compose.Project, workload workload) (Edited, error) {
	if err := r.checkKnown(workload); err != nil {
		return Edited{}, err
	}
	l, stands, err := r.overrideLayout(before)
	if err != nil {
		return Edited{}, err
	}
	w := newWanted(l, r, before, workload)
	if !stands {
		// The service has no keys of its own yet.
		w.layout = &layout{source: l.source, root: l.root, key: l.key, mapping: &yaml.Node{Kind: yaml.MappingNode}, style: l.style}
	}
	if err := w.overAll(); err != nil {
		return Edited{}, err
	}
	edited := Edited{Content: r.Content, Files: w.files, Notes: w.notes}
	v := verifier{request: r, before: before, workload: workload, layout: l, outcomes: w.outcomes, top: w.top}
	switch {
	case len(w.outcomes) == 0:
		return edited, v.alreadySo()
	case r.Content == nil:
		edited.Content = r.fresh(before, l, w.outcomes)
		return edited, v.sameMeaning(ctx, edited.Content)
	case !stands:
		w.outcomes = []outcome{{key: quote(r.Service, 0, false), below: w.outcomes}}
	}
	edited.Content, err = v.first(ctx, w.outcomes)
	return edited, err
}

// overrideLayout is where the service stands in the override file. Where it does
// not, it is the services that it will stand among.
func (r Request) overrideLayout(before compose.Project) (l *layout, stands bool, err error) {
	if r.Content == nil {
		return r.neighbour(before), false, nil
	}
	src, root, err := r.read()
	if err != nil {
		return nil, false, err
	}
	services := own(root, "services")
	if services == nil || services.value.Kind != yaml.MappingNode || own(services.value, r.Service) != nil {
		l, err = locate(src, root, r.Service, false)
		return l, true, err
	}
	l, err = (&layout{source: src, root: root, style: plainStyle}).within(services.key, services.value)
	if err == nil {
		l.learnStyle(services.value)
	}
	return l, false, err
}

// plainStyle is that of a file that shows none.
var plainStyle = style{step: "  ", seqIndent: "  "}

// neighbour is an empty layout in the style of the file that defines the
// service.
func (r Request) neighbour(before compose.Project) *layout {
	l := &layout{
		source: &source{newline: "\n", lines: []int{0}}, root: &yaml.Node{Kind: yaml.MappingNode},
		key: &yaml.Node{Kind: yaml.ScalarNode, Value: r.Service}, style: plainStyle,
	}
	file := ownFile(before, before.Places(r.Service, ""))
	src, root, err := (Request{Content: before.Content(file)}).read()
	if file == "" || err != nil {
		return l
	}
	l.newline = src.newline
	if defined, err := locate(src, root, r.Service, false); err == nil && !defined.flow {
		l.style = defined.style
	}
	return l
}

// fresh is a new override file. Compose before version 2 wants the same version
// in every file.
func (r Request) fresh(before compose.Project, l *layout, outcomes []outcome) []byte {
	lines := []string{"# Hardened by bulkhead. Compose joins this to " + inspect.Printable(filepath.Base(r.Files[0])) + "."}
	if version := versionOf(before.Content(r.Files[0])); version != "" {
		lines = append(lines, "version: "+quote(version, yaml.DoubleQuotedStyle, false))
	}
	service := outcome{key: quote(r.Service, 0, false), below: outcomes}
	services := outcome{key: "services", below: []outcome{service}}
	if r.Beside != nil {
		services.below = append(services.below, outcome{key: r.Beside.Proxy.Name, below: proxyKeys(r.Beside)})
	}
	lines = append(lines, l.lines("", services)...)
	if r.Beside != nil {
		lines = append(lines, l.lines("", outcome{key: "networks", below: []outcome{{key: r.Beside.Network, below: networkKeys}}})...)
	}
	return []byte(strings.Join(lines, l.newline) + l.newline)
}

// versionOf is the version: of a file, "" where it has none.
func versionOf(content []byte) string {
	var doc struct {
		Version string `yaml:"version"`
	}
	err := yaml.NewDecoder(bytes.NewReader(content)).Decode(&doc)
	if err != nil || strings.Trim(doc.Version, "0123456789.") != "" {
		return ""
	}
	return doc.Version
}
