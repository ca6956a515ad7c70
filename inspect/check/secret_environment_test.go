package check

import (
	"testing"

	"bulkhead/inspect"
)

// The finding carries the move only where the image is known to read the file
// as the user that it has.
func TestSecretEnvironmentCarriesTheMove(t *testing.T) {
	own := inspect.Sources{"environment.POSTGRES_PASSWORD": {Origin: inspect.FromCompose, File: "/compose.yaml", Line: 5}}
	for name, test := range map[string]struct {
		image, user string
		sources     inspect.Sources
		env         []string
		want        bool
	}{
		"known":               {"postgres:16", "", own, nil, true},
		"not known":           {"example.org/postgres", "", own, nil, false},
		"another user":        {"postgres:16", "70", own, nil, false},
		"from elsewhere":      {"postgres:16", "", nil, nil, false},
		"the file is set too": {"postgres:16", "", own, []string{"POSTGRES_PASSWORD_FILE"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := inspect.Workload{Name: "shop/db", Project: "shop", Service: "db", Image: test.image, Sources: test.sources}
			w.Settings.User, w.Settings.Env = test.user, append(test.env, "POSTGRES_PASSWORD")
			r := run(secretEnvironment, w, inspect.Host{})
			if len(r.Findings) != 1 {
				t.Fatalf("%d findings", len(r.Findings))
			}
			if got := len(r.Findings[0].Changes) == 1; got != test.want {
				t.Errorf("carries the move: %t", got)
			}
		})
	}
}
