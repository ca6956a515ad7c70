package compose

import (
	"fmt"
	"maps"
	"slices"

	"bulkhead/inspect"

	"github.com/compose-spec/compose-go/v2/types"
)

// extension is the key of a service that declares how it is tried.
const extension = "x-bulkhead"

// declared is what the service declares: by x-bulkhead, else by its labels.
// What cannot be taken is not known, with the reason.
func (l *loader) declared(service types.ServiceConfig) inspect.Declared {
	value, extended := service.Extensions[extension]
	_, exercise := service.Labels[inspect.LabelExercise]
	_, reload := service.Labels[inspect.LabelReload]
	if !extended && !exercise && !reload {
		return inspect.Declared{}
	}
	secrets := l.secretsOf(service)
	labelled, refused := inspect.DeclaredBy(service.Labels, nil, secrets)
	for _, label := range slices.Sorted(maps.Keys(refused)) {
		l.unknown(service.Name, label, refused[label])
	}
	if !extended {
		return labelled
	}
	return l.extended(service.Name, value, secrets).Over(labelled)
}

// extended reads the value of x-bulkhead.
func (l *loader) extended(service string, value any, secrets inspect.Redactor) (d inspect.Declared) {
	refuse := func(setting string, err error) {
		if err != nil {
			l.unknown(service, setting, err.Error())
		}
	}
	keys, ok := value.(map[string]any)
	if !ok {
		refuse(extension, fmt.Errorf("it is not a mapping with exercise and reload"))
	}
	for key, value := range keys {
		setting := extension + "." + key
		switch key {
		case "exercise":
			for _, command := range commands(value) {
				refuse(setting, d.AddExercise(command, secrets))
			}
		case "reload":
			name, _ := value.(string)
			refuse(setting, d.SetReload(name))
		default:
			refuse(setting, fmt.Errorf("%s has exercise and reload, and nothing else", extension))
		}
	}
	return d
}

// commands are one command, or those of a list; what is no text stands as an
// empty one.
func commands(value any) []string {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var out []string
	for _, item := range list {
		command, _ := item.(string)
		out = append(out, command)
	}
	return out
}

// secretsOf knows the secrets of the files and of the service's environment.
func (l *loader) secretsOf(service types.ServiceConfig) inspect.Redactor {
	known := l.variables()
	for name, value := range service.Environment {
		if value != nil {
			known = append(known, name+"="+*value)
		}
	}
	return inspect.NewRedactor(known)
}
