package compose

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Settings has devices in another order than the file; each keeps its line.
func TestEachDeviceHasItsOwnLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "compose.yaml")
	const text = `services:
  web:
    image: nginx
    devices:
      - /dev/sda:/dev/z:r
      - ${DISK:-/dev/kvm}:/dev/a
      - /dev/fuse
      - {source: /dev/snd, target: /dev/b}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Load(t.Context(), Options{Files: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]int{"/dev/sda": 5, "/dev/kvm": 6, "/dev/fuse": 7, "/dev/snd": 8}
	w := p.Workloads[0]
	for i, d := range w.Settings.Devices {
		if got := w.Sources.Of(fmt.Sprintf("devices.%d", i)).Line; got != lines[d.Host] {
			t.Errorf("%s is said to stand in line %d", d.Host, got)
		}
	}
	if len(w.Settings.Devices) != len(lines) {
		t.Errorf("%+v", w.Settings.Devices)
	}
}
