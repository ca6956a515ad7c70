package inspect

// Workload is one thing to harden: a container, or a Compose service, which
// may have containers running.
type Workload struct {
	// Name is what a person types to mean this workload: a container's name,
	// or project/service.
	Name string `json:"name"`
	// Project and Service are set for a Compose service.
	Project string `json:"project,omitempty"`
	Service string `json:"service,omitempty"`
	// ID is the full ID of the container that was read; empty for a service
	// that was read from a file alone.
	ID string `json:"id,omitempty"`
	// Container is the name of that container.
	Container string `json:"container,omitempty"`
	// Replicas are the IDs of the service's further containers.
	Replicas []string `json:"replicas,omitempty"`
	// Image is the reference as it was written, ImageID what it resolved to.
	Image   string   `json:"image"`
	ImageID string   `json:"imageID,omitempty"`
	State   RunState `json:"state"`
	// Files are the Compose files that define the service, absolute where
	// known, in the order Compose reads them.
	Files    []string `json:"files,omitempty"`
	Settings Settings `json:"settings"`
	// LabelNames are the names of the labels that the workload sets beyond its
	// image and Compose itself, sorted; values are not kept. SecretLabels are
	// those of them whose value looks like a secret.
	LabelNames   []string `json:"labels,omitempty"`
	SecretLabels []string `json:"secretLabels,omitempty"`
	// Declared is what the workload says of how it is to be tried. Sources knows
	// it as "x-bulkhead.exercise" or "labels.bulkhead.exercise".
	Declared Declared `json:"declared,omitzero"`
	// ImageFacts are what the image says for itself; nil where it was not read.
	ImageFacts *ImageFacts `json:"imageFacts,omitempty"`
	// Processes are the running processes as the kernel sees them; nil where they
	// were not read, with the reason in ProcessesUnknown.
	Processes        []Process `json:"processes,omitempty"`
	ProcessesUnknown string    `json:"processesUnknown,omitempty"`
	Sources          Sources   `json:"sources,omitempty"`
	// Unresolved are settings whose value could not be read, by the name that
	// Sources uses, with the reason: what Settings says of them is not known.
	// "extends" and "env_file" stand for all that they would have added.
	Unresolved map[string]string `json:"unresolved,omitempty"`
}

// IsService says whether the workload is a Compose service.
func (w Workload) IsService() bool { return w.Service != "" }

// RunState is the life-cycle state of a workload's container.
type RunState string

// The states the engine knows, and Defined for a service without a container.
const (
	Running    RunState = "running"
	Exited     RunState = "exited"
	Created    RunState = "created"
	Paused     RunState = "paused"
	Restarting RunState = "restarting"
	Removing   RunState = "removing"
	Dead       RunState = "dead"
	Defined    RunState = "not started"
)

// Origin is the kind of place a setting comes from.
type Origin string

// The places a setting can come from.
const (
	FromCompose Origin = "compose"
	FromRun     Origin = "run command"
	FromImage   Origin = "image"
	FromEngine  Origin = "engine default"
	FromSwarm   Origin = "swarm service"
)

// Source is where a setting comes from. Line and Column count from 1 and are
// 0 where they are not known; File is set for FromCompose only.
type Source struct {
	Origin Origin `json:"origin"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// Sources maps a setting to where it comes from. A setting is named as Compose
// names it: "cap_add", "volumes.2", "environment.DB_PASSWORD"; "" is the
// workload itself.
type Sources map[string]Source

// Of returns the source of the first of the settings that has one, else that
// of the workload itself.
func (s Sources) Of(settings ...string) Source {
	for _, name := range settings {
		if src, ok := s[name]; ok {
			return src
		}
	}
	return s[""]
}
