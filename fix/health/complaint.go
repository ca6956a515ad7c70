package health

import (
	"regexp"
	"slices"
	"strings"
)

// refusal matches, in lower case, what libraries and programs print where they
// were refused a permission. A bare number in parentheses is not taken for an errno: "(1)" is
// more often the process that logs.
var refusal = regexp.MustCompile(strings.Join([]string{
	// What strerror(3) says of EPERM, EACCES and EROFS, and their names.
	`not permitted|permission denied|read-only file ?system|\beperm\b|\beacces\b|\berofs\b`,
	// Their numbers, as MariaDB ("Errcode: 13", "error number 13"), Rust ("os error
	// 13"), Node.js ("errno: -13") and Python ("[Errno 13]") write them.
	`\b(errno|errcode|os error|error number)[ :=]{0,2}-?(1|13|30)\b`,
	// Other languages: Java and .NET.
	`accessdeniedexception|unauthorizedaccessexception|permissionerror`,
	// A privilege that could not be dropped or used, said without a reason: HAProxy
	// ("Cannot chroot", "Cannot set gid"), memcached ("failed to assume identity").
	`\b(can ?not|can't|could not|unable to|failed to) ((set|drop) ((the|its|all|root|effective|supplementary) )*([ug]id|groups?|privileges|capabilities)\b|(change|assume)\b.{0,24}\b([ug]id|user|group|identity|owner(ship)?)\b|chroot|chown|setuid|setgid|setgroups|initgroups)`,
	`\b(set(res|re|e)?[ug]id|setgroups|initgroups|chroot|chown|set_loginuid)\b(\([^)]*\))? failed`,
	// A child that could not be told to end: Apache's AH00047, after ten seconds.
	`could not make child process \S+ exit`,
	// Linux-PAM's words for PAM_SESSION_ERR, which a session without AUDIT_WRITE
	// ends in.
	`make/remove an entry for the specified session`,
	`(insufficient|lacking) (privilege|permission)|(must|need to|should) be (run as )?root\b|are you root`,
}, "|"))

// refusalParts are in every line that refusal matches. To look for them first
// is a hundred times quicker, and most lines have none.
var refusalParts = []string{
	"permi", "read-only", "eperm", "eacces", "erofs", "err", "denied", "unauthorized", "not ", "can't", "unable", "failed", "make/remove", "privilege", "root",
}

// refuses says that a line speaks of a refused permission.
func refuses(line string) bool {
	line = strings.ToLower(line)
	part := func(p string) bool { return strings.Contains(line, p) }
	return slices.ContainsFunc(refusalParts, part) && refusal.MatchString(line)
}

// changing matches what differs from run to run in a log line: times, days,
// process IDs, addresses, identifiers, names of temporary files.
var changing = regexp.MustCompile(strings.Join([]string{
	`0x[0-9a-fA-F]+`,
	`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`,
	`[0-9a-f]{12,}`,
	`\btmp\.[A-Za-z0-9]{6,}`,
	`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b`,
	`([0-9.]*[0-9](ms|s|m|h)?)+`,
}, "|"))

// Complaint is a log line that speaks of a refused permission. Key is the line
// with its changing parts replaced by #, by which lines are compared.
type Complaint struct{ Line, Key string }

// key is a line with its changing parts replaced by #.
func key(line string) string { return changing.ReplaceAllString(line, "#") }

// mostComplaints bounds how many kinds are kept of one log.
const mostComplaints = 50

// Complaints returns the lines that speak of a refused permission, each kind
// once, in the order they came.
func Complaints(lines []string) []Complaint {
	var out []Complaint
	for _, line := range lines {
		if refuses(line) {
			out = Merge(out, []Complaint{{line, key(line)}})
		}
	}
	return out
}

// Merge adds to a the kinds of complaint that are only in b, up to a bound.
func Merge(a, b []Complaint) []Complaint {
	for _, c := range b {
		if !holds(a, c) && len(a) < mostComplaints {
			a = append(a, c)
		}
	}
	return a
}

func holds(all []Complaint, c Complaint) bool {
	return slices.ContainsFunc(all, func(o Complaint) bool { return o.Key == c.Key })
}
