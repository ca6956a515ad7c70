package composefile

import (
	"strconv"
	"strings"

	"bulkhead/inspect"
)

// limit is one limit as the service's own key has it, and as
// deploy.resources.limits does: there the schema of Compose before version 2
// wants texts.
type limit struct{ key, deployed outcome }

func memoryLimit(c inspect.Change) limit {
	size := inspect.Bytes(c.Limit)
	if strings.Trim(size, "0123456789") == "" {
		size += "b"
	}
	return limit{outcome{key: "mem_limit", text: size}, outcome{key: "memory", text: size}}
}

func pidsLimit(c inspect.Change) limit {
	number := strconv.FormatInt(c.Limit, 10)
	return limit{outcome{key: "pids_limit", scalar: number}, outcome{key: "pids", scalar: number}}
}

func cpuLimit(c inspect.Change) limit {
	number := strconv.FormatFloat(c.CPUs, 'f', -1, 64)
	return limit{outcome{key: "cpus", scalar: number}, outcome{key: "cpus", text: number}}
}

// limits writes each limit where it stands: Compose refuses both forms with
// different values.
func (w *wanted) limits() error {
	var deployed []outcome
	err := w.eachLimit(func(l limit) error {
		if w.deploys() {
			deployed = append(deployed, l.deployed)
		}
		if w.deploys() && w.field(l.key.key) == nil {
			return nil
		}
		return w.single(l.key)
	})
	if err != nil || len(deployed) == 0 {
		return err
	}
	return w.deploy(deployed)
}

// eachLimit calls write with each limit that the plan sets and that does not
// count today.
func (w *wanted) eachLimit(write func(limit) error) error {
	for _, kind := range []struct {
		dial inspect.Dial
		of   func(inspect.Change) limit
	}{{inspect.DialMemory, memoryLimit}, {inspect.DialPIDs, pidsLimit}, {inspect.DialCPUs, cpuLimit}} {
		c, ok := w.change(kind.dial)
		if !ok {
			continue
		}
		if err := w.checkLimit(c); err != nil {
			return err
		}
		if err := write(kind.of(c)); err != nil {
			return err
		}
	}
	return nil
}

// deploys says whether the service's limits stand under deploy.
func (w *wanted) deploys() bool {
	return w.model.Deploy != nil && w.model.Deploy.Resources.Limits != nil
}

// deploy changes deploy.resources.limits, which must stand here.
func (w *wanted) deploy(limits []outcome) error {
	node := w.mapping
	for _, key := range []string{"deploy", "resources", "limits"} {
		f := own(node, key)
		if f == nil {
			return refuseAt(w.key, "deploy.resources.limits counts, and does not stand here")
		}
		node = f.value
	}
	for _, l := range limits {
		if f := own(node, l.key); f != nil {
			if err := w.plain(f); err != nil {
				return err
			}
		}
	}
	w.add(deployOutcome(limits))
	w.note("docker-compose before version 2 heeds deploy.resources.limits only with --compatibility, and knows no pids there.")
	return nil
}

// deployOutcome puts limits under deploy.
func deployOutcome(limits []outcome) outcome {
	return outcome{key: "deploy", below: []outcome{{key: "resources", below: []outcome{{key: "limits", below: limits}}}}}
}

// checkLimit refuses a limit that the engine would not take beside what stands
// there (moby daemon/daemon_unix.go, verifyPlatformContainerResources).
func (w *wanted) checkLimit(c inspect.Change) error {
	m := w.model
	switch {
	case c.Dial == inspect.DialCPUs && (m.CPUQuota != 0 || m.CPUPeriod != 0):
		return refuseAt(w.key, "cpu_quota or cpu_period stands beside the processor limit, and the engine takes only one of them")
	case c.Dial == inspect.DialMemory && m.MemSwapLimit > 0:
		return refuseAt(w.key, "memswap_limit stands beside the memory limit and would count differently")
	case c.Dial == inspect.DialMemory && int64(m.MemReservation) > c.Limit:
		return refuseAt(w.key, "mem_reservation is more than the memory limit would be")
	}
	return nil
}
