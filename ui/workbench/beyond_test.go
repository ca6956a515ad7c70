package workbench

import (
	"testing"

	"github.com/moby/moby/api/types/container"

	"bulkhead/inspect"
)

// What is granted beyond the default set is trimmed as well, and what is needed
// of it is found. Of two capabilities of which either is enough the less
// dangerous one is kept: with DAC_READ_SEARCH every file of the host can be read
// (open_by_handle_at(2)).
func TestCapabilitiesBeyondTheDefaultSet(t *testing.T) {
	b := faultBench(t)
	b.Trials.Keep = 0
	w := faulty(t, b, "exec perl -e 'setpriority(0, 0, -5) or die qq(setpriority: $!\n); opendir(D, qq(/data)) or die qq(/data: $!\n); $SIG{TERM} = sub { exit 0 }; sleep 600'",
		container.Config{Healthcheck: &container.HealthConfig{Test: []string{"CMD", "true"}}},
		container.HostConfig{
			CapDrop: []string{"ALL"}, CapAdd: []string{"DAC_OVERRIDE", "DAC_READ_SEARCH", "NET_ADMIN", "SYS_NICE", "SYS_TIME"},
			Tmpfs: map[string]string{"/data": "uid=1000,mode=700"},
		})
	r, err := b.Trial(t.Context(), w, tell(t))
	if err != nil {
		t.Fatal(err)
	}
	if keep, _ := r.Plan.Capabilities(); keep != inspect.ParseCaps([]string{"DAC_OVERRIDE", "SYS_NICE"}) || !r.Proved {
		t.Errorf("kept %s, proved %v; evidence %+v", keep, r.Proved, r.Evidence)
	}
	nothingLeft(t, b, w)
}
