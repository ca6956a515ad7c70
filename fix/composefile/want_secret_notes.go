package composefile

import (
	"fmt"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// noteSecrets says what moving the secrets means, and what of it is assumed.
func (w *wanted) noteSecrets(moves []inspect.Secret) {
	for _, s := range moves {
		_, user, known := inspect.SecretFile(w.model.Image, s.Variable)
		switch {
		case !known || s.FileVariable == "":
			w.note(fmt.Sprintf("Assumed: the service itself reads %s. %s leaves its environment, and nothing is known to take its place.", s.Path(), s.Variable))
		case w.model.Build != nil || len(w.model.Entrypoint) > 0:
			w.note(fmt.Sprintf("Assumed: the service reads %s. Its image's documentation says so, but it is built or started in a way of its own.", s.FileVariable))
		default:
			w.note(fmt.Sprintf("Assumed from the image's documentation: it reads %s. No trial proved it.", s.FileVariable))
		}
		if known && user != "" {
			w.note(fmt.Sprintf("The image reads the file as user %s: give it that owner before the service starts (chown %s secrets/%s.txt).", user, user, s.Name))
		} else {
			w.note(fmt.Sprintf("Compose mounts secrets/%s.txt with the owner and mode that it has (0600): what reads it has to be root or the file's owner, and root without DAC_OVERRIDE has to be the owner.", s.Name))
		}
		if w.speaksOf(s.Variable) {
			w.note(fmt.Sprintf("The service's command or health check speaks of %s, which its environment will no longer hold.", s.Variable))
		}
	}
	w.note("What held the values before still does: the backup beside the file (undo needs it), git's history, containers that run now. Change the values where that matters.")
	for _, service := range w.project.Compose.Services {
		if service.Build != nil {
			w.note("Where an image is built from this directory, name secrets/ in .dockerignore.")
		}
	}
}

// speaksOf says whether a command of the service names the variable.
func (w *wanted) speaksOf(variable string) bool {
	spoken := slices.Concat([]string(w.model.Command), []string(w.model.Entrypoint))
	if w.model.HealthCheck != nil {
		spoken = append(spoken, w.model.HealthCheck.Test...)
	}
	return slices.ContainsFunc(spoken, func(word string) bool { return strings.Contains(word, variable) })
}
