package health

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
)

// with is an identity whose powers were read.
func (i Identity) with(groups, root string, caps ...string) Identity {
	i.Powers = Powers{Known: true, Groups: groups, Effective: inspect.ParseCaps(caps), Root: root}
	return i
}

func TestComparePowers(t *testing.T) {
	root := master.with("0", "", "SETGID", "SETUID", "CHOWN")
	dropped := worker.with("33 44", "/var/empty")
	keeping := worker.with("33", "", "NET_BIND_SERVICE")
	for _, tt := range []struct {
		name   string
		before []Identity
		now    Identity
		want   string // a part of the difference; "" for none
	}{
		{"the same", []Identity{root, dropped}, dropped, ""},
		{"fewer groups", []Identity{dropped}, worker.with("44", "/var/empty"), ""},
		{"a group more", []Identity{dropped}, worker.with("0 33", "/var/empty"), "nginx (33:33) is still in group 0, which it left"},
		{"fewer capabilities", []Identity{root}, master.with("0", "", "SETGID"), ""},
		{"a capability more", []Identity{dropped}, worker.with("33", "/var/empty", "CHOWN"), "nginx (33:33) still holds CHOWN, which it gave up"},
		{"what one sample had", []Identity{dropped, keeping}, keeping, ""},
		{"no chroot", []Identity{dropped}, worker.with("33", "/"), "sees the whole file system; in the baseline it was locked into /var/empty"},
		{"no chroot, to where is not known", []Identity{worker.with("33", Elsewhere)}, worker.with("33", "/"), "in the baseline it was locked into a directory of its own"},
		{"a root that cannot be read", []Identity{dropped}, worker.with("33", ""), ""},
		{"a chroot that could not be read", []Identity{keeping}, worker.with("33", "/"), ""},
		{"powers that are not known", []Identity{worker}, worker, ""},
		{"a command that nobody ran", []Identity{worker}, Identity{Command: "sh"}.with("0", "/", "SYS_ADMIN"), ""},
		{"somebody else", []Identity{root}, worker.with("33", ""), "nginx runs as 33:33; in the baseline as 0:0."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, now := baseline(), baseline()
			before.Identities, before.Seen = nil, tt.before
			now.Identities = []Identity{tt.now}
			got := strings.Join(Expect(before, before).Compare(now), "\n")
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("differences %q, want %q", got, tt.want)
			}
			worse := tt.want != "" && tt.name != "somebody else"
			if worse != strings.Contains(got, "privilege inversion") {
				t.Errorf("differences %q explain a privilege inversion: %v", got, !worse)
			}
		})
	}
}

// A tighter plan takes capabilities from the same processes.
func TestRequiredIsWhoNotWhatTheyHold(t *testing.T) {
	before, now := baseline(), baseline()
	before.Identities = []Identity{master.with("0", "", "SETGID", "CHOWN")}
	before.Seen = before.Identities
	now.Identities = []Identity{master.with("0", "", "SETGID")}
	if got := Expect(before, before).Compare(now); len(got) > 0 {
		t.Errorf("differences %q", got)
	}
}

func TestDistinct(t *testing.T) {
	got := Distinct([]Identity{worker, master.with("0", "", "CHOWN"), worker, master.with("0", ""), master.with("0", "", "CHOWN")})
	want := []Identity{master.with("0", ""), master.with("0", "", "CHOWN"), worker}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
