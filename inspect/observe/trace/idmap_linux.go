package trace

import (
	"fmt"
	"os"
	"strings"
)

// idMap turns the IDs of this user namespace into those of the one outside
// (user_namespaces(7)); an empty one changes nothing.
type idMap []idRange

type idRange struct{ inside, outside, size uint32 }

func readIDMap(name string) idMap {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	var m idMap
	for line := range strings.Lines(string(text)) {
		var r idRange
		if _, err := fmt.Sscan(line, &r.inside, &r.outside, &r.size); err == nil {
			m = append(m, r)
		}
	}
	return m
}

func (m idMap) outside(id uint32) uint32 {
	for _, r := range m {
		if id >= r.inside && id-r.inside < r.size {
			return r.outside + (id - r.inside)
		}
	}
	return id
}
