package composefile

import (
	"regexp"
	"strings"

	"bulkhead/fix/writes"
	"bulkhead/inspect"

	"github.com/aymanbagabas/go-udiff"
)

// Diff is the unified diff of an edit, fit to show: control characters are made
// visible, and the values of settings with secret names are masked. It cannot be
// applied as a patch where something was masked.
func Diff(path string, before, after []byte) string {
	if string(before) == string(after) {
		return ""
	}
	diff := udiff.Unified("a/"+name0(path), "b/"+name0(path), masked(before), masked(after))
	var out strings.Builder
	for line := range strings.Lines(diff) {
		out.WriteString(inspect.Printable(strings.TrimRight(line, "\r\n")))
		out.WriteByte('\n')
	}
	return out.String()
}

// FileDiff is Diff for a file that is to be written. Of a secret file it shows
// only that it holds something.
func FileDiff(f writes.File) string {
	if f.Secret {
		return Diff(f.Path, hidden(f.Before), hidden(f.Content))
	}
	return Diff(f.Path, f.Before, f.Content)
}

func hidden(content []byte) []byte {
	if len(content) == 0 {
		return nil
	}
	return []byte(mask + "\n")
}

// name0 is the path without a leading slash, as diffs write it.
func name0(path string) string { return strings.TrimLeft(inspect.Printable(path), "/") }

const mask = "•••"

// setting matches NAME: value and NAME=value, also as an item of a list and in
// quotes; in braces and brackets there may be several on a line.
var setting = regexp.MustCompile(`(["']?)([A-Za-z_][A-Za-z0-9_.-]*)(["']?)(\s*:\s+|\s*:$|=|["']\s*:\s*)(.*)`)

// password matches the password in scheme://user:password@host.
var password = regexp.MustCompile(`(://[^\s/:@"']*:)([^\s@"']+)(@)`)

// argument matches a secret given to a program: --password x, "--token", "x".
var argument = regexp.MustCompile(`(?i)(--?[a-z-]*(?:pass|password|passwd|requirepass|token|secret|api-?key)["']?[\s,=]+["']?)([^\s"',\]]+)`)

// masked hides secrets line by line. Every line keeps its place.
func masked(content []byte) string {
	var out strings.Builder
	m := masker{}
	for line := range strings.Lines(string(content)) {
		text := strings.TrimRight(line, "\r\n")
		out.WriteString(m.line(text))
		out.WriteString(line[len(text):])
	}
	return out.String()
}

// masker remembers that a secret's value goes on over the next lines.
type masker struct {
	// inside says that lines further in than indent belong to a secret; with
	// open only as long as they are no keys or items of their own.
	inside, open bool
	indent       int
}

// structure matches a line that starts a key or an item.
var structure = regexp.MustCompile(`^\s*(-\s|-$|[^\s"'#{\[]+:(\s|$))`)

func (m *masker) line(text string) string {
	indent := len(text) - len(strings.TrimLeft(text, " "))
	if m.inside {
		switch {
		case strings.TrimSpace(text) == "":
			return text
		case indent > m.indent && !(m.open && structure.MatchString(text)):
			return text[:indent] + mask
		}
		m.inside = false
	}
	text = password.ReplaceAllString(text, "${1}"+mask+"${3}")
	text = argument.ReplaceAllString(text, "${1}"+mask)
	at := secretAt(text)
	if at < 0 {
		return text
	}
	m.inside, m.indent = true, indent
	m.open = strings.TrimSpace(text[at:]) == ""
	if m.open {
		return text
	}
	return text[:at] + mask
}

// secretAt is where the value of the first setting with a secret name starts,
// -1 where there is none. What follows on the line is masked with it.
func secretAt(text string) int {
	for at := 0; at < len(text); {
		found := setting.FindStringSubmatchIndex(text[at:])
		if found == nil {
			return -1
		}
		name := text[at+found[4] : at+found[5]]
		value := at + found[10]
		if inspect.SecretName(name) {
			return value
		}
		if value <= at {
			return -1
		}
		at = value
	}
	return -1
}
