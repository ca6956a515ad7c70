package inspect

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummaryRanks(t *testing.T) {
	finding := func(id string, s Severity, changes ...Change) Finding {
		return Finding{ID: id, Severity: s, Reason: "gains something", Fix: "mend " + id, Changes: changes}
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
		Fixes    []string
		Why      string
	}
	var got []row
	for _, r := range a.Summary() {
		got = append(got, row{r.ID, r.Severity, len(r.Findings), r.Fixes, r.Why})
	}
	want := []row{
		{"capabilities", Critical, 2, []string{"mend capabilities"}, "gains something"},
		{"privileged", Critical, 1, []string{"mend privileged"}, "gains something"},
		{"read-only-root", Medium, 1, []string{"mend read-only-root"}, "gains something; a trial can prove the mend"},
		{"user-root", Medium, 1, []string{"mend user-root"}, "gains something"},
		{"devices", Medium, 1, []string{"mend devices"}, "gains something"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (Audited{}).Summary(); len(got) != 0 {
		t.Errorf("an audit without findings is summed up as %+v", got)
	}
}
