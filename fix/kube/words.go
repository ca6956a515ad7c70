package kube

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// longest is how long a DNS label may be (RFC 1123).
const longest = 63

var notLabel = regexp.MustCompile(`[^a-z0-9]+`)

// label makes a name that Kubernetes takes for an object, a container or a
// volume: lower case letters, digits and dashes, beginning with a letter.
func label(name string) string {
	clean := strings.Trim(notLabel.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if clean == "" || clean[0] >= '0' && clean[0] <= '9' {
		clean = strings.TrimRight("v-"+clean, "-")
	}
	return strings.TrimRight(clean[:min(len(clean), longest)], "-")
}

var size = regexp.MustCompile(`^([0-9]+)([kKmMgG]?)$`)

// quantity turns a tmpfs's size into Kubernetes' way to write it. The kernel's
// suffixes are powers of 1024 (tmpfs(5)); a share of the memory ("50%") cannot
// be said.
func quantity(text string) (string, bool) {
	m := size.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	if m[2] == "" {
		return m[1], true
	}
	return m[1] + strings.ToUpper(m[2]) + "i", true
}

// memory is an amount of bytes in the largest unit that divides it.
func memory(n int64) string {
	for _, unit := range []struct {
		size   int64
		suffix string
	}{{1 << 30, "Gi"}, {1 << 20, "Mi"}, {1 << 10, "Ki"}} {
		if n%unit.size == 0 {
			return strconv.FormatInt(n/unit.size, 10) + unit.suffix
		}
	}
	return strconv.FormatInt(n, 10)
}

// processors are whole ones or thousandths: "2", "500m".
func processors(cpus float64) string {
	milli := max(1, int64(cpus*1000+0.5))
	if milli%1000 == 0 {
		return strconv.FormatInt(milli/1000, 10)
	}
	return strconv.FormatInt(milli, 10) + "m"
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
