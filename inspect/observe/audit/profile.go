package audit

import (
	"strings"

	"github.com/moby/moby/api/types/container"
)

// The profiles have all calls logged; see the package's comment for clone3.
const (
	logAll          = `{"defaultAction":"SCMP_ACT_LOG"}`
	logAllButClone3 = `{"defaultAction":"SCMP_ACT_LOG","syscalls":[{"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38}]}`
)

// Prepare returns the settings of a copy that is logged; the ones passed stay
// as they are.
func Prepare(config *container.Config, host *container.HostConfig) (*container.Config, *container.HostConfig, error) {
	h := container.HostConfig{}
	if host != nil {
		h = *host
	}
	profile := logAllButClone3
	var options []string
	for _, o := range h.SecurityOpt {
		name, value, _ := strings.Cut(strings.Replace(o, ":", "=", 1), "=")
		if name != "seccomp" {
			options = append(options, o)
		} else if value == "unconfined" {
			profile = logAll
		}
	}
	if h.Privileged {
		profile = logAll // the engine gives it no profile
	}
	h.SecurityOpt = append(options, "seccomp="+profile)
	return config, &h, nil
}
