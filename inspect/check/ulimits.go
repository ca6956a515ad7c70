package check

import (
	"fmt"
	"strconv"

	"bulkhead/inspect"
)

// ulimitRules say from where on a ulimit limits nothing, in the unit of
// getrlimit(2), and what that means.
var ulimitRules = map[string]struct {
	most    int64
	finding inspect.Finding
}{
	// The kernel's default for fs.nr_open (proc_sys_fs(5)).
	"nofile": {1 << 20, inform(inspect.Finding{
		Title: "Open files are hardly limited",
		Why:   "One process can fill the kernel's memory with open files, and programs that close every possible file at their start hang.",
		Fix:   "lower ulimits.nofile, or remove it for the engine's default",
	})},
	// The kernel's largest pid_max (proc_sys_kernel(5)).
	"nproc": {1 << 22, inform(inspect.Finding{
		Title: "The number of processes per user is not limited",
		Why:   "nproc then holds nothing back; only pids_limit stops a fork bomb inside.",
		Fix:   "lower ulimits.nproc, or remove it and set pids_limit",
	})},
	"core": {1 << 30, rate(itself, withStep, inspect.Finding{
		Title: "Core dumps are hardly limited",
		Why:   "A crash writes the memory of the process to disk, its keys and passwords with it, and repeated crashes fill the disk.",
		Fix:   "set ulimits.core to 0",
	})},
}

// ulimitFindings are the ulimits set so high that they limit nothing. The hard
// limit counts: a process may raise its soft limit to it.
func ulimitFindings(w inspect.Workload) []inspect.Finding {
	var findings []inspect.Finding
	for _, u := range w.Settings.Limits.Ulimits {
		rule, ok := ulimitRules[u.Name]
		if !ok || u.Hard >= 0 && u.Hard <= rule.most {
			continue
		}
		f := rule.finding
		f.Evidence = fmt.Sprintf("ulimits.%s is %s.", u.Name, amount(u.Hard))
		f.Source = w.Sources.Of("ulimits."+u.Name, "ulimits")
		findings = append(findings, f)
	}
	return findings
}

func amount(limit int64) string {
	if limit < 0 {
		return "unlimited"
	}
	return strconv.FormatInt(limit, 10)
}
