package clone

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"bulkhead/fix/owner"
	"bulkhead/inspect"
)

// askFor bounds how long Compose is asked about itself.
const askFor = 5 * time.Second

// Compose is an installed Compose program.
type Compose struct {
	// Argv runs it.
	Argv []string
	// Version is as it says it itself, without a leading v: "2.30.1".
	Version string
}

// FindCompose looks for the plugin of the docker command, then for the program
// docker-compose, and says whether one of them answers. Both get the global
// flags; environ nil is the environment of this process.
func FindCompose(ctx context.Context, environ []string, global ...string) (Compose, bool) {
	for _, argv := range [][]string{slices.Concat([]string{"docker"}, global, []string{"compose"}), slices.Concat([]string{"docker-compose"}, global)} {
		asked, cancel := context.WithTimeout(ctx, askFor)
		version := exec.CommandContext(asked, argv[0], slices.Concat(argv[1:], []string{"version", "--short"})...)
		version.Env, version.WaitDelay = environ, time.Second
		out, err := version.Output()
		cancel()
		if err == nil {
			return Compose{argv, strings.TrimPrefix(strings.TrimSpace(string(out)), "v")}, true
		}
	}
	return Compose{}, false
}

// composeCommand is a Compose program that is aimed at an engine.
type composeCommand struct {
	argv    []string
	environ []string
	legacy  bool
}

// findCompose finds a Compose program and aims it at the engine.
func findCompose(ctx context.Context, host inspect.Host, service Service) (composeCommand, error) {
	environ, global := aimed(service.Environ, host)
	c, found := FindCompose(ctx, environ, global...)
	switch {
	case ctx.Err() != nil:
		return composeCommand{}, ctx.Err()
	case !found:
		return composeCommand{}, &NoComposeError{Service: service.Name}
	}
	return composeCommand{argv: c.Argv, environ: environ, legacy: strings.HasPrefix(c.Version, "1.")}, nil
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
	dir, err := emptyDir()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	runtime.LockOSThread() // what diesWithUs binds the command to
	defer runtime.UnlockOSThread()
	args := append(c.argv[1:len(c.argv):len(c.argv)], "-p", project, "-f", "-", "up", "--no-start", "--no-build")
	command := exec.CommandContext(ctx, c.argv[0], args...)
	command.Dir, command.Env, command.Stdin, command.WaitDelay = dir, c.environ, bytes.NewReader(model), 5*time.Second
	diesWithUs(command)
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

// emptyDirs is how the names of the directories in which Compose runs begin.
const emptyDirs = "bulkhead-compose-"

// emptyDir makes a directory without a .env and a Compose file. Its name says
// whose it is.
func emptyDir() (string, error) {
	dir, err := os.MkdirTemp("", emptyDirs+owner.InName()+"-")
	if err != nil {
		return "", fmt.Errorf("making a directory for Compose: %w", err)
	}
	return dir, nil
}

// sweepEmptyDirs removes the directories of processes that are gone, and returns
// them.
func sweepEmptyDirs() ([]string, error) {
	all, err := filepath.Glob(filepath.Join(os.TempDir(), emptyDirs+"*-*"))
	if err != nil {
		return nil, err
	}
	var removed []string
	var problems []error
	for _, dir := range all {
		name := strings.TrimPrefix(filepath.Base(dir), emptyDirs)
		if !owner.Gone(owner.OfName(name[:strings.LastIndex(name, "-")])) {
			continue
		}
		err := os.Remove(dir) // which takes nothing but an empty one
		if err == nil {
			removed = append(removed, "directory "+inspect.Printable(dir))
		}
		problems = append(problems, err)
	}
	return removed, errors.Join(problems...)
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
