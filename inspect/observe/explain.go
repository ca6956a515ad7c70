package observe

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// Explain says in sentences what the container was denied, the earliest phase
// first: capabilities that it did not hold, and files that it could not reach.
// All of it is printable.
func Explain(o Observation) []string {
	denied := slices.DeleteFunc(slices.Clone(o.Checks), func(c Check) bool { return c.Outcome != Denied || aside(c) })
	slices.SortStableFunc(denied, func(a, b Check) int { return ComparePhases(a.Phase, b.Phase) })
	lines := []string{}
	for _, c := range denied {
		lines = append(lines, c.String())
	}
	for _, f := range o.Files {
		if len(f.Refused) > 0 {
			lines = append(lines, f.refusal())
		}
	}
	return lines
}

// String says what was asked and what came of it: "SETGID denied: nginx called
// setgid(33) as user 0."
func (c Check) String() string {
	who := "A process"
	if c.Executable != "" {
		who = inspect.Printable(path.Base(c.Executable))
	}
	did := "did something outside of a system call"
	if c.Syscall != "" {
		did = "called " + c.Call()
	}
	return fmt.Sprintf("%s %s: %s %s as user %d%s.", c.Capability, c.Outcome, who, did, c.UID, times(c.Count))
}

// Call is the first system call of the kind with its arguments: "setgid(33)".
func (c Check) Call() string {
	if c.Syscall == "" {
		return "something outside of a system call"
	}
	return c.Syscall + c.arguments()
}

// shown is how many arguments of a call say something.
var shown = map[string]int{
	"setuid": 1, "setgid": 1, "setreuid": 2, "setregid": 2, "setresuid": 3, "setresgid": 3, "setgroups": 1, "setfsuid": 1, "setfsgid": 1,
	"kill": 2, "tkill": 2, "tgkill": 3, "socket": 3, "prctl": 2, "unshare": 1, "setns": 2, "setpriority": 3,
}

// arguments are the first call's, as its manual page has them: whole numbers of
// 32 bits with a sign.
func (c Check) arguments() string {
	var list []string
	for _, a := range c.Arguments[:min(len(c.Arguments), shown[c.Syscall])] {
		list = append(list, fmt.Sprint(int32(a)))
	}
	if len(list) == 0 {
		return ""
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func times(n uint64) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(", %d times", n)
}

// reasons say what the errors mean.
var reasons = map[string]string{
	"EACCES": "permission denied", "EPERM": "operation not permitted", "EROFS": "the filesystem is read-only",
}

// refusal says what an access to the file met.
func (f File) refusal() string {
	var why []string
	for _, name := range f.Refused {
		why = append(why, fmt.Sprintf("%s (%s)", cmp.Or(reasons[name], "refused"), name))
	}
	return fmt.Sprintf("%s: %s.", inspect.Printable(f.Path), strings.Join(why, ", "))
}

// aspects say of each aspect what is missing.
var aspects = map[Aspect]string{
	Capabilities:     "Capability checks were not watched",
	Beginning:        "What came before was not watched",
	FileCapabilities: "Not every program's file capabilities were read",
	Filters:          "Which calls a seccomp profile answered is not known",
	Elevation:        "Programs that gain privileges by being executed ran without them",
	Details:          "Files, sockets, programs, users and errors were not watched",
	Attribution:      "Not everything is known to be the container's",
	Mounted:          "Where the container's mounts come from is not known",
	Others:           "Not every process of the container was watched",
}

// String is one sentence.
func (g Gap) String() string {
	return fmt.Sprintf("%s: %s.", cmp.Or(aspects[g.Aspect], string(g.Aspect)), strings.TrimSuffix(g.Reason, "."))
}

// String says what was lost, in the words of a list.
func (l Lost) String() string {
	var parts []string
	for _, p := range []struct {
		n    uint64
		what string
	}{
		{l.Events, "events"}, {l.Tasks, "processes or threads"}, {l.Checks, "checks, sockets, signals or identities"},
		{l.Paths, "paths"}, {l.Entries, "files or executions beyond what is kept"},
		{l.Addresses, "addresses of sockets beyond what is kept"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
