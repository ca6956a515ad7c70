package fix

// Strength says how well something is known. The three are never mixed.
type Strength string

// The strengths of evidence.
const (
	// Proved: a trial broke without it, or passed without it.
	Proved Strength = "proved"
	// Observed: seen in a run.
	Observed Strength = "observed"
	// Assumed: from configuration or documentation.
	Assumed Strength = "assumed"
)

// Evidence is why a setting of a Plan is as it is. Setting is a capability's
// name or a dial.
type Evidence struct {
	Setting  string   `json:"setting"`
	Strength Strength `json:"strength"`
	Text     string   `json:"text"`
}
