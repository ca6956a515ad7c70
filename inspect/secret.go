package inspect

import (
	"maps"
	"slices"
	"strings"
)

// LooksSecret says whether a named value is taken for a secret: its name says
// so, or it is a URL with a password inside. An empty value is no secret.
func LooksSecret(name, value string) bool {
	return value != "" && (SecretName(name) || urlPassword(value) != "")
}

// OwnLabels are the names of the labels that a workload sets itself, beyond those
// of its image, of Compose and of Swarm; secret are those whose value looks like
// a secret. Both are sorted.
func OwnLabels(labels, image map[string]string) (names, secret []string) {
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		value := labels[name]
		inherited, ok := image[name]
		if ok && inherited == value || strings.HasPrefix(name, "com.docker.compose.") || strings.HasPrefix(name, "com.docker.swarm.") {
			continue
		}
		names = append(names, name)
		if LooksSecret(name, value) {
			secret = append(secret, name)
		}
	}
	return names, secret
}
