package workbench

import (
	"context"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// askFor bounds how long another program is asked about itself.
const askFor = 5 * time.Second

// knowsTags says whether the Compose program of this machine knows !override
// and !reset, as docker compose does since 2.24.4 (docs.docker.com, "Merge",
// "Replace value"). Where there is none, or none that answers, it counts as one
// that does not.
func knowsTags(ctx context.Context) bool {
	for _, command := range [][]string{{"docker", "compose", "version", "--short"}, {"docker-compose", "version", "--short"}} {
		asked, cancel := context.WithTimeout(ctx, askFor)
		out, err := exec.CommandContext(asked, command[0], command[1:]...).Output()
		cancel()
		if err == nil {
			return tagsSince(string(out))
		}
	}
	return false
}

var version = regexp.MustCompile(`^v?(\d+)\.(\d+)\.(\d+)`)

// tagsSince reads a version as `docker compose version --short` prints it.
func tagsSince(short string) bool {
	parts := version.FindStringSubmatch(short)
	if parts == nil {
		return false
	}
	for i, least := range []int{2, 24, 4} {
		n, err := strconv.Atoi(parts[i+1])
		if err != nil || n != least {
			return err == nil && n > least
		}
	}
	return true
}
