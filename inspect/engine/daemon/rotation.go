package daemon

import (
	"encoding/json"
	"regexp"
	"strings"

	"bulkhead/inspect"
)

// rotation says whether logs are bounded by default. The driver local always
// rotates; json-file does with max-size alone, for max-file without it is
// refused (moby daemon/logger/local and daemon/logger/jsonfilelog, New).
func rotation(d *inspect.Daemon, c command, f file, whole bool) {
	driver, options := c.value("log-driver"), logOptions(c)
	if driver == "" {
		driver = f.text("log-driver")
	}
	size, given := options["max-size"]
	if !given {
		size, given = f.texts("log-opts")["max-size"]
	}
	switch {
	case driver == "local", given && positive.MatchString(size):
		rotated := true
		d.LogRotation = &rotated
	case given:
		d.Unread = append(d.Unread, "max-size in log-opts has a value that json-file does not take, so log rotation is not known.")
	case whole && !f.broken("log-opts") && !f.broken("log-driver"):
		d.LogRotation = new(bool)
	}
}

// positive is a size that json-file takes: "10m", "1.5g", "500 kB" (go-units
// FromHumanSize, more than nothing).
var positive = regexp.MustCompile(`^[0-9.]*[1-9][0-9.]* ?[a-zA-Z]{0,3}$`)

// logOptions are the options of --log-opt key=value, of which the last holds.
func logOptions(c command) map[string]string {
	out := map[string]string{}
	for _, option := range c.values("log-opt") {
		key, value, _ := strings.Cut(option, "=")
		out[key] = value
	}
	return out
}

// text is a value that is a string, "" for any other.
func (f file) text(key string) string {
	var out string
	if json.Unmarshal(f.values[key], &out) != nil {
		return ""
	}
	return out
}

// texts is a value that maps strings to strings, nothing for any other.
func (f file) texts(key string) map[string]string {
	var out map[string]string
	if json.Unmarshal(f.values[key], &out) != nil {
		return nil
	}
	return out
}
