package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bulkhead/inspect"

	"github.com/moby/moby/api/types/container"
)

// NotFoundError says that no workload has that name.
type NotFoundError struct {
	Target string
	// Near are the names that may have been meant, the nearest first.
	Near []string
	// Files are the Compose files that were looked in instead of an engine.
	Files []string
}

// Error is one printable sentence.
func (e *NotFoundError) Error() string {
	if len(e.Files) > 0 {
		return fmt.Sprintf("There is no service %q in %s.", inspect.Printable(e.Target), inspect.Printable(strings.Join(e.Files, ", ")))
	}
	return fmt.Sprintf("There is no container or Compose service %q on this engine.", inspect.Printable(e.Target))
}

// Hint is the next step.
func (e *NotFoundError) Hint() string {
	if len(e.Near) > 0 {
		return fmt.Sprintf("Did you mean %s?", quoted(e.Near))
	}
	if len(e.Files) > 0 {
		return fmt.Sprintf("`bulkhead audit -f %s` lists what it defines.", inspect.Printable(e.Files[0]))
	}
	return "`bulkhead audit` lists what is there. A service that was never started is found by its file: -f compose.yaml."
}

// AmbiguousError says that several workloads answer to that name.
type AmbiguousError struct {
	Target string
	// Matches are the names of what it may mean, sorted.
	Matches []string
}

// Error is one printable sentence.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q may mean %s.", inspect.Printable(e.Target), quoted(e.Matches))
}

// Hint is the next step.
func (e *AmbiguousError) Hint() string { return "Write the whole name or more of the ID." }

// Find returns the workload that the target names: a container's name, its ID
// or the beginning of it, or project/service. The name of a service's container
// means the service, read from that very container. The error is a
// *NotFoundError or an *AmbiguousError where the engine did answer.
func (e *Engine) Find(ctx context.Context, target string) (inspect.Workload, error) {
	list, err := e.list(ctx)
	if err != nil {
		return inspect.Workload{}, err
	}
	wanted, err := match(list, target)
	if err != nil {
		return inspect.Workload{}, err
	}
	var workloads []inspect.Workload
	problems, err := e.read(ctx, wanted, list, nil, func(w inspect.Workload) { workloads = append(workloads, w) })
	switch {
	case err != nil:
		return inspect.Workload{}, err
	case len(workloads) == 1:
		return workloads[0], nil
	case len(problems) > 0:
		return inspect.Workload{}, fmt.Errorf("reading %q: %s", inspect.Printable(target), strings.Join(problems, " "))
	default:
		// It went away between the listing and the inspect.
		return inspect.Workload{}, &NotFoundError{Target: target, Near: inspect.Near(target, names(list))}
	}
}

// match picks the containers that the target names: those of a service, or one.
func match(list []container.Summary, target string) ([]container.Summary, error) {
	target = strings.TrimPrefix(target, "/")
	pick := func(matches func(container.Summary) bool) []container.Summary {
		var out []container.Summary
		for _, s := range list {
			if matches(s) {
				out = append(out, s)
			}
		}
		return out
	}
	if named := pick(func(s container.Summary) bool { return slices.Contains(s.Names, "/"+target) }); len(named) == 1 {
		return named, nil
	}
	if replicas := pick(func(s container.Summary) bool {
		of, ok := composeService(s.Labels)
		return ok && of.String() == target
	}); len(replicas) > 0 {
		return replicas, nil
	}
	byID := pick(func(s container.Summary) bool { return target != "" && strings.HasPrefix(s.ID, target) })
	switch {
	case len(byID) == 1:
		return byID, nil
	case len(byID) > 1:
		return nil, &AmbiguousError{Target: target, Matches: names(byID)}
	}
	return nil, &NotFoundError{Target: target, Near: inspect.Near(target, names(list))}
}

// names are what a person may type to mean the containers, sorted.
func names(list []container.Summary) []string {
	var out []string
	for _, s := range list {
		if of, ok := composeService(s.Labels); ok {
			out = append(out, of.String())
		}
		out = append(out, summaryName(s))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
