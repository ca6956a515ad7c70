package workbench

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"bulkhead/inspect"
)

// askFor bounds how long git is asked.
const askFor = 5 * time.Second

// uncommitted says that the file is not as its git work tree last committed it:
// whoever looks at the change later sees both together. Only what is committed
// is asked for, by its hash: `git status` would run filters that the
// repository's configuration names. Without git, or outside a work tree, there
// is nothing to say.
func uncommitted(ctx context.Context, path string) []string {
	dir, name := filepath.Split(path)
	committed := git(ctx, dir, "rev-parse", "--verify", "--quiet", "HEAD:./"+name)
	if committed == "" || committed == git(ctx, dir, "hash-object", "--no-filters", "--", name) {
		return nil
	}
	return []string{inspect.Printable(path) + " is not as git last committed it; commit it first to see this change by itself."}
}

// git is what a git command prints, "" where it fails.
func git(ctx context.Context, dir string, args ...string) string {
	asked, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	cmd := exec.CommandContext(asked, "git", args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
