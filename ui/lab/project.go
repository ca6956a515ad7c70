package lab

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"bulkhead/inspect/compose"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

// readProject reads the lab's Compose files as Compose itself reads them, with
// the override file and .env beside them. Variables that would point Compose
// at another project are not passed on.
func readProject(ctx context.Context, o Options) (*types.Project, error) {
	// compose-go warns on logrus's global logger, which would write over the
	// screen.
	logrus.SetOutput(io.Discard)
	environ := slices.DeleteFunc(slices.Clone(o.Environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains([]string{"COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES"}, name)
	})
	options, err := cli.NewProjectOptions(nil,
		cli.WithWorkingDirectory(o.Dir),
		cli.WithEnv(environ),
		cli.WithEnvFiles(),
		cli.WithDotEnv,
		cli.WithDefaultConfigPath,
	)
	if err != nil {
		return nil, fmt.Errorf("reading compose file %q: %w", filepath.Join(o.Dir, fileName), err)
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return nil, explain(ctx, o, err)
	}
	return project, nil
}

// explain prefers what package compose says of the same file: it names the line,
// and it shows no values. compose-go's own words are the last resort.
func explain(ctx context.Context, o Options, err error) error {
	file := filepath.Join(o.Dir, fileName)
	read, better := compose.Load(ctx, compose.Options{Files: []string{file}, Env: o.Environ})
	switch {
	case better != nil:
		return better
	case len(read.Warnings) > 0:
		return fmt.Errorf("reading compose file %q: %s", file, strings.Join(read.Warnings, " "))
	}
	return fmt.Errorf("reading compose file %q: %w", file, err)
}
