package inspect

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddExercise(t *testing.T) {
	secrets := NewRedactor([]string{"DB_PASSWORD=hunter22"})
	for command, refused := range map[string]string{
		"curl -fsS http://$BULKHEAD_ADDRESS/":      "",
		"  a short\n\tscript\n":                    "",
		`PGPASSWORD=$DB_PASSWORD psql`:             "",
		`PGPASSWORD="$DB_PASSWORD" psql`:           "",
		"curl http://ann:$SECRET@web/":             "",
		"":                                         "it is empty",
		" \n ":                                     "it is empty",
		"mysql -phunter22":                         "it holds a secret",
		"PGPASSWORD=correct-horse psql":            "it holds a secret",
		`PGPASSWORD="correct-horse" psql`:          "it holds a secret",
		"curl http://plain/ http://ann:horse@web/": "it holds a secret",
		"true \x1b[2K\x1b[1A; rm -r ~":             "cannot be shown",
		"true \u202e# harmless":                    "cannot be shown",
		"true\r rm -r ~":                           "cannot be shown",
		"true\x00":                                 "cannot be shown",
		strings.Repeat("true; ", 2000):             "longer than 8 kB",
	} {
		var d Declared
		err := d.AddExercise(command, secrets)
		switch {
		case refused == "" && (err != nil || !cmp.Equal(d.Exercises, []string{strings.TrimSpace(command)})):
			t.Errorf("%q: %q, %v", command, d.Exercises, err)
		case refused != "" && (err == nil || !strings.Contains(err.Error(), refused) || len(d.Exercises) > 0):
			t.Errorf("%q: %q, %v; want an error with %q", command, d.Exercises, err, refused)
		}
	}
}

func TestExercisesAreBounded(t *testing.T) {
	var d Declared
	var err error
	for range maxExercises + 1 {
		err = d.AddExercise("true", Redactor{})
	}
	if len(d.Exercises) != maxExercises || err == nil {
		t.Errorf("%d exercises, error %v", len(d.Exercises), err)
	}
}

func TestDeclaredBy(t *testing.T) {
	image := map[string]string{LabelExercise: "true", LabelReload: "HUP"}
	for name, test := range map[string]struct {
		labels  map[string]string
		want    Declared
		refused map[string]string
	}{
		"none":               {},
		"both":               {labels: map[string]string{LabelExercise: "curl web", LabelReload: "SIGUSR1"}, want: Declared{Exercises: []string{"curl web"}, Reload: "USR1"}},
		"those of the image": {labels: image},
		"one over the image": {labels: map[string]string{LabelExercise: "false", LabelReload: "HUP"}, want: Declared{Exercises: []string{"false"}}},
		"what cannot be taken": {
			labels: map[string]string{LabelExercise: " ", LabelReload: "KILL"},
			refused: map[string]string{
				"labels.bulkhead.exercise": "it is empty",
				"labels.bulkhead.reload":   `"KILL" is no signal that a program can answer, such as HUP`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, refused := DeclaredBy(test.labels, image, Redactor{})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("declared (-want +got):\n%s", diff)
			}
			if test.refused == nil {
				test.refused = map[string]string{}
			}
			if diff := cmp.Diff(test.refused, refused); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseSignal(t *testing.T) {
	for name, want := range map[string]string{
		"HUP": "HUP", "sighup": "HUP", " SIGUSR2\n": "USR2", "winch": "WINCH",
		"": "", "SIG": "", "KILL": "", "STOP": "", "9": "", "HUP; rm": "", "\x1b[2J": "",
	} {
		got, err := ParseSignal(name)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", name, got, err, want)
		}
	}
}
