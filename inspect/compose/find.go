package compose

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/consts"
	"github.com/compose-spec/compose-go/v2/dotenv"
	composeloader "github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/utils"
)

// findFiles returns the project's files and directory, absolute.
func findFiles(o Options, env map[string]string) (files []string, dir string, err error) {
	files = o.Files
	if len(files) == 0 {
		files, err = defaultFiles(o.Dir, env)
		if err != nil {
			return nil, "", err
		}
	}
	abs := make([]string, len(files))
	for i, f := range files {
		if abs[i], err = filepath.Abs(f); err != nil {
			return nil, "", accessError(f, err)
		}
	}
	dir = filepath.Dir(abs[0])
	if len(o.Files) > 0 && o.Dir != "" {
		if dir, err = filepath.Abs(o.Dir); err != nil {
			return nil, "", accessError(o.Dir, err)
		}
	}
	return abs, dir, nil
}

// defaultFiles finds the files that Compose would take.
func defaultFiles(dir string, env map[string]string) ([]string, error) {
	found, err := cli.NewProjectOptions(nil, cli.WithWorkingDirectory(dir), withMapping(env),
		cli.WithConfigFileEnv, cli.WithDefaultConfigPath)
	if err != nil {
		return nil, &Error{Problem: err.Error(), Next: "Check COMPOSE_FILE, or name the file with -f.", Err: err}
	}
	if len(found.ConfigPaths) == 0 {
		return nil, &Error{
			Problem: fmt.Sprintf("none of %s is here", strings.Join(cli.DefaultFileNames, ", ")),
			Next:    "Change to the project's directory, or name the file with -f.",
			Err:     os.ErrNotExist,
		}
	}
	return found.ConfigPaths, nil
}

func withMapping(env map[string]string) cli.ProjectOptionsFn {
	return func(o *cli.ProjectOptions) error {
		for k, v := range env {
			o.Environment[k] = v
		}
		return nil
	}
}

// environment is what ${VARIABLES} are replaced from: the caller's, then .env.
func environment(env []string) map[string]string {
	return utils.GetAsEqualsMap(env)
}

// addDotEnv adds the variables of the project's .env files, which the
// environment overrides.
func (l *loader) addDotEnv() {
	if off, err := strconv.ParseBool(l.env[consts.ComposeDisableDefaultEnvFile]); err == nil && off {
		return
	}
	var paths []string
	if named := l.env["COMPOSE_ENV_FILES"]; named != "" {
		paths = strings.Split(named, ",")
	} else if path := filepath.Join(l.dir, ".env"); isRegular(path) {
		paths = []string{path}
	}
	for _, path := range paths {
		if _, err := readFile(path); err != nil {
			l.warn("The file %q could not be read. Variables that it sets count as not set.", path)
			continue
		}
		// The parser's error may quote a value, so it is not repeated.
		vars, err := dotenv.GetEnvFromFile(l.env, []string{path})
		if err != nil {
			l.warn("The file %q is not in the form NAME=value. Variables that it sets count as not set.", path)
			continue
		}
		for k, v := range vars {
			if _, set := l.env[k]; !set {
				l.env[k] = v
			}
		}
	}
}

func isRegular(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// projectName is Compose's choice: what was asked for, the environment, the
// name: of the last file that has one, the directory's name.
func (l *loader) projectName(asked string) (string, error) {
	if asked != "" {
		if composeloader.NormalizeProjectName(asked) != asked {
			return "", &Error{Problem: composeloader.InvalidProjectNameErr(asked).Error(), Next: "Choose another project name."}
		}
		return asked, nil
	}
	candidates := []string{l.env[consts.ComposeProjectName]}
	for i := len(l.tree.own) - 1; i >= 0; i-- {
		for _, root := range l.tree.own[i].roots {
			name, _, _ := l.substitute(text(lookup(root, "name")))
			candidates = append(candidates, name)
		}
	}
	for _, c := range append(candidates, filepath.Base(l.dir)) {
		if name := composeloader.NormalizeProjectName(c); name != "" {
			return name, nil
		}
	}
	l.warn("The directory %q gives no project name. The name \"default\" stands in for it.", l.dir)
	return "default", nil
}

// DefaultFiles are the files that Compose finds by itself in the directory and
// those above it: the first default name, and its override where there is one.
func DefaultFiles(dir string) ([]string, error) { return defaultFiles(dir, nil) }
