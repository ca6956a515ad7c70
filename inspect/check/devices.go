package check

import (
	"fmt"
	"path"
	"strings"

	"bulkhead/inspect"
)

var devices = Check{
	ID:         "devices",
	Settings:   []string{"devices", "device_cgroup_rules"},
	Layer:      inspect.LayerBoundary,
	Title:      "A host device is inside",
	Question:   "Which devices of the host can it use?",
	Danger:     "A device is a way past the file system's permissions, and its driver is kernel code that the container can reach.",
	Read:       "devices, by the path on the host",
	Fix:        "remove the device, or give only the permissions that are needed (r, w, m)",
	MayBreak:   "Whatever uses the device.",
	Bad:        service("devices: [/dev/sda]"),
	Good:       service("devices: [/dev/null]"),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.18"},
	Run:        runDevices,
}

// deviceKind is what a device opens, by the beginning of its path under /dev.
type deviceKind struct {
	prefixes []string
	gain     gain
	door     door
	why      string
}

var deviceKinds = []deviceKind{
	{[]string{"sd", "hd", "vd", "xvd", "nvme", "mmcblk", "md", "dm-", "mapper/", "loop", "nbd", "disk/", "sr", "bcache", "zd"}, theHost, direct,
		"It is a disk of the host: every file on it can be read, and with write permission changed, past all permissions."},
	{[]string{"mem", "kmem", "port"}, theHost, withStep,
		"It is the machine's memory; with the capability SYS_RAWIO it can be read and written."},
	{[]string{"vfio", "uio", "watchdog", "ipmi", "cpu/", "kmsg", "input/", "uinput", "hidraw", "bus/usb", "tty"}, others, withStep,
		"It is hardware or a console that others use too: it can be watched or disturbed from inside."},
	{[]string{"kvm", "vhost", "net/tun", "fuse", "dri", "nvidia", "snd", "video", "ppp"}, itself, withStep,
		"It is made for use by ordinary programs, but its driver is kernel code that is now in reach."},
}

// harmlessDevices are in every container anyway (OCI runtime specification,
// default devices).
var harmlessDevices = map[string]bool{
	"null": true, "zero": true, "full": true, "random": true, "urandom": true, "tty": true, "console": true, "ptmx": true,
}

func runDevices(w inspect.Workload, _ inspect.Host) Result {
	var findings []inspect.Finding
	for i, d := range w.Settings.Devices {
		f, ok := deviceFinding(d)
		if !ok {
			continue
		}
		f.Source = w.Sources.Of(fmt.Sprintf("devices.%d", i), "devices")
		findings = append(findings, f)
	}
	return judged(findings, "no devices of the host", count(len(findings), "host device")+" inside")
}

func deviceFinding(d inspect.Device) (inspect.Finding, bool) {
	// A name of the Container Device Interface ("vendor.com/gpu=0") is no path.
	name, isPath := strings.CutPrefix(path.Clean(d.Host), "/dev/")
	if isPath && harmlessDevices[name] {
		return inspect.Finding{}, false
	}
	f := rate(others, withStep, inspect.Finding{
		Title:    fmt.Sprintf("The host's device %s is inside", show(d.Host)),
		Evidence: fmt.Sprintf("devices holds %s (%s).", show(d.Host), permissions(d.Permissions)),
	})
	if path.Clean(d.Host) == "/dev" {
		f = rate(theHost, direct, f)
		f.Why = "All devices of the host are inside, its disks among them."
		return f, true
	}
	for _, kind := range deviceKinds {
		for _, prefix := range kind.prefixes {
			if isPath && strings.HasPrefix(name, prefix) {
				f = rate(kind.gain, kind.door, f)
				f.Why = kind.why
				return f, true
			}
		}
	}
	return f, true
}

// permissions says a device's cgroup permissions in words.
func permissions(p string) string {
	if p == "" {
		p = "rwm"
	}
	var words []string
	for letter, word := range map[string]string{"r": "read", "w": "write", "m": "make nodes"} {
		if strings.Contains(p, letter) {
			words = append(words, word)
		}
	}
	return list(sorted(words))
}
