package compose

import (
	"errors"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/template"
	"go.yaml.in/yaml/v4"
)

// substituteQuietly replaces ${VARIABLES} without writing to a log.
func substituteQuietly(tmpl string, mapping template.Mapping) (string, error) {
	return template.SubstituteWithOptions(tmpl, mapping, template.WithoutLogging)
}

// substitute replaces the variables of a text. It returns the names that are
// not set and have no default, and an error where Compose would refuse the text.
func (l *loader) substitute(tmpl string) (result string, unset []string, err error) {
	if !strings.Contains(tmpl, "$") {
		return tmpl, nil, nil
	}
	lookup := func(name string) (string, bool) {
		value, ok := l.env[name]
		return value, ok
	}
	replace := func(part string, mapping template.Mapping, cfg *template.Config) (string, error) {
		value, applied, err := template.DefaultReplacementAppliedFunc(part, mapping, cfg)
		if err == nil && !applied {
			unset = append(unset, strings.Trim(part, "${}"))
		}
		return value, err
	}
	result, err = template.SubstituteWithOptions(tmpl, lookup, template.WithoutLogging, template.WithReplacementFunction(replace))
	return result, unset, err
}

// refusal says, as a clause without values, why Compose refuses a text.
func refusal(err error) string {
	var required *template.MissingRequiredError
	if errors.As(err, &required) {
		return "the required variable " + required.Variable + " is not set"
	}
	return "a $ in it does not name a variable"
}

// warnUnset says which variables are not set; Compose puts an empty text in
// their place.
func (l *loader) warnUnset() {
	names := map[string]bool{}
	var order []string
	for _, doc := range l.tree.all() {
		seen := map[*yaml.Node]bool{}
		for _, root := range doc.roots {
			eachScalar(root, seen, func(n *yaml.Node) {
				_, unset, err := l.substitute(n.Value)
				if err != nil {
					return
				}
				for _, name := range unset {
					if !names[name] {
						names[name] = true
						order = append(order, name)
					}
				}
			})
		}
	}
	switch len(order) {
	case 0:
	case 1:
		l.warn("The variable %s is not set. Compose puts an empty text in its place.", order[0])
	default:
		slices.Sort(order)
		l.warn("The variables %s are not set. Compose puts an empty text in their place.", strings.Join(order, ", "))
	}
}

// eachScalar calls do for every scalar value below n, each once; keys are not
// substituted by Compose and are passed over.
func eachScalar(n *yaml.Node, seen map[*yaml.Node]bool, do func(*yaml.Node)) {
	if seen[n] {
		return
	}
	seen[n] = true
	switch n.Kind {
	case yaml.ScalarNode:
		if strings.Contains(n.Value, "$") {
			do(n)
		}
	case yaml.AliasNode:
		eachScalar(n.Alias, seen, do)
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			eachScalar(n.Content[i], seen, do)
		}
	default:
		for _, c := range n.Content {
			eachScalar(c, seen, do)
		}
	}
}
