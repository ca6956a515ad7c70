package workbench

import (
	"context"
	"regexp"
	"strconv"

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
