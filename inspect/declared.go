package inspect

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The labels by which a workload declares how it is tried. A label of the image
// declares nothing: whoever made the image is not who runs it.
const (
	LabelExercise = "bulkhead.exercise"
	LabelReload   = "bulkhead.reload"
)

// Declared is what a workload says itself of how it is tried: x-bulkhead of its
// Compose service, or its labels. It is foreign text. An exercise is a command
// for the person's own machine, so nothing runs it until the person says so.
type Declared struct {
	// Exercises are commands for a shell. None holds a secret that is known as
	// one, nor a character that could not be shown: what is shown is what is run.
	Exercises []string `json:"exercises,omitempty"`
	// Reload is the name of a signal as ParseSignal gives it, "" for none.
	Reload string `json:"reload,omitempty"`
}

// IsZero says that nothing is declared.
func (d Declared) IsZero() bool { return len(d.Exercises) == 0 && d.Reload == "" }

// Over returns d with what it leaves unsaid taken from below.
func (d Declared) Over(below Declared) Declared {
	if len(d.Exercises) == 0 {
		d.Exercises = below.Exercises
	}
	if d.Reload == "" {
		d.Reload = below.Reload
	}
	return d
}

// No size is trusted: an exercise is a line or a short script.
const (
	maxExercises    = 20
	maxExerciseSize = 8 << 10
)

// AddExercise adds a command. The error is a clause that says why it was not.
func (d *Declared) AddExercise(command string, secrets Redactor) error {
	command = strings.TrimSpace(command)
	switch {
	case command == "":
		return errors.New("it is empty")
	case len(command) > maxExerciseSize:
		return fmt.Errorf("it is longer than %d kB", maxExerciseSize>>10)
	case len(d.Exercises) >= maxExercises:
		return fmt.Errorf("there are more than %d", maxExercises)
	case !showable(command):
		return errors.New("it holds characters that cannot be shown")
	case secrets.Redact(command) != command || holdsSecret(command):
		return errors.New("it holds a secret; let the shell take it from a variable of your own environment instead")
	}
	d.Exercises = append(d.Exercises, command)
	return nil
}

// SetReload sets the signal. The error is a clause that says why it was not.
func (d *Declared) SetReload(name string) (err error) {
	d.Reload, err = ParseSignal(name)
	return err
}

// showable says whether a person who is shown the text has seen all of it.
func showable(command string) bool {
	for line := range strings.SplitSeq(command, "\n") {
		line = strings.ReplaceAll(line, "\t", " ")
		if Printable(line) != line {
			return false
		}
	}
	return true
}

// holdsSecret says whether a word of the command is a secret: NAME=value with
// the name of one, or an address with a password inside. What the shell puts in
// place of $NAME is none.
func holdsSecret(command string) bool {
	return slices.ContainsFunc(strings.Fields(command), func(word string) bool {
		word = strings.Trim(word, `'"`)
		name, value, _ := strings.Cut(word, "=")
		if password := urlPassword(word); password != "" && !strings.HasPrefix(password, "$") {
			return true
		}
		value = strings.TrimLeft(value, `'"`)
		return SecretName(name) && value != "" && !strings.HasPrefix(value, "$")
	})
}

// DeclaredBy is what the labels declare, and why some of it was not taken, by
// the name that Sources uses. image are the labels of the image: a label that
// equals one of them is the image's.
func DeclaredBy(labels, image map[string]string, secrets Redactor) (d Declared, refused map[string]string) {
	refused = map[string]string{}
	for _, label := range []struct {
		name string
		take func(string) error
	}{
		{LabelExercise, func(v string) error { return d.AddExercise(v, secrets) }},
		{LabelReload, d.SetReload},
	} {
		value, ok := labels[label.name]
		if inherited, has := image[label.name]; !ok || has && inherited == value {
			continue
		}
		if err := label.take(value); err != nil {
			refused["labels."+label.name] = err.Error()
		}
	}
	return d, refused
}

// signals are those that a program can take as a word to it: what signal(7)
// names of them, without those that end or stop it whatever it does.
var signals = []string{
	"HUP", "INT", "QUIT", "USR1", "USR2", "PIPE", "ALRM", "TERM", "CHLD", "CONT", "TSTP", "TTIN", "TTOU",
	"URG", "VTALRM", "PROF", "WINCH", "IO", "PWR",
}

// ParseSignal returns the name of a signal as the engine takes it: "HUP" for
// "sighup". The error is a clause.
func ParseSignal(name string) (string, error) {
	name = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(name)), "SIG")
	if !slices.Contains(signals, name) {
		return "", fmt.Errorf("%q is no signal that a program can answer, such as HUP", Truncate(Printable(name), 20))
	}
	return name, nil
}
