package composefile

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What other services share is edited only where a request says so, and then
// the services that change with it are named.
func TestEditShared(t *testing.T) {
	for _, f := range fixtures(t, "shared") {
		t.Run(f.name(), func(t *testing.T) {
			r := f.request(t, f.before)
			others := strings.Fields(f.settings["others"])
			_, err := Edit(t.Context(), r)
			var refused *RefusedError
			if len(others) > 0 && (!errors.As(err, &refused) || !refused.Shared) {
				t.Errorf("without being asked to share: %v", err)
			}
			r.Shared = true
			got, err := Edit(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				f.keep(t, got.Content)
			}
			if diff := cmp.Diff(string(f.after), string(got.Content)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !slices.Equal(others, got.Others) {
				t.Errorf("it names %q, want %q", got.Others, others)
			}
			notes := strings.Join(got.Notes, "\n")
			for _, name := range others {
				if !strings.Contains(notes, name) {
					t.Errorf("no note names %s: %q", name, notes)
				}
			}
			r.Content = got.Content
			if again, err := Edit(t.Context(), r); err != nil || string(again.Content) != string(got.Content) {
				t.Errorf("a second edit: %v\n%s", err, again.Content)
			}
		})
	}
}
