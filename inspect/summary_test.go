package inspect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummaryRanks(t *testing.T) {
	finding := func(id string, s Severity, changes ...Change) Finding {
		return Finding{ID: id, Severity: s, Reason: "gains something", Changes: changes}
	}
	a := Audited{Layers: []LayerState{
		{Layer: LayerUser, Findings: []Finding{finding("user-root", Medium)}},
		{Layer: LayerCapabilities, Findings: []Finding{finding("capabilities", Low), finding("capabilities", Critical)}},
		{Layer: LayerRootFS, Findings: []Finding{finding("read-only-root", Medium, Change{Dial: DialReadOnlyRoot})}},
		{Layer: LayerBoundary, Findings: []Finding{finding("privileged", Critical), finding("devices", Medium)}},
		{Layer: LayerLimits, Findings: []Finding{finding("limits", Info)}},
	}}
	type row struct {
		ID       string
		Severity Severity
		Findings int
		Why      string
	}
	var got []row
	for _, r := range a.Summary() {
		got = append(got, row{r.ID, r.Severity, len(r.Findings), r.Why})
	}
	want := []row{
		{"capabilities", Critical, 2, "critical: gains something"},
		{"privileged", Critical, 1, "critical: gains something"},
		{"read-only-root", Medium, 1, "medium: gains something; a trial can mend it"},
		{"user-root", Medium, 1, "medium: gains something"},
		{"devices", Medium, 1, "medium: gains something"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (Audited{}).Summary(); len(got) != 0 {
		t.Errorf("an audit without findings is summed up as %+v", got)
	}
}
