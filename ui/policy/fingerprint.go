package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"bulkhead/inspect"
)

// moving are the parts of an evidence that change from run to run while the
// finding stays: places in a file, process and container numbers.
var moving = []struct {
	part *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`\blines? \d+`), "line"},
	{regexp.MustCompile(`(\.ya?ml|\.json|\.env)(:\d+){1,2}\b`), "$1"},
	{regexp.MustCompile(`(?i)\b(pid|process) \d+`), "$1"},
	{regexp.MustCompile(`\b([0-9a-f]{64}|[0-9a-f]{12})\b`), "id"},
}

// key is the evidence without what changes from run to run.
func key(evidence string) string {
	for _, m := range moving {
		evidence = m.part.ReplaceAllString(evidence, m.with)
	}
	return strings.ToLower(strings.Join(strings.Fields(evidence), " "))
}

// Fingerprint names a finding of a workload so that a later audit finds it
// again: by the workload's name, the check and the evidence, not by its place
// in a file. The engine's own findings have the workload "".
func Fingerprint(workload string, f inspect.Finding) string {
	sum := sha256.Sum256([]byte(workload + "\x00" + f.ID + "\x00" + key(f.Evidence)))
	return hex.EncodeToString(sum[:16])
}
