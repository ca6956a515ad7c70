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
	processes int64 // threads, as the pids cgroup counts
}

// mostProcesses is far more than services of one container use, and so few that
// several copies leave the kernel's default of 32768 process IDs room.
const mostProcesses = 4096

// boundsOf asks the engine how large its host is: a copy may use half of it,
// because more than that could not run beside its original.
func boundsOf(ctx context.Context, api *client.Client) (bounds, error) {
	info, err := api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return bounds{}, fmt.Errorf("asking how much memory the engine has: %w", err)
	}
	return bounds{memory: info.Info.MemTotal / 2, processes: mostProcesses}, nil
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
	if processes {
		h.PidsLimit = &b.processes
	}
}

// note says what the copies of a container are bounded by; "" where the original
// has limits of its own.
func (b bounds) note(h container.HostConfig) string {
	memory, processes := unbounded(h)
	var most []string
	if memory && b.memory > 0 {
		most = append(most, "half of the machine's memory")
	}
	if processes {
		most = append(most, fmt.Sprintf("%d processes", b.processes))
	}
	if len(most) == 0 {
		return ""
	}
	return fmt.Sprintf("A copy gets at most %s, so that it cannot starve the rest; that is no part of the plan.", strings.Join(most, " and "))
}
