package inspect

import (
	"fmt"
	"strconv"
	"strings"
)

// Dial names one setting that bulkhead can tighten.
type Dial string

// The dials a Change can turn. Those in the second group may be turned once for
// each path or port.
const (
	DialCapabilities    Dial = "capabilities"
	DialNoNewPrivileges Dial = "no-new-privileges"
	DialReadOnlyRoot    Dial = "read-only root filesystem"
	DialUser            Dial = "user"
	DialPrivileged      Dial = "privileged"
	DialMemory          Dial = "memory limit"
	DialPIDs            Dial = "pids limit"
	DialCPUs            Dial = "cpu limit"
	DialSeccomp         Dial = "seccomp profile"
	DialAppArmor        Dial = "AppArmor profile"

	DialTmpfs         Dial = "tmpfs"
	DialVolume        Dial = "volume"
	DialReadOnlyMount Dial = "read-only mount"
	DialRemoveMount   Dial = "no mount"
	DialLoopback      Dial = "loopback port"
	// DialSecret is never tried on a copy: whether the service reads the file
	// shows only with the file in place.
	DialSecret Dial = "secret"
)

// Change is one tightening of one dial, as plain data. It stands here and not
// in package fix because a Finding carries the Change that mends it.
type Change struct {
	Dial Dial `json:"dial"`
	// Keep is what DialCapabilities leaves: everything else is dropped.
	Keep CapSet `json:"keep,omitzero"`
	// User is whom DialUser lets the main process start as: "101:101".
	User string `json:"user,omitempty"`
	// Limit is in bytes for DialMemory, in processes for DialPIDs.
	Limit int64 `json:"limit,omitempty"`
	// CPUs are whole processors, for DialCPUs.
	CPUs float64 `json:"cpus,omitempty"`
	// Profile is for DialSeccomp and DialAppArmor.
	Profile Profile `json:"profile,omitzero"`
	// Tmpfs is the mount that DialTmpfs adds, or replaces at its path.
	Tmpfs Tmpfs `json:"tmpfs,omitzero"`
	// Path is inside the container: where DialVolume puts an anonymous volume,
	// which mount DialReadOnlyMount closes and DialRemoveMount takes away.
	Path string `json:"path,omitempty"`
	// Port is the container's port ("80/tcp") whose publishing DialLoopback
	// binds to the loopback address.
	Port string `json:"port,omitempty"`
	// Secret is what DialSecret moves out of the environment.
	Secret Secret `json:"secret,omitzero"`
}

// Tryable says whether a trial can tell if a service works under the change.
func (c Change) Tryable() bool { return c.Dial != DialSecret }

// Profile is a security profile. An AppArmor profile has a Name alone: the
// host must have loaded it. A seccomp profile has Text, which the engine is
// given, and Path, which a Compose file or a command refers to.
type Profile struct {
	Name string `json:"name,omitempty"`
	Path string `json:"path,omitempty"`
	Text string `json:"text,omitempty"`
}

// CustomProfile is what Settings say of a seccomp profile of the workload's
// own: the engine keeps its text, not its name.
const CustomProfile = "custom"

// Loopback is the address under which only the host itself is reached.
const Loopback = "127.0.0.1"

// Place tells the changes of one dial apart: the path or port they are about,
// "" where the dial is turned only once.
func (c Change) Place() string {
	switch c.Dial {
	case DialTmpfs:
		return c.Tmpfs.Path
	case DialVolume, DialReadOnlyMount, DialRemoveMount:
		return c.Path
	case DialLoopback:
		return c.Port
	case DialSecret:
		return c.Secret.Variable
	}
	return ""
}

// Name is a word for the change that no other one of a plan has:
// "capabilities", "read-only-root-filesystem", "tmpfs:/run".
func (c Change) Name() string {
	name := strings.ToLower(strings.ReplaceAll(string(c.Dial), " ", "-"))
	if place := c.Place(); place != "" {
		name += ":" + place
	}
	return name
}

// String says the change in a verb phrase.
func (c Change) String() string {
	switch c.Dial {
	case DialCapabilities:
		if c.Keep == 0 {
			return "drop all capabilities"
		}
		return "drop all capabilities but " + c.Keep.String()
	case DialNoNewPrivileges:
		return "set no-new-privileges"
	case DialReadOnlyRoot:
		return "make the root filesystem read-only"
	case DialUser:
		return "run as " + c.User
	case DialPrivileged:
		return "take privileged away"
	case DialMemory:
		return "limit memory to " + Bytes(c.Limit)
	case DialPIDs:
		return fmt.Sprintf("limit processes to %d", c.Limit)
	case DialCPUs:
		return "limit processors to " + strconv.FormatFloat(c.CPUs, 'f', -1, 64)
	case DialSeccomp:
		return "use the seccomp profile " + c.Profile.Path
	case DialAppArmor:
		return "use the AppArmor profile " + c.Profile.Name
	case DialTmpfs:
		return "mount a tmpfs on " + c.Tmpfs.String()
	case DialVolume:
		return "mount a volume on " + c.Path
	case DialReadOnlyMount:
		return "make the mount on " + c.Path + " read-only"
	case DialRemoveMount:
		return "take away the mount on " + c.Path
	case DialLoopback:
		return "publish " + c.Port + " on loopback alone"
	case DialSecret:
		return "move " + c.Secret.Variable + " into the secret " + c.Secret.Name
	}
	return string(c.Dial)
}

// Bytes is a size as Docker and Compose write it, in the largest unit that
// divides it: "64m", "1g", "1000" (bytes).
func Bytes(n int64) string {
	for _, unit := range []struct {
		size   int64
		letter string
	}{{1 << 30, "g"}, {1 << 20, "m"}, {1 << 10, "k"}} {
		if n != 0 && n%unit.size == 0 {
			return strconv.FormatInt(n/unit.size, 10) + unit.letter
		}
	}
	return strconv.FormatInt(n, 10)
}

// Published names the container's side of a published port: "80/tcp".
func (p Port) Published() string { return fmt.Sprintf("%d/%s", p.Container, p.Protocol) }

// Everywhere says that the port is published on every address of the host.
func (p Port) Everywhere() bool {
	switch p.HostIP {
	case "", "0.0.0.0", "::", "[::]":
		return true
	}
	return false
}
