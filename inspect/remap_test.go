package inspect

import "testing"

func TestRemap(t *testing.T) {
	m := Remap{UID: 100000, GID: 200000}
	for id, want := range map[int]int{100000: 0, 100033: 33, 165535: 65535, 165536: overflowID, 99999: overflowID, 0: overflowID} {
		if got := m.User(id); got != want {
			t.Errorf("user %d is %d inside, want %d", id, got, want)
		}
		if got := m.Group(id + 100000); id != 0 && got != want {
			t.Errorf("group %d is %d inside, want %d", id+100000, got, want)
		}
		if got := (Remap{}).User(id); got != id {
			t.Errorf("where nobody is remapped %d is %d", id, got)
		}
	}
}

func TestPowerless(t *testing.T) {
	for _, test := range []struct {
		host Host
		want bool
	}{
		{Host{}, false}, {Host{Rootless: true}, true}, {Host{UsernsRemap: true}, true}, {Host{UsernsRemap: true, Remap: Remap{UID: 1, GID: 1}}, false},
	} {
		if why := test.host.Powerless(); (why != "") != test.want {
			t.Errorf("%+v: %q", test.host, why)
		}
	}
}
