package inspect

import "slices"

// Layer is one wall between a container and the host.
type Layer string

// The layers bulkhead judges, in the order it shows them. LayerEngine is one per
// engine, the others are of each workload.
const (
	LayerEngine       Layer = "engine"
	LayerUser         Layer = "user"
	LayerCapabilities Layer = "capabilities"
	LayerSeccomp      Layer = "seccomp"
	LayerMAC          Layer = "mandatory access control"
	LayerRootFS       Layer = "root filesystem"
	LayerEscalation   Layer = "privilege escalation"
	LayerBoundary     Layer = "boundary"
	LayerNetwork      Layer = "network"
	LayerLimits       Layer = "limits"
	LayerImage        Layer = "image"
	LayerProvenance   Layer = "provenance"
	LayerSecrets      Layer = "secrets"
	LayerDetection    Layer = "detection"
	LayerRuntime      Layer = "isolation runtime"
)

// Layers returns the layers of a workload in the order they are shown.
func Layers() []Layer {
	return []Layer{
		LayerUser, LayerCapabilities, LayerSeccomp, LayerMAC, LayerRootFS,
		LayerEscalation, LayerBoundary, LayerNetwork, LayerLimits, LayerImage,
		LayerProvenance, LayerSecrets, LayerDetection, LayerRuntime,
	}
}

// Question is what the layer asks of a workload.
func (l Layer) Question() string {
	switch l {
	case LayerEngine:
		return "If a container breaks out, who is it on the host?"
	case LayerMAC:
		return "Which files, networks and signals may it touch?"
	case LayerImage:
		return "What does the image say for itself?"
	case LayerProvenance:
		return "Is it what our build made?"
	case LayerSecrets:
		return "What can be read out of it?"
	case LayerDetection:
		return "Would anyone notice?"
	case LayerRuntime:
		return "Is the kernel shared?"
	case LayerUser:
		return "Is the process root inside?"
	case LayerCapabilities:
		return "Which of root's powers does it hold?"
	case LayerSeccomp:
		return "Which syscalls can it make?"
	case LayerRootFS:
		return "Can an intruder leave files behind?"
	case LayerEscalation:
		return "Can setuid programs raise privileges?"
	case LayerBoundary:
		return "Which parts of the host are inside?"
	case LayerNetwork:
		return "Who can reach it?"
	case LayerLimits:
		return "Can it starve the host?"
	}
	return ""
}

// State is how far a layer is closed for a workload.
type State string

// The states of a layer. Unknown and NotApplicable always come with a reason.
const (
	Closed        State = "closed"
	Partly        State = "partly"
	Open          State = "open"
	Unknown       State = "unknown"
	NotApplicable State = "not applicable"
)

// worse orders states: what the layer as a whole is, is the worst of what its
// checks say. Unknown is worse than closed and better than a hole that was seen.
var worse = map[State]int{NotApplicable: 0, Closed: 1, Unknown: 2, Partly: 3, Open: 4}

// Worse says whether s is a worse state than o.
func (s State) Worse(o State) bool { return worse[s] > worse[o] }

// LayerState is what was found of one layer of one workload.
type LayerState struct {
	Layer    Layer     `json:"layer"`
	State    State     `json:"state"`
	Reason   string    `json:"reason"`
	Findings []Finding `json:"findings"`
	// Checks are what each check of the layer says by itself: State is the worst
	// of them, which hides that another one is unknown.
	Checks []CheckState `json:"checks,omitempty"`
}

// CheckState is what one check says of its layer.
type CheckState struct {
	// Check is the check's ID.
	Check  string `json:"check"`
	State  State  `json:"state"`
	Reason string `json:"reason"`
}

// UnknownBeside are the checks that are unknown while the layer as a whole is
// worse, so that its reason does not speak of them.
func (l LayerState) UnknownBeside() []CheckState {
	if !l.State.Worse(Unknown) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(l.Checks), func(c CheckState) bool { return c.State != Unknown })
}

// Audited is a workload with the state of each of its layers, in the order of
// Layers.
type Audited struct {
	Workload Workload
	Layers   []LayerState
}

// Worst returns the highest severity among the findings.
func (a Audited) Worst() Severity {
	worst := Info
	for _, l := range a.Layers {
		for _, f := range l.Findings {
			worst = max(worst, f.Severity)
		}
	}
	return worst
}

// Findings returns all findings, the most severe first.
func (a Audited) Findings() []Finding {
	var all []Finding
	for sev := Critical; sev >= Info; sev-- {
		for _, l := range a.Layers {
			for _, f := range l.Findings {
				if f.Severity == sev {
					all = append(all, f)
				}
			}
		}
	}
	return all
}
