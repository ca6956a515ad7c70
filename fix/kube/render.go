package kube

import (
	"bytes"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// templatePath leads from the document to the pod's template, below which the
// comments' paths begin.
const templatePath = "spec.template."

// render writes the YAML with its comments.
func (t *translation) render(shape Shape) ([]byte, error) {
	var doc yaml.Node
	if err := doc.Encode(t.document(shape)); err != nil {
		return nil, err
	}
	t.comment(&doc, "")
	doc.HeadComment = t.head(shape)
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&doc); err != nil {
		return nil, err
	}
	err := e.Close()
	return out.Bytes(), err
}

// document puts the pod into its Deployment.
func (t *translation) document(shape Shape) deployment {
	d := deployment{Spec: deploymentSpec{Template: t.out}}
	if shape == Whole {
		labels := map[string]string{"app": t.box.Name}
		d.APIVersion, d.Kind, d.Metadata = "apps/v1", "Deployment", metadata{Name: t.box.Name}
		d.Spec.Selector = &selector{labels}
		d.Spec.Template.Metadata.Labels = labels
	}
	return d
}

// head says what the document is, and what a person should know.
func (t *translation) head(shape Shape) string {
	lines := []string{"The settings of " + t.box.Name + " under its plan, as a patch: kubectl patch deployment NAME --patch-file FILE"}
	if shape == Whole {
		lines = []string{"The settings of " + t.box.Name + " under its plan, as a Deployment."}
	}
	lines = append(lines, t.notes...)
	return "# " + strings.Join(lines, "\n# ")
}

// comment puts each comment at its path.
func (t *translation) comment(n *yaml.Node, at string) {
	for i := 0; i < len(n.Content); i++ {
		if n.Kind == yaml.MappingNode {
			here := join(at, n.Content[i].Value)
			t.attach(n.Content[i], here)
			i++
			t.comment(n.Content[i], here)
			continue
		}
		here := join(at, strconv.Itoa(i))
		t.attach(n.Content[i], here)
		t.comment(n.Content[i], here)
	}
}

func (t *translation) attach(n *yaml.Node, at string) {
	path, ok := strings.CutPrefix(at, templatePath)
	if text := t.why[path]; ok && text != "" {
		n.HeadComment = "# " + text
	}
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}
