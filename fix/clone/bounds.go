package clone

import (
	"context"
	"fmt"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// bounds are the limits of copies whose originals have none: a service that a
// trial breaks may fork or grow without end, and must not take the machine with
// it. They are the copies' alone. They are set after a plan was applied, so no
// plan, and nothing that is written, holds them.
type bounds struct {
	memory    int64 // bytes, 0 for none
	processes int64 // threads, as the pids cgroup counts; 0 for none
}

// mostProcesses is far more than services of one container use, and so few that
// several copies leave the kernel's default of 32768 process IDs room.
const mostProcesses = 4096

// boundsOf asks the engine how large its host is: a copy may use half of it,
// because more than that could not run beside its original. What the engine
// cannot limit, as a rootless one without delegated cgroups, stays unlimited:
// it would drop the limit with no more than a warning.
func boundsOf(ctx context.Context, api *client.Client) (bounds, error) {
	info, err := api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return bounds{}, fmt.Errorf("asking how much memory the engine has: %w", err)
	}
	var b bounds
	if info.Info.MemoryLimit {
		b.memory = info.Info.MemTotal / 2
	}
	if info.Info.PidsLimit {
		b.processes = mostProcesses
	}
	return b, nil
}

// unbounded says which of the two the original does not limit.
func unbounded(h container.HostConfig) (memory, processes bool) {
	return h.Memory <= 0, h.PidsLimit == nil || *h.PidsLimit <= 0
}

// on sets what is not limited.
func (b bounds) on(h *container.HostConfig) {
	memory, processes := unbounded(*h)
	if memory && b.memory > 0 {
		h.Memory = max(b.memory, h.MemoryReservation) // the engine refuses less than is reserved
	}
	if processes && b.processes > 0 {
		h.PidsLimit = &b.processes
	}
}

// note says what the copies of a container are bounded by, and by what they
// cannot be; "" where the original has limits of its own.
func (b bounds) note(h container.HostConfig) string {
	memory, processes := unbounded(h)
	var most, cannot []string
	switch {
	case memory && b.memory > 0:
		most = append(most, "half of the machine's memory")
	case memory:
		cannot = append(cannot, "memory")
	}
	switch {
	case processes && b.processes > 0:
		most = append(most, fmt.Sprintf("%d processes", b.processes))
	case processes:
		cannot = append(cannot, "processes")
	}
	var said []string
	if len(most) > 0 {
		said = append(said, fmt.Sprintf("A copy gets at most %s, so that it cannot starve the rest; that is no part of the plan.", strings.Join(most, " and ")))
	}
	if len(cannot) > 0 {
		said = append(said, fmt.Sprintf("This engine cannot limit %s: a copy that grows without end can starve the machine.", strings.Join(cannot, " and ")))
	}
	return strings.Join(said, " ")
}
