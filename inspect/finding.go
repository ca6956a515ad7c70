package inspect

import (
	"fmt"
	"strings"
)

// Severity ranks a finding by what an attacker gains through it and how likely
// the door is used.
type Severity int

// The severities, from the least to the gravest.
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = [...]string{"info", "low", "medium", "high", "critical"}

// String is the severity's name in lower case.
func (s Severity) String() string {
	if s < Info || s > Critical {
		return fmt.Sprintf("severity %d", int(s))
	}
	return severityNames[s]
}

// ParseSeverity reads a severity's name.
func ParseSeverity(name string) (Severity, error) {
	for i, n := range severityNames {
		if strings.EqualFold(n, name) {
			return Severity(i), nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q; use one of %s", name, strings.Join(severityNames[:], ", "))
}

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's name.
func (s *Severity) UnmarshalText(text []byte) error {
	parsed, err := ParseSeverity(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// Finding is one check's result about one workload.
type Finding struct {
	ID       string   `json:"id"`
	Layer    Layer    `json:"-"`
	Severity Severity `json:"severity"`
	// Title says what is so, Evidence which setting says it, Why what an
	// attacker gains. Secrets appear by name only.
	Title    string `json:"title"`
	Evidence string `json:"evidence"`
	Why      string `json:"why"`
	// Reason says how the severity follows from what is gained and how the door
	// is used.
	Reason string `json:"reason,omitempty"`
	Source Source `json:"source"`
	// Fix says the mend in a verb phrase; Changes are the same as data, empty
	// where only a person can decide.
	Fix        string   `json:"fix"`
	Changes    []Change `json:"changes,omitempty"`
	References []string `json:"references,omitempty"`
}
