package clone

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
)

// Copies are filled with the owners that the originals have inside.
func TestOwnersAreThoseInside(t *testing.T) {
	for name, test := range map[string]struct {
		remap inspect.Remap
		on    map[string][2]int
		want  map[string][2]int
	}{
		"not remapped": {inspect.Remap{}, map[string][2]int{"": {0, 0}, "a": {100033, 33}}, map[string][2]int{"": {0, 0}, "a": {100033, 33}}},
		"remapped": {
			inspect.Remap{UID: 100000, GID: 200000},
			map[string][2]int{"": {100000, 200000}, "a": {100033, 200034}, "last": {165535, 265535}, "host": {0, 0}, "other": {165536, 199999}},
			map[string][2]int{"": {0, 0}, "a": {33, 34}, "last": {65535, 65535}, "host": {65534, 65534}, "other": {65534, 65534}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var in, out bytes.Buffer
			w := tar.NewWriter(&in)
			for name, owner := range test.on {
				kind := byte(tar.TypeReg)
				if name == "" {
					kind = tar.TypeDir
				}
				if err := w.WriteHeader(&tar.Header{Name: "data/" + name, Typeflag: kind, Uid: owner[0], Gid: owner[1]}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := rebase(&out, &in, test.remap); err != nil {
				t.Fatal(err)
			}
			got := map[string][2]int{}
			for _, h := range headers(t, &out) {
				got[strings.TrimPrefix(h.Name, "./")] = [2]int{h.Uid, h.Gid}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
