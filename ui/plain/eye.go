package plain

import (
	"context"
	"slices"
	"strings"

	"bulkhead/fix/trial"
)

// Eye asks the person whether the copy works that runs now, and returns what is
// wrong with it, "" for nothing. environment is what an exercise would get; it
// says how the copy is reached.
func (c *Console) Eye(ctx context.Context, step trial.Step, environment []string) (string, error) {
	c.say("%s is ready for you to look at.", called(step))
	c.reach(environment)
	for {
		answer, err := c.ask(ctx, "Does it work? Enter means yes; n and a sentence says what is wrong. [Y/n]")
		if err != nil {
			return "", err
		}
		word, sentence, _ := strings.Cut(answer, " ")
		switch strings.ToLower(strings.TrimRight(word, ",.:;")) {
		case "", "y", "yes":
			return "", nil
		case "n", "no":
			return wrong(strings.TrimSpace(sentence)), nil
		}
		c.say("Please begin the answer with y or n.")
	}
}

// wrong is a sentence without its full stop, as evidence of exercises is.
func wrong(sentence string) string {
	if sentence == "" {
		return "You looked at it, and it did not work"
	}
	return "You looked at it, and it did not work: " + strings.TrimRight(sentence, ".")
}

// reach says where the copy answers.
func (c *Console) reach(environment []string) {
	var name, address string
	var ports []string
	for _, variable := range environment {
		key, value, _ := strings.Cut(variable, "=")
		port, isPort := strings.CutPrefix(key, "BULKHEAD_PORT_")
		switch {
		case key == "BULKHEAD_CONTAINER":
			name = value
		case key == "BULKHEAD_ADDRESS":
			address = value
		case isPort && port == value:
			ports = append(ports, port)
		case isPort:
			ports = append(ports, value+" (for "+port+" inside)")
		}
	}
	slices.Sort(ports)
	c.item("  container: ", "%s", name)
	if address != "" {
		c.item("  address: ", "%s", address)
	}
	if len(ports) > 0 {
		c.item("  ports: ", "%s", strings.Join(ports, ", "))
	}
}
