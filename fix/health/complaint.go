package health

import (
	"regexp"
	"slices"
)

// refusal matches the words libraries and programs print for EPERM and EACCES.
var refusal = regexp.MustCompile(`(?i)operation not permitted|permission denied|not permitted|read-only file system|\bEPERM\b|\bEACCES\b|\bEROFS\b`)

// changing matches what differs from run to run in a log line: times, process
// IDs, addresses.
var changing = regexp.MustCompile(`0x[0-9a-fA-F]+|[0-9a-f]{12,}|[0-9.]*[0-9](ms|s|m|h)?`)

// Complaint is a log line that speaks of a refused permission. Key is the line
// with its changing parts replaced by #, by which lines are compared.
type Complaint struct{ Line, Key string }

// mostComplaints bounds how many kinds are kept of one log.
const mostComplaints = 50

// Complaints returns the lines that speak of a refused permission, each kind
// once, in the order they came.
func Complaints(lines []string) []Complaint {
	var out []Complaint
	for _, line := range lines {
		if refusal.MatchString(line) {
			out = Merge(out, []Complaint{{line, changing.ReplaceAllString(line, "#")}})
		}
	}
	return out
}

// Merge adds to a the kinds of complaint that are only in b, up to a bound.
func Merge(a, b []Complaint) []Complaint {
	for _, c := range b {
		if !holds(a, c) && len(a) < mostComplaints {
			a = append(a, c)
		}
	}
	return a
}

func holds(all []Complaint, c Complaint) bool {
	return slices.ContainsFunc(all, func(o Complaint) bool { return o.Key == c.Key })
}
