package inspect

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/moby/sys/capability"
)

// CapSet is a set of Linux capabilities, one bit each, numbered as
// capabilities(7) numbers them. It prints and marshals as sorted names
// without CAP_.
type CapSet uint64

// capNumbers maps every name bulkhead knows to its number.
var capNumbers = func() map[string]capability.Cap {
	numbers := map[string]capability.Cap{}
	for _, c := range capability.ListKnown() {
		numbers[strings.ToUpper(c.String())] = c
	}
	return numbers
}()

// AllCaps holds every capability bulkhead knows the name of.
var AllCaps = func() CapSet {
	var all CapSet
	for _, n := range capNumbers {
		all |= 1 << n
	}
	return all
}()

// DefaultCaps is what the engine gives a container unless told otherwise
// (moby oci/caps/defaults.go).
var DefaultCaps = ParseCaps([]string{
	"CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW",
	"SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE",
	"SYS_CHROOT", "KILL", "AUDIT_WRITE",
})

// NormalizeCap returns a capability's name as bulkhead writes it:
// "cap_net_raw" and "net_raw" become "NET_RAW".
func NormalizeCap(name string) string {
	return strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(name)), "CAP_")
}

// NormalizeCaps returns the names as bulkhead writes them, sorted and without
// doubles; ALL and names nobody knows stay.
func NormalizeCaps(names []string) []string {
	var out []string
	for _, n := range names {
		if n = NormalizeCap(n); n != "" {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ParseCap returns the set of one capability. An unknown name is an error.
func ParseCap(name string) (CapSet, error) {
	n, ok := capNumbers[NormalizeCap(name)]
	if !ok {
		return 0, fmt.Errorf("unknown capability %q", name)
	}
	return 1 << n, nil
}

// ParseCaps returns the set of the known names; ALL and unknown names are
// passed over, as they mean something to the engine that a set cannot hold.
func ParseCaps(names []string) CapSet {
	var set CapSet
	for _, name := range names {
		if c, err := ParseCap(name); err == nil {
			set |= c
		}
	}
	return set
}

// Union returns the capabilities that are in either set.
func (s CapSet) Union(o CapSet) CapSet { return s | o }

// Without returns the capabilities of s that are not in o.
func (s CapSet) Without(o CapSet) CapSet { return s &^ o }

// Intersect returns the capabilities that are in both sets.
func (s CapSet) Intersect(o CapSet) CapSet { return s & o }

// Has says whether every capability of o is in s.
func (s CapSet) Has(o CapSet) bool { return s&o == o }

// Len counts the capabilities in the set.
func (s CapSet) Len() int { return bits.OnesCount64(uint64(s)) }

// Each returns the set's capabilities as sets of one, in the order of their
// names.
func (s CapSet) Each() []CapSet {
	var each []CapSet
	for _, name := range s.Names() {
		c, _ := ParseCap(name)
		each = append(each, c)
	}
	return each
}

// Names returns the sorted names; a bit without a name is written CAP_<n>.
func (s CapSet) Names() []string {
	names := []string{}
	for rest := uint64(s); rest != 0; rest &= rest - 1 {
		n := bits.TrailingZeros64(rest)
		name := strings.ToUpper(capability.Cap(n).String())
		if _, known := capNumbers[name]; !known {
			name = fmt.Sprintf("CAP_%d", n)
		}
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// String joins the names with spaces; the empty set is "none".
func (s CapSet) String() string {
	if s == 0 {
		return "none"
	}
	return strings.Join(s.Names(), " ")
}

// MarshalJSON writes the set as an array of names.
func (s CapSet) MarshalJSON() ([]byte, error) { return json.Marshal(s.Names()) }

// UnmarshalJSON reads an array of names as MarshalJSON writes them and refuses
// one it does not know.
func (s *CapSet) UnmarshalJSON(data []byte) error {
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		return err
	}
	*s = 0
	for _, name := range names {
		c, err := ParseCap(name)
		if n, ok := numbered(name); ok {
			c, err = 1<<n, nil
		}
		if err != nil {
			return err
		}
		*s |= c
	}
	return nil
}

// numbered reads CAP_<n>, a capability that has no name here: kernels newer
// than this program have such.
func numbered(name string) (uint64, bool) {
	digits, ok := strings.CutPrefix(name, "CAP_")
	n, err := strconv.ParseUint(digits, 10, 6)
	return n, ok && err == nil
}
