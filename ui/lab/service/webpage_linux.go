package service

import (
	"fmt"
	"html"
	"os"
	"strconv"
	"strings"

	"bulkhead/inspect"
)

// powers is what a process may do, from /proc/self/status; see
// proc_pid_status(5).
type powers struct {
	uid, gid            string
	effective, bounding string
	noNewPrivileges     bool
	seccomp             bool
}

// readPowers reads the running process's powers. What cannot be read is
// "unknown".
func readPowers() powers {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return parsePowers("")
	}
	return parsePowers(string(text))
}

func parsePowers(status string) powers {
	p := powers{uid: "unknown", gid: "unknown", effective: "unknown", bounding: "unknown"}
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		if len(fields) == 0 {
			continue
		}
		switch key {
		case "Uid":
			p.uid = fields[0]
		case "Gid":
			p.gid = fields[0]
		case "CapEff":
			p.effective = capNames(fields[0])
		case "CapBnd":
			p.bounding = capNames(fields[0])
		case "NoNewPrivs":
			p.noNewPrivileges = fields[0] == "1"
		case "Seccomp":
			p.seccomp = fields[0] == "2"
		}
	}
	return p
}

// capNames turns the kernel's hexadecimal mask into names.
func capNames(mask string) string {
	bits, err := strconv.ParseUint(mask, 16, 64)
	if err != nil {
		return "unknown"
	}
	return inspect.CapSet(bits).String()
}

// webPage is the page about the worker that serves it.
func webPage(p powers) string {
	yes := map[bool]string{true: "yes", false: "no"}
	rows := [][2]string{
		{"Worker runs as", "uid " + p.uid + ", gid " + p.gid},
		{"Capabilities it holds", p.effective},
		{"Capabilities the container could hold", p.bounding},
		{"no-new-privileges", yes[p.noNewPrivileges]},
		{"Syscalls filtered by seccomp", yes[p.seccomp]},
	}
	var table strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&table, "<tr><th>%s<td>%s\n", html.EscapeString(row[0]), html.EscapeString(row[1]))
	}
	return fmt.Sprintf(webTemplate, table.String())
}

const webTemplate = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>bulkhead practice: web</title>
<style>
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color: #1d2b36; background: #f7f9fa }
h1 { font-size: 1.5rem }
table { border-collapse: collapse; width: 100%% }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem; border-top: 1px solid #cfd8de }
th { font-weight: 600; width: 45%% }
@media (prefers-color-scheme: dark) { body { color: #dbe4ea; background: #14202a } th, td { border-color: #33434f } }
</style>
<h1>The practice web server is at work</h1>
<p>Its master started as root, prepared a cache and opened port 80. A worker without root serves this page.
<table>
%s</table>
<p>Which of the capabilities above does it need? <code>bulkhead trial bulkhead-lab/web</code> finds out.
</html>
`
