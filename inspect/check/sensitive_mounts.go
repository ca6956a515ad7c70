package check

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"bulkhead/inspect"
)

var sensitiveMounts = Check{
	ID:         "sensitive-mounts",
	Settings:   []string{"volumes"},
	Layer:      inspect.LayerBoundary,
	Title:      "A sensitive part of the host is inside",
	Question:   "Which files of the host are inside?",
	Danger:     "A bind mount is the host's own file, with the host's own owner and permissions: root inside is root to it.",
	Read:       "volumes: the source of each bind mount, on a local engine with its links followed, and whether it is read-only",
	Fix:        "mount only the file or directory that is needed, read-only where it is only read",
	MayBreak:   "Agents that look after the host; most need a few files, read-only.",
	Bad:        service("volumes: [/etc:/host/etc]"),
	Good:       service("volumes: [/etc/localtime:/etc/localtime:ro]"),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.6"},
	Run:        runSensitiveMounts,
}

func runSensitiveMounts(w inspect.Workload, h inspect.Host) Result {
	var findings []inspect.Finding
	var names []string
	for _, m := range w.Settings.Mounts {
		if m.Type != inspect.BindMount || socketEvidence(m) != "" {
			continue
		}
		f, at, ok := mountFinding(m, h)
		if !ok {
			continue
		}
		f.Source = mountSource(w, m)
		findings = append(findings, f)
		names = append(names, show(at))
	}
	return judged(findings, "no sensitive part of the host is mounted", list(names)+" of the host inside")
}

// mountFinding judges the source as it was written and where it leads, and
// returns which of the two it speaks of: the graver, of equals the source.
func mountFinding(m inspect.Mount, h inspect.Host) (f inspect.Finding, at string, ok bool) {
	f, ok = placeFinding(m, m.Source, h)
	if m.Resolved == "" {
		return f, m.Source, ok
	}
	led, found := placeFinding(m, m.Resolved, h)
	if !found || ok && led.Severity <= f.Severity {
		return f, m.Source, ok
	}
	led.Evidence += fmt.Sprintf(" It leads to %s.", show(m.Resolved))
	return led, m.Resolved, true
}

// placeFinding judges the mount as one of what is at the path.
func placeFinding(m inspect.Mount, at string, h inspect.Host) (inspect.Finding, bool) {
	place, ok := placeOf(at)
	if !ok {
		return inspect.Finding{}, false
	}
	how, harm := "read-write", place.write
	if m.ReadOnly {
		how, harm = "read-only", place.read
	}
	if harm.why == "" {
		return inspect.Finding{}, false
	}
	if h.Rootless && harm.gain == theHost && harm.door == direct {
		// The host means the files and processes of the engine's user.
		harm.gain = others
	}
	return rate(harm.gain, harm.door, inspect.Finding{
		Title:    fmt.Sprintf("%s of the host is inside, %s", show(path.Clean(at)), how),
		Evidence: fmt.Sprintf("volumes holds %s at %s, %s.", show(m.Source), show(m.Target), how),
		Why:      harm.why,
	}), true
}

// placeOf finds the most particular place the path is in.
func placeOf(source string) (place, bool) {
	source = path.Clean(source)
	if credential(source) || home(source) {
		return credentials, true
	}
	best, found := place{}, false
	for _, p := range places {
		if p.holds(source) && (!found || len(p.path) > len(best.path)) {
			best, found = p, true
		}
	}
	return best, found
}

// credential says whether the path is in a directory where people keep keys.
func credential(source string) bool {
	return slices.ContainsFunc(credentialDirs, func(dir string) bool {
		return strings.Contains(source+"/", "/"+dir+"/")
	})
}

// home says whether the path is a whole home directory: a project below one is
// not.
func home(source string) bool {
	parent := path.Dir(source)
	return source != parent && (parent == "/home" || parent == "/Users")
}
