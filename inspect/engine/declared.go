package engine

import (
	"bulkhead/inspect"

	"github.com/moby/moby/api/types/container"
)

// declared is what the container's own labels declare, and why some of it was
// not taken. Where the image could not be read none is known to be its own.
func declared(config *container.Config, image imageRead) (inspect.Declared, map[string]string) {
	if image.facts == nil {
		return undeclared(config.Labels)
	}
	d, refused := inspect.DeclaredBy(config.Labels, image.labels, inspect.NewRedactor(config.Env))
	if len(refused) == 0 {
		return d, nil
	}
	return d, refused
}

func undeclared(labels map[string]string) (d inspect.Declared, refused map[string]string) {
	for _, name := range []string{inspect.LabelExercise, inspect.LabelReload} {
		if _, ok := labels[name]; ok {
			refused = unresolved(refused, "labels."+name, "the image could not be read, and the label may be the image's")
		}
	}
	return d, refused
}
