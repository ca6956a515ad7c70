package clone

import (
	"archive/tar"
	"bytes"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
)

// headers are those of an archive's entries.
func headers(t *testing.T, archive io.Reader) []*tar.Header {
	t.Helper()
	var all []*tar.Header
	for r := tar.NewReader(archive); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
}

func TestRebaseLeavesOutDevices(t *testing.T) {
	var in bytes.Buffer
	w := tar.NewWriter(&in)
	for _, h := range []tar.Header{
		{Name: "data/", Typeflag: tar.TypeDir}, {Name: "data/null", Typeflag: tar.TypeChar}, {Name: "data/disk", Typeflag: tar.TypeBlock},
		{Name: "data/sub/file", Typeflag: tar.TypeReg}, {Name: "data/link", Typeflag: tar.TypeLink, Linkname: "data/sub/file"},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	skipped, err := rebase(&out, &in, inspect.Remap{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"null", "disk"}, skipped); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, h := range headers(t, &out) {
		names = append(names, h.Name+h.Linkname)
	}
	if diff := cmp.Diff([]string{"./", "./sub/file", "./linksub/file"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestEnumerate(t *testing.T) {
	for want, names := range map[string][]string{
		"a was": {"a"}, "a, b were": {"a", "b"}, "a, b, c and 2 more were": {"a", "b", "c", "d", "e"},
	} {
		if got := enumerate(names, 3); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
