package tuitest

import (
	"slices"

	"bulkhead/inspect"
)

// judged is the workload with the given layers, and with what all of the fake's
// workloads have in common for the others, in the order of inspect.Layers.
func judged(w inspect.Workload, layers ...inspect.LayerState) inspect.Audited {
	a := inspect.Audited{Workload: w}
	for _, l := range inspect.Layers() {
		i := slices.IndexFunc(layers, func(s inspect.LayerState) bool { return s.Layer == l })
		if i >= 0 {
			a.Layers = append(a.Layers, layers[i])
		} else {
			a.Layers = append(a.Layers, common(l, w))
		}
	}
	return a
}

func common(l inspect.Layer, w inspect.Workload) inspect.LayerState {
	src := w.Sources.Of("")
	switch l {
	case inspect.LayerMAC:
		return layer(l, inspect.Closed, "AppArmor holds it by the engine's default profile.")
	case inspect.LayerImage:
		return layer(l, inspect.Partly, "The image has no healthcheck.", noHealthcheck(src))
	case inspect.LayerProvenance:
		return layer(l, inspect.Open, "The image is named by a tag, which can be moved.", notPinned(src, w.Image))
	case inspect.LayerSecrets:
		return layer(l, inspect.Closed, "No variable or label looks like a secret.")
	case inspect.LayerDetection:
		return layer(l, inspect.Unknown, "The host's processes could not be looked through for Falco.")
	case inspect.LayerRuntime:
		return layer(l, inspect.NotApplicable, "runc shares the kernel. A runtime of its own pays where strangers' code runs.")
	}
	return layer(l, inspect.Unknown, "The fake says nothing of this layer.")
}

func noHealthcheck(src inspect.Source) inspect.Finding {
	return inspect.Finding{
		ID: "healthcheck-none", Severity: inspect.Info, Title: "No healthcheck is defined",
		Evidence: "neither the image nor the service has a healthcheck",
		Why:      "A service that hangs is not noticed, nor one that an attacker has stopped.",
		Reason:   "Nothing is gained by it; it only hides that something was.",
		Source:   src, Fix: "add a healthcheck", References: []string{"CIS Docker Benchmark 4.6", "CIS Docker Benchmark 5.27"},
	}
}

func notPinned(src inspect.Source, image string) inspect.Finding {
	return inspect.Finding{
		ID: "image-not-pinned", Severity: inspect.Low, Title: "The image is not pinned by digest",
		Evidence: "image: " + image,
		Why:      "Whoever can push to the registry decides what runs after the next pull.",
		Reason:   "Running code of one's choice is grave, but the registry must be taken first.",
		Source:   src, Fix: "pin the image by its digest", References: []string{"OWASP Docker Security Cheat Sheet, rule 13"},
	}
}

// webProcesses are a master that is still root, workers that are not, and a
// shell that someone opened.
func webProcesses() []inspect.Process {
	return []inspect.Process{
		{
			PID: 4711, Command: "web: master", Effective: inspect.DefaultCaps, Bounding: inspect.DefaultCaps,
			Seccomp: 2, Label: "docker-default (enforce)",
		},
		{
			PID: 4733, Command: "web: worker", UID: 101, GID: 101, HostUID: 101, Bounding: inspect.DefaultCaps,
			Seccomp: 2, Label: "docker-default (enforce)",
		},
		{
			PID: 5120, Command: "sh", Effective: inspect.DefaultCaps.Union(inspect.ParseCaps([]string{"SYS_ADMIN"})),
			Bounding: inspect.DefaultCaps.Union(inspect.ParseCaps([]string{"SYS_ADMIN"})), Seccomp: 0,
			Label: "docker-default (enforce)", Executed: true,
		},
	}
}

// Engine is the state of the fake engine's own layer.
func Engine() inspect.LayerState {
	src := inspect.Source{Origin: inspect.FromEngine}
	return layer(inspect.LayerEngine, inspect.Open, "Root inside a container is root on the host, and ada is root by the group docker.",
		inspect.Finding{
			ID: "engine-rootful", Severity: inspect.Medium, Title: "Root inside is root on the host",
			Evidence: "neither rootless nor userns-remap is set",
			Why:      "Whoever breaks out as root owns the machine.",
			Reason:   "All is gained, but only after a break-out.",
			Source:   src, Fix: "run the engine rootless, or set userns-remap", References: []string{"CIS Docker Benchmark 2.9"},
		},
		inspect.Finding{
			ID: "engine-group", Severity: inspect.Medium, Title: "1 user is root by the group docker",
			Evidence: "members of the group docker: ada",
			Why:      "Who may use the socket may start a privileged container.",
			Reason:   "All is gained by whoever takes that account over.",
			Source:   src, Fix: "keep the group as small as it can be", References: []string{"CIS Docker Benchmark 1.1.2"},
		})
}
