package inspect

import (
	"encoding/json"
	"testing"
)

func TestCapabilities(t *testing.T) {
	set := ParseCaps
	for _, tt := range []struct {
		name     string
		settings Settings
		want     CapSet
	}{
		{"default", Settings{}, DefaultCaps},
		{"drop some", Settings{CapDrop: []string{"KILL", "MKNOD"}}, DefaultCaps.Without(set([]string{"KILL", "MKNOD"}))},
		{"add some", Settings{CapAdd: []string{"SYS_TIME"}}, DefaultCaps.Union(set([]string{"SYS_TIME"}))},
		{"drop all", Settings{CapDrop: []string{"ALL"}}, 0},
		{"drop all, add", Settings{CapDrop: []string{"ALL"}, CapAdd: []string{"KILL"}}, set([]string{"KILL"})},
		{"add all, drop", Settings{CapAdd: []string{"ALL"}, CapDrop: []string{"SYS_ADMIN"}}, AllCaps.Without(set([]string{"SYS_ADMIN"}))},
		{"privileged", Settings{Privileged: true, CapDrop: []string{"ALL"}}, AllCaps},
	} {
		if got := tt.settings.Capabilities(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if DefaultCaps.Len() != 14 {
		t.Errorf("the engine gives 14 capabilities, not %d", DefaultCaps.Len())
	}
}

func TestCapSetNames(t *testing.T) {
	set := ParseCaps([]string{"cap_net_raw", "CHOWN", " Kill ", "TELEPORT", "ALL"})
	data, err := json.Marshal(set)
	if err != nil || string(data) != `["CHOWN","KILL","NET_RAW"]` {
		t.Errorf("%s, %v", data, err)
	}
	var back CapSet
	if err := json.Unmarshal(data, &back); err != nil || back != set {
		t.Errorf("%s, %v", back, err)
	}
	if CapSet(0).String() != "none" || CapSet(1<<60).String() != "CAP_60" {
		t.Errorf("%s, %s", CapSet(0), CapSet(1<<60))
	}
	for _, c := range AllCaps.Each() {
		if c.Len() != 1 || !AllCaps.Has(c) {
			t.Errorf("%s is not one capability", c)
		}
	}
}
