package composefile

import (
	"bytes"
	"maps"
	"path/filepath"
	"reflect"
	"slices"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/inspect/compose"

	"github.com/compose-spec/compose-go/v2/types"
)

// declares checks, from the text and its YAML alone, that beyond the service
// (as within has it) only the plan's secrets and the proxy beside it were
// declared, and no comment was lost.
func (v verifier) declares(within, after []byte) error {
	l := v.layout
	root, err := parse(bytes.TrimPrefix(after, l.bom))
	if err != nil {
		return refuseAt(l.key, "the edited file would not be valid YAML")
	}
	service, err := parse(bytes.TrimPrefix(within, l.bom))
	if err != nil {
		return refuseAt(l.key, "the edited file would not be valid YAML")
	}
	was, is := resolve(service), resolve(root)
	v.request.Beside.undeclare(is)
	declared, _ := is["secrets"].(map[string]any)
	declared = maps.Clone(declared)
	for _, c := range v.request.Plan.Of(inspect.DialSecret) {
		delete(declared, c.Secret.Name)
	}
	if was["secrets"] == nil && len(declared) == 0 {
		delete(is, "secrets")
	} else {
		is["secrets"] = declared
	}
	if !reflect.DeepEqual(was, is) || !slices.Equal(commentsOf(l.text), commentsOf(bytes.TrimPrefix(after, l.bom))) {
		return refuseAt(l.key, "declaring what the service refers to would change other parts of the file")
	}
	return nil
}

// withoutSecret is the service without what moving the secret changes.
func withoutSecret(s types.ServiceConfig, secret inspect.Secret) types.ServiceConfig {
	s.Environment = maps.Clone(s.Environment)
	delete(s.Environment, secret.Variable)
	delete(s.Environment, secret.FileVariable)
	if len(s.Environment) == 0 {
		s.Environment = nil
	}
	s.Secrets = nonEmpty(slices.DeleteFunc(slices.Clone(s.Secrets), func(c types.ServiceSecretConfig) bool { return c.Source == secret.Name }))
	return s
}

// withoutStubs are the settings without the mounts of the plan's secrets: Apply
// does not know where the files are. hasSecrets compares them.
func (v verifier) withoutStubs(s inspect.Settings, dir string) inspect.Settings {
	s = s.Clone()
	for _, c := range v.request.Plan.Of(inspect.DialSecret) {
		s.Mounts = slices.DeleteFunc(s.Mounts, func(m inspect.Mount) bool {
			return !fix.Meets(v.workload.Settings, c) && m.Type == inspect.BindMount && m.ReadOnly &&
				m.Target == c.Secret.Path() && m.Source == stub(dir, c.Secret)
		})
	}
	return s
}

// otherSecrets are the declared secrets without the plan's.
func (v verifier) otherSecrets(declared types.Secrets) types.Secrets {
	if len(v.top) == 0 {
		return declared
	}
	declared = maps.Clone(declared)
	for _, c := range v.request.Plan.Of(inspect.DialSecret) {
		delete(declared, c.Secret.Name)
	}
	if len(declared) == 0 && len(v.before.Compose.Secrets) == 0 {
		return v.before.Compose.Secrets
	}
	return declared
}

// hasSecrets says whether the project gives the service every secret that was
// planned, at the path that its variable names.
func (v verifier) hasSecrets(p compose.Project) bool {
	s := p.Compose.Services[v.request.Service]
	for _, c := range v.request.Plan.Of(inspect.DialSecret) {
		if fix.Meets(v.workload.Settings, c) {
			continue // nothing was to be moved
		}
		secret := c.Secret
		given := slices.ContainsFunc(s.Secrets, func(g types.ServiceSecretConfig) bool {
			return g.Source == secret.Name && slices.Contains([]string{"", secret.Name, secret.Path()}, g.Target)
		})
		if !given || p.Compose.Secrets[secret.Name].File != stub(p.Dir, secret) {
			return false
		}
		if names := secret.FileVariable; names != "" {
			if path := s.Environment[names]; path == nil || *path != secret.Path() {
				return false
			}
		}
	}
	return true
}

// stub is the file that holds the secret.
func stub(dir string, secret inspect.Secret) string {
	return filepath.Join(dir, "secrets", secret.Name+".txt")
}
