package check

import (
	"cmp"
	"fmt"
	"path"
	"strings"

	"bulkhead/inspect"
)

var isolationRuntime = Check{
	ID:       "isolation-runtime",
	Settings: []string{"runtime"},
	Layer:    inspect.LayerRuntime,
	Title:    "The container shares the host's kernel",
	Question: "Is there another kernel between it and the host?",
	Danger:   "One flaw in the kernel that every container shares is a way past all other walls.",
	Read:     "runtime, and the engine's default runtime, by their names",
	Fix:      "run it under gVisor (runtime: runsc) or Kata Containers where code of strangers runs",
	MayBreak: "gVisor is slower at system calls and lacks some; Kata needs virtualisation and memory of its own.",
	Bad:      service("runtime: runc"),
	Good:     service("runtime: runsc"),
	References: []string{
		"https://gvisor.dev/docs/", "https://katacontainers.io/docs/",
	},
	Run: runIsolationRuntime,
}

// kinds of runtimes, by a part of the name that they are registered under by
// custom; the name proves nothing, but it is all that the engine tells.
var (
	sharedKernel = []string{"runc", "crun", "youki", "nvidia"}
	ownKernel    = []string{"runsc", "gvisor", "kata", "firecracker"}
)

// runtimeKind says whether the runtime's name stands for a kernel of its own,
// and whether the name is known at all.
func runtimeKind(name string) (own, known bool) {
	name = strings.ToLower(path.Base(name))
	for _, kind := range ownKernel {
		if strings.Contains(name, kind) {
			return true, true
		}
	}
	for _, kind := range sharedKernel {
		if strings.Contains(name, kind) {
			return false, true
		}
	}
	return false, false
}

func runIsolationRuntime(w inspect.Workload, h inspect.Host) Result {
	name := cmp.Or(w.Settings.Runtime, h.DefaultRuntime)
	if name == "" && !h.Known() {
		return Result{State: inspect.Unknown, Reason: "no engine was asked for its default runtime"}
	}
	name = cmp.Or(name, "runc")
	own, known := runtimeKind(name)
	switch {
	case !known:
		return Result{State: inspect.Unknown, Reason: fmt.Sprintf("the runtime %q is not known to bulkhead", show(name))}
	case own:
		return Result{State: inspect.Closed, Reason: show(name) + " puts a kernel of its own between"}
	}
	return Result{State: inspect.Partly, Reason: show(name) + " shares the host's kernel", Findings: []inspect.Finding{inform(inspect.Finding{
		Evidence: fmt.Sprintf("the runtime is %s.", show(name)),
		Source:   w.Sources.Of("runtime"),
	})}}
}
