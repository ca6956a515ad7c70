package seen

import (
	"fmt"
	"slices"
	"strings"

	"bulkhead/inspect"
	"bulkhead/inspect/observe"
	"bulkhead/inspect/observe/syscalls"
)

// foretold are the sections beyond capabilities: what the observation foretells,
// what was executed or mapped for it, and the values that profiles filter by.
func foretold(o observe.Observation, p observe.Prediction) []Section {
	var list []Section
	if !o.Misses(observe.Details) { // of system calls alone nothing follows
		lines := printable(p.Summary())
		list = append(list, Section{Title: "foretold", Word: fmt.Sprint(len(lines)), Lines: lines})
	}
	if code := running(o.Files); len(code) > 0 {
		list = append(list, Section{Title: "code", Word: fmt.Sprint(len(code)), Lines: code})
	}
	if values := values(o); len(values) > 0 {
		list = append(list, Section{Title: "values of calls", Word: fmt.Sprint(len(values)), Lines: values})
	}
	return list
}

// running are the files whose code ran.
func running(files []observe.File) []string {
	var lines []string
	for _, f := range files {
		var how []string
		for _, a := range f.Access {
			if a.Runs() {
				how = append(how, string(a))
			}
		}
		if len(how) > 0 {
			lines = append(lines, inspect.Printable(f.Path+": "+strings.Join(how, ", ")))
		}
	}
	return lines
}

// values are, for each system call that profiles filter by them, the values that
// it was given.
func values(o observe.Observation) []string {
	var names []string
	for _, a := range o.Arguments {
		if a.Phase != observe.Runtime {
			names = append(names, a.Syscall)
		}
	}
	var lines []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		list, whole := o.CallsWith(name)
		var given []string
		for _, a := range list {
			given = append(given, syscalls.Text(a))
		}
		slices.Sort(given)
		if !whole {
			given = append(given, "values that are not known")
		}
		lines = append(lines, inspect.Printable(name+": "+strings.Join(given, "; ")))
	}
	return lines
}
