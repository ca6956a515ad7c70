package check

import (
	"strings"
	"testing"
)

// FuzzReference: whatever an image's reference holds, its tag and digest are
// parts of it, and a tag never holds a path.
func FuzzReference(f *testing.F) {
	for _, ref := range []string{"", "nginx", "nginx:1", "localhost:5000/a/b", "r:5/a:t@sha256:0", "sha256:0", "@", ":", "/:/@:"} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		tag, digest := reference(ref)
		if !strings.Contains(ref, tag) || !strings.HasSuffix(ref, digest) || strings.Contains(tag, "/") {
			t.Errorf("%q: tag %q, digest %q", ref, tag, digest)
		}
	})
}
