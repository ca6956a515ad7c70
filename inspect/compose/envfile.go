package compose

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
)

// addEnvFiles adds the names of the variables that the service's env_file
// entries set. Their values are not kept.
func (l *loader) addEnvFiles(service *types.ServiceConfig) {
	service.Environment = maps.Clone(service.Environment)
	for _, file := range service.EnvFiles {
		names, problem := l.envFileNames(file)
		if problem == "" {
			if service.Environment == nil && len(names) > 0 {
				service.Environment = types.MappingWithEquals{}
			}
			for _, name := range names {
				if value := service.Environment[name]; value == nil {
					empty := ""
					service.Environment[name] = &empty
				}
			}
			continue
		}
		if !bool(file.Required) && !isRegular(file.Path) {
			continue
		}
		l.unknown(service.Name, "env_file", "an env_file "+problem)
		sentence := fmt.Sprintf("The env_file %q %s", file.Path, problem)
		l.envFiles[sentence] = append(l.envFiles[sentence], service.Name)
	}
}

// warnEnvFiles says once for each file which services it concerns.
func (l *loader) warnEnvFiles() {
	for _, sentence := range slices.Sorted(maps.Keys(l.envFiles)) {
		services := l.envFiles[sentence]
		slices.Sort(services)
		l.warn("%s. The variables that it sets are not known (%s).", sentence, strings.Join(services, ", "))
	}
}

// envFileNames returns the names a file sets, or what is wrong with it. The
// parser's own error is not repeated because it may quote a value.
func (l *loader) envFileNames(file types.EnvFile) (names []string, problem string) {
	content, err := l.content(file.Path)
	if err != nil {
		return nil, "could not be read"
	}
	vars := map[string]string{}
	lookup := func(name string) (string, bool) {
		value, ok := l.env[name]
		return value, ok
	}
	if err := dotenv.ParseWithFormat(bytes.NewReader(content), file.Path, vars, lookup, file.Format); err != nil {
		return nil, "is not in the form NAME=value"
	}
	return slices.Sorted(maps.Keys(vars)), ""
}
