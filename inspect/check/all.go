package check

import "slices"

// all holds every check, by layer in the order layers are shown.
var all = []Check{
	userRoot,
	capabilities,
	seccompUnconfined,
	readOnlyRoot,
	noNewPrivileges,
	privileged,
	hostNamespaces,
	devices,
	sensitiveMounts,
	engineSocket,
	maskedPaths,
	hostNetwork,
	publishedPorts,
	defaultBridge,
	limits,
}

// All returns every check, by layer in the order layers are shown.
func All() []Check { return slices.Clone(all) }

// ByID returns the check with the ID.
func ByID(id string) (Check, bool) {
	i := slices.IndexFunc(all, func(c Check) bool { return c.ID == id })
	if i < 0 {
		return Check{}, false
	}
	return all[i], true
}
