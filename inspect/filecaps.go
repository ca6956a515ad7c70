package inspect

import (
	"archive/tar"
	"encoding/binary"
	"fmt"
)

// FileCaps are the capabilities that an executable file carries in its extended
// attribute security.capability.
type FileCaps struct {
	// Permitted are those that the file brings along, Inheritable those that it
	// lets pass on.
	Permitted, Inheritable CapSet
	// Effective says that the kernel refuses to execute the file where one of
	// Permitted is not in the bounding set (capabilities(7), "Safety checking for
	// capability-dumb binaries").
	Effective bool
}

// FileCapsOf reads what the header of an archive says of a file's capabilities;
// one without any has none.
func FileCapsOf(h *tar.Header) (FileCaps, error) {
	return ParseFileCaps(h.PAXRecords["SCHILY.xattr.security.capability"])
}

// ParseFileCaps reads a vfs_cap_data of any revision (linux/capability.h):
// little-endian words, the flags, then permitted and inheritable, low words
// first. An empty text is a file without.
func ParseFileCaps(attribute string) (FileCaps, error) {
	data := []byte(attribute)
	if len(data) == 0 {
		return FileCaps{}, nil
	}
	if len(data) < 12 {
		return FileCaps{}, fmt.Errorf("its capabilities have %d bytes", len(data))
	}
	word := func(i int) CapSet { return CapSet(binary.LittleEndian.Uint32(data[4*i:])) }
	magic := binary.LittleEndian.Uint32(data)
	caps := FileCaps{Permitted: word(1), Inheritable: word(2), Effective: magic&1 != 0}
	switch revision := magic >> 24; {
	case revision == 1:
	case (revision == 2 || revision == 3) && len(data) >= 20:
		caps.Permitted |= word(3) << 32
		caps.Inheritable |= word(4) << 32
	default:
		return FileCaps{}, fmt.Errorf("its capabilities are of revision %d", revision)
	}
	return caps, nil
}
