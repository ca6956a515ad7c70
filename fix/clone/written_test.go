package clone

import (
	"archive/tar"
	"context"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"

	"bulkhead/fix/health"
)

// paths is a filesystem in memory: a path with its owner and mode; a path that
// ends in / is a directory.
type paths map[string]tar.Header

func (p paths) header(_ context.Context, name string) (*tar.Header, error) {
	if h, ok := p[name+"/"]; ok {
		h.Typeflag = tar.TypeDir
		return &h, nil
	}
	if h, ok := p[name]; ok {
		h.Typeflag = tar.TypeReg
		if h.Linkname != "" {
			h.Typeflag = tar.TypeSymlink
		}
		return &h, nil
	}
	return nil, nil
}

func (p paths) stat(ctx context.Context, name string) (entry, error) {
	h, err := p.header(ctx, name)
	switch {
	case err != nil || h == nil:
		return entry{}, err
	case h.Linkname == "" || path.IsAbs(h.Linkname):
		return entry{kind: h.Typeflag, target: h.Linkname}, nil
	}
	return entry{kind: h.Typeflag, target: path.Join(path.Dir(name), h.Linkname)}, nil
}

func (p paths) below(_ context.Context, dir string, visit func(string, *tar.Header) bool) error {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		h := p[name]
		if strings.HasSuffix(name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if at := strings.TrimSuffix(name, "/"); strings.HasPrefix(at, dir+"/") && !visit(at, &h) {
			return nil
		}
	}
	return nil
}

// changes reads "A /path", "C /path", "D /path" as docker diff prints them.
func changes(lines ...string) []container.FilesystemChange {
	kinds := map[string]container.ChangeType{"A": container.ChangeAdd, "C": container.ChangeModify, "D": container.ChangeDelete}
	var out []container.FilesystemChange
	for _, l := range lines {
		kind, p, _ := strings.Cut(l, " ")
		out = append(out, container.FilesystemChange{Kind: kinds[kind], Path: p})
	}
	return out
}

func TestWritten(t *testing.T) {
	root := tar.Header{Mode: 0o755}
	image := paths{
		"/run/": root, "/run/lock/": root, "/var/lib/nginx/": root, "/tmp/": {Mode: 0o1777}, "/etc/passwd": {}, "/var/www/": root, "/var/www/index.html": {},
		"/var/cache/": root, "/var/cache/apt/": root, "/var/lib/pg/": {Mode: 0o3777, Uid: 100, Gid: 102},
	}
	changedRun := health.Place{Path: "/run", Mode: 0o755, Changes: true, Directories: []health.Place{{Path: "/run/lock", Mode: 0o755}}}
	run := health.Place{Path: "/run", Mode: 0o755, Directories: []health.Place{{Path: "/run/lock", Mode: 0o755}}}
	for _, tt := range []struct {
		name      string
		changes   []container.FilesystemChange
		targets   []string
		made      paths
		places    []health.Place
		obstacles int
	}{
		{"a file in a directory", changes("C /run", "A /run/nginx.pid"), nil, paths{"/run/nginx.pid": {}},
			[]health.Place{run}, 0},
		{"owner and mode are the image's", changes("C /var/lib/pg", "A /var/lib/pg/socket"), nil, paths{"/var/lib/pg/socket": {}},
			[]health.Place{{Path: "/var/lib/pg", Mode: 0o3777, UID: 100, GID: 102}}, 0},
		{"new directories where the image has nothing", changes("C /var", "C /var/lib", "C /var/lib/nginx", "A /var/lib/nginx/body", "A /var/lib/nginx/body/0"), nil,
			paths{"/var/lib/nginx/body/": {Uid: 33}, "/var/lib/nginx/body/0": {}},
			[]health.Place{{Path: "/var/lib/nginx", Mode: 0o755}}, 0},
		{"a new directory beside what the image has", changes("C /var/cache", "A /var/cache/web", "A /var/cache/web/page"), nil,
			paths{"/var/cache/web/": {Mode: 0o750, Uid: 101, Gid: 101}, "/var/cache/web/page": {}},
			[]health.Place{{Path: "/var/cache/web", Mode: 0o750, UID: 101, GID: 101}}, 0},
		{"a directory with files of the image", changes("C /var", "C /var/www", "A /var/www/app.pid"), nil, paths{"/var/www/app.pid": {}},
			[]health.Place{{Path: "/var/www", Mode: 0o755, Hides: []string{"/var/www/index.html"}}}, 0},
		{"a changed file of the image", changes("C /etc", "C /etc/passwd"), nil, nil, nil, 1},
		{"a new file where a tmpfs must not be", changes("C /etc", "A /etc/state"), nil, paths{"/etc/state": {}}, nil, 1},
		{"a deleted file", changes("C /run", "D /run/lock"), nil, nil, []health.Place{changedRun}, 0},
		{"a changed file that a volume can take", changes("C /var", "C /var/www", "C /var/www/index.html"), nil, nil,
			[]health.Place{{Path: "/var/www", Mode: 0o755, Changes: true, Hides: []string{"/var/www/index.html"}}}, 0},
		{"a deleted file where nothing must cover it", changes("C /etc", "D /etc/passwd"), nil, nil, nil, 1},
		{"a place inside another", changes("C /run", "A /run/a", "C /run/lock", "A /run/lock/b"), nil, paths{"/run/a": {}, "/run/lock/b": {}},
			[]health.Place{run}, 0},
		{"mount points that the engine made", changes("C /var", "C /var/lib", "A /var/lib/shop", "A /srv", "A /srv/up"), []string{"/var/lib/shop", "/srv/up"}, nil, nil, 0},
		{"a file beside a mount point", changes("A /srv", "A /srv/up", "A /srv/file"), []string{"/srv/up"}, paths{"/srv/": root, "/srv/file": {}},
			[]health.Place{{Path: "/srv", Mode: 0o755}}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after := paths{}
			for _, set := range []paths{image, tt.made} {
				for name, h := range set {
					after[name] = h
				}
			}
			got, err := writes{before: image, after: after}.sort(t.Context(), tt.changes, tt.targets)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.places, got.Places); diff != "" {
				t.Error(diff)
			}
			if len(got.Obstacles) != tt.obstacles {
				t.Errorf("obstacles %q", got.Obstacles)
			}
		})
	}
}

// What is mounted below a link of the image is made where the link leads.
func TestMountPoints(t *testing.T) {
	image := paths{"/sbin": {Linkname: "usr/sbin"}, "/usr/": {}, "/usr/sbin/": {}, "/var/": {}, "/var/run": {Linkname: "/run"}, "/run/": {}}
	got, err := mountPoints(t.Context(), image, []string{"/var/run/app", "/data", dockerInit})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/var/run/app", "/data", "/sbin/docker-init", "/run/app", "/usr/sbin/docker-init"}, got); diff != "" {
		t.Error(diff)
	}
	written, err := writes{before: image, after: image}.sort(t.Context(), changes("C /usr", "C /usr/sbin", "A /usr/sbin/docker-init"), got)
	if err != nil || len(written.Paths)+len(written.Places)+len(written.Obstacles) > 0 {
		t.Errorf("the engine's own mount point counts as written: %+v, %v", written, err)
	}
}
