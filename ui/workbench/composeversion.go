package workbench

import (
	"context"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"bulkhead/fix/clone"
)

// knowsTags says whether the Compose program of this machine knows !override
// and !reset, as docker compose does since 2.24.4 (docs.docker.com, "Merge",
// "Replace value"). Where there is none, or none that answers, it counts as one
// that does not.
func (b *Bench) knowsTags(ctx context.Context) bool {
	c, found := clone.FindCompose(ctx, b.Environ)
	return found && tagsSince(c.Version)
}

// named is the command with the Compose that this machine has: docker-compose
// where that is installed and the docker command knows no compose.
func (b *Bench) named(ctx context.Context, command string) string {
	rest, ok := strings.CutPrefix(command, "docker compose ")
	if !ok {
		return command
	}
	if _, err := exec.LookPath("docker-compose"); err != nil {
		return command
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	plugin := exec.CommandContext(ctx, "docker", "compose", "version", "--short")
	plugin.Env, plugin.WaitDelay = b.Environ, time.Second
	if plugin.Run() == nil {
		return command
	}
	return "docker-compose " + rest
}

var version = regexp.MustCompile(`^(\d+)\.(\d+)\.(\d+)`)

// tagsSince reads a version as clone.Compose has it.
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
