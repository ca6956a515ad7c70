package composefile

import (
	"slices"

	"bulkhead/fix"
	"bulkhead/inspect/compose"
)

// Choose returns which of the project's own files to edit for the plan: the one
// that already speaks of the plan's settings, else the first that defines the
// service. It returns "" where no file of the project's own defines it (an
// included file may: edit that as a project of its own). Edit still refuses
// where more than one file speaks of a setting.
func Choose(p compose.Project, service string, plan fix.Plan) string {
	for _, c := range plan.Changes {
		for _, key := range keys[c.Dial] {
			if file := ownFile(p, p.Places(service, key)); file != "" {
				return file
			}
		}
	}
	return ownFile(p, p.Places(service, ""))
}

// ownFile is the first of the places that is in a file of the project's own.
func ownFile(p compose.Project, places []compose.Place) string {
	for _, place := range places {
		if !place.Extended && slices.Contains(p.Files, place.File) {
			return place.File
		}
	}
	return ""
}
