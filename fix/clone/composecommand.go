package clone

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"bulkhead/inspect"
)

// composeCommand is an installed Compose.
type composeCommand struct {
	argv    []string
	environ []string
	legacy  bool
}

// findCompose looks for the plugin of the docker command, then for the program
// docker-compose, and aims it at the engine.
func findCompose(ctx context.Context, host inspect.Host, service Service) (composeCommand, error) {
	environ, global := aimed(service.Environ, host)
	for _, argv := range [][]string{slices.Concat([]string{"docker"}, global, []string{"compose"}), append([]string{"docker-compose"}, global...)} {
		version := exec.CommandContext(ctx, argv[0], append(argv[1:len(argv):len(argv)], "version", "--short")...)
		version.Env, version.WaitDelay = environ, time.Second
		out, err := version.Output()
		if err == nil {
			major := strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
			return composeCommand{argv: argv, environ: environ, legacy: strings.HasPrefix(major, "1.")}, nil
		}
		if ctx.Err() != nil {
			return composeCommand{}, ctx.Err()
		}
	}
	return composeCommand{}, &NoComposeError{Service: service.Name}
}

// aimed is the environment and the flags that make the docker command talk to
// this very engine about nothing but what it is given.
func aimed(environ []string, host inspect.Host) (env, global []string) {
	named := host.Context != "" && host.Context != "default"
	for _, kv := range environ {
		key, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(key, "COMPOSE_") || key == "DOCKER_CONTEXT" || key == "DOCKER_HOST" {
			continue
		}
		env = append(env, kv)
	}
	if named {
		return env, []string{"--context", host.Context}
	}
	return append(env, "DOCKER_HOST="+host.Endpoint), nil
}

// create has Compose create the project's containers, and returns what it
// complained of, which is safe to show. The model goes through standard input:
// it holds the values of variables.
func (c composeCommand) create(ctx context.Context, project string, model []byte, redactor inspect.Redactor) error {
	dir, err := os.MkdirTemp("", "bulkhead-compose-") // without a .env and a Compose file
	if err != nil {
		return fmt.Errorf("making a directory for Compose: %w", err)
	}
	defer os.RemoveAll(dir)
	args := append(c.argv[1:len(c.argv):len(c.argv)], "-p", project, "-f", "-", "up", "--no-start", "--no-build")
	command := exec.CommandContext(ctx, c.argv[0], args...)
	command.Dir, command.Env, command.Stdin, command.WaitDelay = dir, c.environ, bytes.NewReader(model), 5*time.Second
	out, err := command.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(redactor.Redact(string(out))), "\n")
	return fmt.Errorf("%w: %s", err, inspect.Truncate(inspect.Printable(strings.Join(lines[max(0, len(lines)-3):], " / ")), 500))
}

// redactorOf knows the values of the services' variables.
func redactorOf(project *types.Project, names []string) inspect.Redactor {
	var env []string
	for _, name := range names {
		for key, value := range project.Services[name].Environment {
			if value != nil {
				env = append(env, key+"="+*value)
			}
		}
	}
	return inspect.NewRedactor(env)
}
