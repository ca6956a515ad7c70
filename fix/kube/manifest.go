package kube

import (
	"cmp"
	"errors"
	"slices"

	"bulkhead/fix"
	"bulkhead/inspect"
)

// Input is what is said in Kubernetes' words.
type Input struct {
	// Workload is as it is today; Plan is what is to change.
	Workload inspect.Workload
	Plan     fix.Plan
	Evidence []fix.Evidence
	// Command and Args are the container's own entrypoint and arguments, empty
	// where the image's hold. The caller keeps secrets out of them: $(NAME) is
	// the value of a variable.
	Command, Args []string
	// Env are the variables that the container sets beyond its image's; Ports
	// what it listens on beyond what it publishes.
	Env   []Variable
	Ports []Port
}

// Variable is one of the environment. The value of a Secret one comes from a
// Secret, of another from a ConfigMap.
type Variable struct {
	Name   string
	Secret bool
}

// Port is one that the container listens on.
type Port struct {
	Number uint16
	// Protocol is "tcp", "udp" or "sctp".
	Protocol string
}

// Shape is what is written.
type Shape int

const (
	// Patch holds the security settings of one container alone, for
	// `kubectl patch`.
	Patch Shape = iota
	// Whole is a Deployment that can be applied once its stubs are filled.
	Whole
)

// Manifest is the text and what belongs to it.
type Manifest struct {
	YAML []byte
	// Level is the Pod Security admission level that the pod reaches; Keeps are
	// the settings that keep it from a higher one.
	Level Level
	Keeps []Obstacle
	// Seccomp is the planned profile, which has to stand on every node below the
	// kubelet's directory of profiles; without a name there is none.
	Seccomp File
	// Notes say what Kubernetes cannot say or says otherwise, a sentence or two
	// each, printable.
	Notes []string
}

// File is a file that the manifest names, by its base name.
type File struct {
	Name string
	Data []byte
}

// Write makes the manifest.
func Write(in Input, shape Shape) (Manifest, error) {
	if in.Workload.Image == "" && shape == Whole {
		return Manifest{}, errors.New("writing a Kubernetes manifest: the workload names no image")
	}
	t := newTranslation(in)
	t.pod()
	if shape == Whole {
		t.rest()
	}
	level, keeps := judge(t.out)
	t.sayLevel(shape, level, keeps)
	text, err := t.render(shape)
	return Manifest{YAML: text, Level: level, Keeps: keeps, Seccomp: t.plannedSeccomp(), Notes: t.notes}, err
}

// translation turns settings into a pod and gathers what a person should know.
type translation struct {
	in Input
	s  inspect.Settings
	// out is the pod, box its one container.
	out podTemplate
	box *containerSpec
	// why are the comments, by the path of the key or item they are about.
	why   map[string]string
	notes []string
	names map[string]bool
}

func newTranslation(in Input) *translation {
	t := &translation{in: in, s: fix.Apply(in.Workload.Settings, in.Plan), why: map[string]string{}, names: map[string]bool{}}
	name := label(cmp.Or(in.Workload.Service, in.Workload.Container, in.Workload.Name))
	t.out.Spec.Containers = []containerSpec{{Name: name}}
	t.box = &t.out.Spec.Containers[0]
	return t
}

// pod says everything that hardens: both shapes have it.
func (t *translation) pod() {
	no := false
	t.out.Spec.AutomountServiceAccountToken = &no
	t.explain(podPath+".automountServiceAccountToken", "assumed: it does not talk to the Kubernetes API")
	t.privileges()
	t.user()
	t.profiles()
	t.sysctls()
	t.tmpfs()
	t.limits()
	t.unsayable()
}

// rest is what only a whole manifest says.
func (t *translation) rest() {
	t.box.Image = t.in.Workload.Image
	t.box.Command, t.box.Args = t.in.Command, t.in.Args
	t.namespaces()
	t.mounts()
	t.claimed()
	t.ports()
	t.environment()
	t.note("It is written as a Deployment, which starts the pod again whenever it stops. For a task that ends write a Job, for one with data of its own a StatefulSet.")
	if t.s.Healthcheck.Defined {
		t.note("Kubernetes passes over the image's or container's healthcheck. Write its command as a livenessProbe or a readinessProbe.")
	}
}

// explain puts a comment at a path.
func (t *translation) explain(path, text string) { t.why[path] = inspect.Printable(text) }

// evidence says how well it is known that the dial is set right: at the place,
// or for the capability, where about names one.
func (t *translation) evidence(dial inspect.Dial, about string) string {
	for _, e := range t.in.Evidence {
		if e.Setting == cmp.Or(about, string(dial)) {
			return string(e.Strength) + ": " + e.Text
		}
	}
	planned := slices.ContainsFunc(t.in.Plan.Of(dial), func(c inspect.Change) bool {
		return c.Place() == "" || c.Place() == about
	})
	if planned {
		return "assumed: it is planned, and nothing says that it was tried"
	}
	return "as the container is today"
}
