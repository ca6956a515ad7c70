// Package catalogue writes the checks down for those who read them: as text for
// a terminal, as Markdown for the repository, as data for programs. It adds
// nothing to what the checks say of themselves but the table that holds them
// against the CIS Docker Benchmark.
package catalogue

import (
	"bulkhead/inspect"
	"bulkhead/inspect/check"
)

// Entry is one check as data.
type Entry struct {
	ID         string        `json:"id"`
	Layer      inspect.Layer `json:"layer"`
	Title      string        `json:"title"`
	Question   string        `json:"question"`
	Danger     string        `json:"danger"`
	Read       string        `json:"read"`
	Fix        string        `json:"fix"`
	MayBreak   string        `json:"mayBreak"`
	Bad        string        `json:"bad"`
	Good       string        `json:"good"`
	References []string      `json:"references"`
}

// Entries are the checks as data, in the same order.
func Entries(checks []check.Check) []Entry {
	out := make([]Entry, 0, len(checks))
	for _, c := range checks {
		out = append(out, Entry{
			ID: c.ID, Layer: c.Layer, Title: c.Title, Question: c.Question, Danger: c.Danger, Read: c.Read,
			Fix: c.Fix, MayBreak: c.MayBreak, Bad: c.Bad, Good: c.Good, References: c.References,
		})
	}
	return out
}

// IDs are the checks' IDs, in the same order.
func IDs(checks []check.Check) []string {
	var ids []string
	for _, c := range checks {
		ids = append(ids, c.ID)
	}
	return ids
}
