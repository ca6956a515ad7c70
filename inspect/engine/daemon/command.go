package daemon

import (
	"path/filepath"
	"strconv"
	"strings"
)

// command is a daemon's command line: the values of each flag, by long name. A
// flag without a value has the value "true".
type command struct{ flags map[string][]string }

// short are the short forms of the flags that matter here.
var short = map[byte]string{'H': "host", 'G': "group"}

// valued are the flags that take a value as their next argument.
var valued = map[string]bool{
	"host": true, "group": true, "config-file": true, "insecure-registry": true, "default-ulimit": true,
	"log-driver": true, "log-opt": true,
}

// parseCommand reads a command line as dockerd does (its flags are pflag's:
// --flag, --flag=value, --flag value, -Xvalue, -X value). Flags that do not
// matter here are passed over.
func parseCommand(args []string) command {
	c := command{map[string][]string{}}
	for i := 1; i < len(args); i++ {
		name, value, given := split(args[i])
		if name == "" {
			continue
		}
		if !given && valued[name] && i+1 < len(args) {
			i++
			value, given = args[i], true
		}
		if !given {
			value = "true"
		}
		c.flags[name] = append(c.flags[name], value)
	}
	return c
}

// split takes an argument apart; the name is empty where it is no flag.
func split(arg string) (name, value string, given bool) {
	if long, ok := strings.CutPrefix(arg, "--"); ok {
		return strings.Cut(long, "=")
	}
	if len(arg) < 2 || arg[0] != '-' {
		return "", "", false
	}
	name, value = short[arg[1]], strings.TrimPrefix(arg[2:], "=")
	return name, value, value != ""
}

func (c command) has(name string) bool        { return len(c.flags[name]) > 0 }
func (c command) values(name string) []string { return append([]string(nil), c.flags[name]...) }

// value is the last value of the flag, which is the one that holds.
func (c command) value(name string) string {
	values := c.flags[name]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// on is the value of a switch, where it is given.
func (c command) on(name string) (on, given bool) {
	if !c.has(name) {
		return false, false
	}
	on, err := strconv.ParseBool(c.value(name))
	return on, err == nil
}

// names says whether the command line names the socket.
func (c command) names(socket string) bool {
	for _, host := range c.values("host") {
		if path, ok := strings.CutPrefix(host, "unix://"); ok && same(path, socket) {
			return true
		}
	}
	return false
}

// mayServe says whether the command line leaves the socket open: it is handed
// over (fd://), or no unix socket is named at all, so that the file or the
// default decides.
func (c command) mayServe() bool {
	unix := false
	for _, host := range c.values("host") {
		if strings.HasPrefix(host, "fd://") {
			return true
		}
		unix = unix || strings.HasPrefix(host, "unix://")
	}
	return !unix
}

// same says whether two paths mean one file; /var/run is /run on today's hosts.
func same(a, b string) bool {
	clean := func(path string) string {
		path = filepath.Clean(path)
		if rest, ok := strings.CutPrefix(path, "/var/run/"); ok {
			return "/run/" + rest
		}
		return path
	}
	return clean(a) == clean(b)
}
