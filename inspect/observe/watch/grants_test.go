package watch

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The helper gets the lesser capabilities where the engine knows them, and
// CAP_SYS_ADMIN where they do not suffice.
func TestTheHelperGetsTheLeastThatSuffices(t *testing.T) {
	for _, tt := range []struct {
		name, version string
		refused       []string
		asked         []string
		got           string
	}{
		{"an engine that does not know them", "1.41", nil, []string{"SYS_ADMIN"}, "SYS_ADMIN"},
		{"one that does", "1.42", nil, []string{"BPF PERFMON"}, "BPF PERFMON"},
		{"a kernel or a profile that wants more", "1.51", []string{"BPF PERFMON"}, []string{"BPF PERFMON", "SYS_ADMIN"}, "SYS_ADMIN"},
		{"one that gives nothing", "1.51", []string{"BPF PERFMON", "SYS_ADMIN"}, []string{"BPF PERFMON", "SYS_ADMIN"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			got, err := least(t.Context(), grants(tt.version), func(caps []string) (string, error) {
				set := strings.Join(caps, " ")
				asked = append(asked, set)
				if slices.Contains(tt.refused, set) {
					return "", errors.New("refused with " + set)
				}
				return set, nil
			})
			if diff := cmp.Diff(tt.asked, asked); diff != "" || got != tt.got {
				t.Errorf("it got %q (-want +asked):\n%s", got, diff)
			}
			if tt.got == "" && (err == nil || err.Error() != "refused with SYS_ADMIN") {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestAnInterruptAsksForNoMore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	_, err := least(ctx, grants("1.51"), func([]string) (string, error) {
		asked++
		cancel()
		return "", ctx.Err()
	})
	if asked != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
