package inspect

// Dial names one setting that bulkhead can tighten.
type Dial string

// The dials a Change can turn.
const (
	DialCapabilities    Dial = "capabilities"
	DialNoNewPrivileges Dial = "no-new-privileges"
	DialReadOnlyRoot    Dial = "read-only root filesystem"
	DialTmpfs           Dial = "tmpfs"
)

// Change is one tightening of one dial, as plain data. It stands here and not
// in package fix because a Finding carries the Change that mends it.
type Change struct {
	Dial Dial `json:"dial"`
	// Keep is what DialCapabilities leaves: everything else is dropped.
	Keep CapSet `json:"keep,omitzero"`
	// Tmpfs is the mount that DialTmpfs adds, or replaces at its path.
	Tmpfs Tmpfs `json:"tmpfs,omitzero"`
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
	case DialTmpfs:
		return "mount a tmpfs on " + c.Tmpfs.String()
	}
	return string(c.Dial)
}
