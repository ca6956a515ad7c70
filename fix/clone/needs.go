package clone

import (
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// Need is one thing that a Compose service needs beside it.
type Need struct {
	// Service is the other service of the same project.
	Service string
	// Condition is what has to be true of it first; "" means Started.
	Condition Condition
	// Optional says that the service does without it.
	Optional bool
	// Aliases are further names under which the service knows it.
	Aliases []string
}

// Condition is what a dependency must have reached before what needs it starts.
type Condition string

// The conditions, as Compose writes them.
const (
	Started   Condition = types.ServiceConditionStarted
	Healthy   Condition = types.ServiceConditionHealthy
	Completed Condition = types.ServiceConditionCompletedSuccessfully
)

// NeedsOf says what each service of the project needs: its depends_on, links,
// and the services whose namespaces or volumes it uses.
func NeedsOf(project *types.Project) map[string][]Need {
	all := map[string][]Need{}
	for name, service := range project.Services {
		needs := []Need{}
		for _, other := range service.GetDependencies() {
			d := service.DependsOn[other]
			needs = append(needs, Need{
				Service: other, Condition: Condition(d.Condition), Optional: !d.Required, Aliases: linkedAs(service, other),
			})
		}
		slices.SortFunc(needs, func(a, b Need) int { return strings.Compare(a.Service, b.Service) })
		all[name] = needs
	}
	return all
}

// linkedAs are the names that links give to another service.
func linkedAs(service types.ServiceConfig, other string) []string {
	var names []string
	for _, link := range service.Links {
		to, alias, ok := strings.Cut(link, ":")
		if ok && to == other {
			names = append(names, alias)
		}
	}
	return names
}

// The labels of Compose's containers that are read here. labelDependsOn is
// written since version 2 (docker/compose, pkg/api/labels.go and
// pkg/compose/create.go): "db:service_healthy:false,cache:service_started:true",
// where the last part says whether a restart is passed on.
const (
	labelProject   = "com.docker.compose.project"
	labelService   = "com.docker.compose.service"
	labelNumber    = "com.docker.compose.container-number"
	labelOneOff    = "com.docker.compose.oneoff"
	labelDependsOn = "com.docker.compose.depends_on"
)

// labelNeeds reads what the label of a container says that it depends on.
// Whether it could do without is not written there.
func labelNeeds(label string) []Need {
	var needs []Need
	for entry := range strings.SplitSeq(label, ",") {
		parts := strings.Split(entry, ":")
		if parts[0] == "" {
			continue
		}
		n := Need{Service: parts[0], Condition: Started}
		if len(parts) > 1 && parts[1] != "" {
			n.Condition = Condition(parts[1])
		}
		needs = append(needs, n)
	}
	return needs
}
