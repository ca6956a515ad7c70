package check

import "slices"

// all holds every check of a workload, by layer in the order layers are shown.
var all = []Check{
	userRoot,
	actualUser,
	capabilities,
	actualCapabilities,
	seccompUnconfined,
	actualSeccomp,
	mandatoryAccessControl,
	actualLabel,
	readOnlyRoot,
	noNewPrivileges,
	actualNoNewPrivileges,
	executedProcesses,
	privileged,
	hostNamespaces,
	devices,
	sensitiveMounts,
	engineSocket,
	mountPropagation,
	maskedPaths,
	hostNetwork,
	publishedPorts,
	defaultBridge,
	limits,
	swap,
	restartLoop,
	imageUser,
	imageTag,
	imageHealthcheck,
	imageDigest,
	secretEnvironment,
	secretLabels,
	detection,
	isolationRuntime,
}

// All returns every check, those of the engine first, then by layer in the
// order layers are shown.
func All() []Check { return slices.Concat(engineChecks, all) }

// ByID returns the check with the ID.
func ByID(id string) (Check, bool) {
	checks := All()
	i := slices.IndexFunc(checks, func(c Check) bool { return c.ID == id })
	if i < 0 {
		return Check{}, false
	}
	return checks[i], true
}
