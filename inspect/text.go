package inspect

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable makes foreign text safe to show: names, labels and log lines come
// from containers and may be hostile. Control and formatting characters and
// bytes that are not UTF-8 are replaced, so no control sequence reaches the
// terminal; tabs become one space. A line break is replaced too.
func Printable(s string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			b.WriteByte(' ')
		case r == 0x1b:
			b.WriteRune('␛')
		case r == utf8.RuneError || !unicode.IsPrint(r):
			b.WriteRune('�')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Truncate shortens s to at most n runes, the last of them an ellipsis where
// something was cut.
func Truncate(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)
	return string(runes[:max(0, n-1)]) + "…"
}

// secretWords are parts of variable names whose values are taken for secrets.
var secretWords = []string{
	"PASSWORD", "PASSWD", "PASS", "PWD", "SECRET", "TOKEN", "APIKEY", "API_KEY", "ACCESS_KEY",
	"PRIVATE_KEY", "CREDENTIAL", "AUTH", "DSN", "DATABASE_URL", "CONNECTION_STRING", "COOKIE", "SALT",
}

// SecretName says whether the variable's name suggests that its value is a
// secret. PWD alone is the working directory, and names that end in _FILE hold
// a path.
func SecretName(name string) bool {
	upper := strings.ToUpper(name)
	if upper == "PWD" || upper == "OLDPWD" || strings.HasSuffix(upper, "_FILE") {
		return false
	}
	return slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(upper, word) })
}

// Redactor replaces known secrets in text.
type Redactor struct{ replacer *strings.Replacer }

// redacted stands where a secret stood.
const redacted = "•••"

// NewRedactor learns the secrets of an environment ("NAME=value"): the values
// of variables with a SecretName, longer than three bytes, and the passwords
// inside URLs.
func NewRedactor(env []string) Redactor {
	var values []string
	for _, kv := range env {
		name, value, ok := strings.Cut(kv, "=")
		if !ok {
			continue
		}
		if SecretName(name) && len(value) > 3 {
			values = append(values, value)
		}
		if password := urlPassword(value); len(password) > 3 {
			values = append(values, password)
		}
	}
	// The longest first, so that a secret inside another leaves nothing behind.
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, v := range slices.Compact(values) {
		pairs = append(pairs, v, redacted)
	}
	return Redactor{strings.NewReplacer(pairs...)}
}

// urlPassword returns the password of scheme://user:password@host, or "".
func urlPassword(value string) string {
	_, rest, ok := strings.Cut(value, "://")
	if !ok {
		return ""
	}
	userinfo, _, ok := strings.Cut(rest, "@")
	if !ok {
		return ""
	}
	_, password, _ := strings.Cut(userinfo, ":")
	return password
}

// Redact replaces every secret the redactor knows.
func (r Redactor) Redact(s string) string {
	if r.replacer == nil {
		return s
	}
	return r.replacer.Replace(s)
}
