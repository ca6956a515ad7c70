package compose

import (
	"strings"
	"testing"

	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
)

func TestDeclared(t *testing.T) {
	const curl = "curl -fsS http://$BULKHEAD_ADDRESS/"
	one := inspect.Declared{Exercises: []string{curl}}
	for name, test := range map[string]struct {
		service string
		want    inspect.Declared
		// unresolved are words of the reasons, by setting.
		unresolved map[string]string
	}{
		"nothing":      {service: "{image: x}"},
		"one command":  {service: "{image: x, x-bulkhead: {exercise: 'curl -fsS http://$$BULKHEAD_ADDRESS/'}}", want: one},
		"a list":       {service: "{image: x, x-bulkhead: {exercise: [first, second], reload: sighup}}", want: inspect.Declared{Exercises: []string{"first", "second"}, Reload: "HUP"}},
		"labels":       {service: "{image: x, labels: {bulkhead.exercise: 'curl -fsS http://$$BULKHEAD_ADDRESS/'}}", want: one},
		"labels, list": {service: "{image: x, labels: ['bulkhead.exercise=true', bulkhead.reload=USR1]}", want: inspect.Declared{Exercises: []string{"true"}, Reload: "USR1"}},
		"x-bulkhead before labels, each for itself": {
			service: "{image: x, x-bulkhead: {exercise: mine}, labels: {bulkhead.exercise: other, bulkhead.reload: HUP}}",
			want:    inspect.Declared{Exercises: []string{"mine"}, Reload: "HUP"},
		},
		"a secret in a variable": {
			service:    "{image: x, environment: {DB_PASSWORD: hunter22}, x-bulkhead: {exercise: mysql -phunter22}, labels: {bulkhead.exercise: 'mysql -phunter22'}}",
			unresolved: map[string]string{"x-bulkhead.exercise": "it holds a secret", "labels.bulkhead.exercise": "it holds a secret"},
		},
		"one of two is refused": {
			service:    `{image: x, x-bulkhead: {exercise: [good, "bad \e[2J"]}}`,
			want:       inspect.Declared{Exercises: []string{"good"}},
			unresolved: map[string]string{"x-bulkhead.exercise": "cannot be shown"},
		},
		"no command":        {service: "{image: x, x-bulkhead: {exercise: {a: b}, reload: 1}}", unresolved: map[string]string{"x-bulkhead.exercise": "it is empty", "x-bulkhead.reload": "no signal"}},
		"no mapping":        {service: "{image: x, x-bulkhead: true}", unresolved: map[string]string{"x-bulkhead": "not a mapping"}},
		"a misspelt key":    {service: "{image: x, x-bulkhead: {excercise: true}}", unresolved: map[string]string{"x-bulkhead.excercise": "exercise and reload"}},
		"a deadly reload":   {service: "{image: x, x-bulkhead: {reload: KILL}}", unresolved: map[string]string{"x-bulkhead.reload": "no signal"}},
		"a required ${VAR}": {service: "{image: x, x-bulkhead: {exercise: 'curl ${WHERE:?say where}', reload: HUP}}", want: inspect.Declared{Reload: "HUP"}, unresolved: map[string]string{"x-bulkhead.exercise": "WHERE is not set"}},
	} {
		for _, kind := range []struct{ name, beside string }{
			{"strict", ""},
			{"lenient", "  other: {image: x, privileged: maybe}\n"},
		} {
			t.Run(name+"/"+kind.name, func(t *testing.T) {
				dir := project(t, map[string]string{"compose.yaml": "services:\n  web: " + test.service + "\n" + kind.beside})
				p := load(t, dir, Options{})
				if p.Strict && kind.beside != "" {
					t.Fatal("the project was read strictly")
				}
				w := workload(t, p, "web")
				if diff := cmp.Diff(test.want, w.Declared); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if len(w.Unresolved) != len(test.unresolved) {
					t.Errorf("unresolved %q, want %q", w.Unresolved, test.unresolved)
				}
				for setting, why := range test.unresolved {
					if !strings.Contains(w.Unresolved[setting], why) || strings.Contains(w.Unresolved[setting], "hunter22") {
						t.Errorf("%s: %q, want %q", setting, w.Unresolved[setting], why)
					}
				}
			})
		}
	}
}

func TestDeclaredSources(t *testing.T) {
	dir := project(t, map[string]string{"compose.yaml": `services:
  web:
    image: x
    x-bulkhead:
      exercise:
        - first
        - second
      reload: HUP
    labels:
      - bulkhead.exercise=third
`})
	w := workload(t, load(t, dir, Options{}), "web")
	for setting, line := range map[string]int{
		"x-bulkhead": 4, "x-bulkhead.exercise": 5, "x-bulkhead.exercise.1": 7, "x-bulkhead.reload": 8,
		"labels.bulkhead.exercise": 10,
	} {
		if source, ok := w.Sources[setting]; !ok || source.Line != line {
			t.Errorf("%s stands at %+v, want line %d", setting, source, line)
		}
	}
}
