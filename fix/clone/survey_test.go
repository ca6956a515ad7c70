package clone

import (
	"archive/tar"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
)

func TestSurvey(t *testing.T) {
	dir := tar.Header{Mode: 0o755}
	image := paths{
		"/var/": dir, "/run/": dir, "/run/sshd/": {Mode: 0o700}, "/etc/": dir, "/var/log/": dir,
		"/var/run":          {Linkname: "/run"},
		"/var/log/apache2/": {Mode: 0o750, Gid: 4}, "/var/log/apache2/error.log": {Linkname: "../../run/log"},
		"/srv/": dir, "/srv/app/": dir, "/srv/app/index": {}, "/srv/app/tmp/": dir,
		"/loop": {Linkname: "/loop"},
	}
	for _, tt := range []struct {
		at   string
		want health.Place
	}{
		{"/var/log/apache2/access.log", health.Place{Path: "/var/log/apache2", Mode: 0o750, GID: 4, Hides: []string{"/var/log/apache2/error.log"}}},
		{"/var/log/apache2/error.log", health.Place{Path: "/run", Mode: 0o755, Directories: []health.Place{{Path: "/run/sshd", Mode: 0o700}}}},
		{"/var/run/sshd", health.Place{Path: "/run/sshd", Mode: 0o700}},
		{"/srv/app/tmp/x", health.Place{Path: "/srv/app/tmp", Mode: 0o755}},
		{"/srv/app/new", health.Place{Path: "/srv/app", Mode: 0o755, Hides: []string{"/srv/app/index"}, Directories: []health.Place{{Path: "/srv/app/tmp", Mode: 0o755}}}},
		{"/etc/passwd", health.Place{}},
		{"/nowhere/at/all", health.Place{}},
		{"/loop/x", health.Place{}},
		{"/../../etc/x", health.Place{}},
	} {
		t.Run(tt.at, func(t *testing.T) {
			got, err := surveyFor(t.Context(), image, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			want := trial.Survey{Place: tt.want, Obstacle: got.Obstacle}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if (got.Obstacle == "") == (tt.want.Path == "") {
				t.Errorf("obstacle %q", got.Obstacle)
			}
		})
	}
}
