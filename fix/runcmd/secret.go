package runcmd

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// secrets keeps values that look like secrets out of the command. Each gets a
// shell variable, which stands wherever the value stood.
type secrets struct {
	// byValue maps a secret to its variable, byName back.
	byValue, byName map[string]string
}

// shortest is the length below which a value is not looked for elsewhere: it
// would match everywhere.
const shortest = 4

func newSecrets(env []string) *secrets {
	s := &secrets{map[string]string{}, map[string]string{}}
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		if secretEnv(name, value) && value != "" {
			s.variable(name, value)
		}
		if password := urlPassword(value); password != "" {
			s.variable(name+"_PASSWORD", password)
		}
	}
	return s
}

// secretEnv says whether the value of an environment variable must not be shown.
func secretEnv(name, value string) bool {
	return inspect.SecretName(name) || urlPassword(value) != ""
}

// urlPassword is the password in a URL, or "".
func urlPassword(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.User == nil {
		// A URL that does not parse may hold one all the same.
		if m := urlUserinfo.FindStringSubmatch(value); m != nil {
			return m[1]
		}
		return ""
	}
	if m := urlUserinfo.FindStringSubmatch(value); m != nil {
		return m[1] // as it is written, escapes and all
	}
	return ""
}

var urlUserinfo = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:]*:([^\s@]+)@`)

// variable returns the shell variable for a secret, a new one where it has none.
func (s *secrets) variable(name, value string) string {
	if have, ok := s.byValue[value]; ok {
		return have
	}
	base := shellName(name)
	free := base
	for n := 2; s.byName[free] != ""; n++ {
		free = fmt.Sprintf("%s_%d", base, n)
	}
	s.byValue[value], s.byName[free] = free, value
	return free
}

// shellName makes a name that a shell accepts for a variable.
func shellName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, strings.TrimLeft(name, "-"))
	if clean == "" || clean[0] >= '0' && clean[0] <= '9' {
		clean = "_" + clean
	}
	return clean
}

// secretOption finds values that are named as secrets inside longer text:
// "--requirepass x", "PASSWORD=x". A reference to a variable is no secret.
var secretOption = regexp.MustCompile(`(?i)((?:^|[\s;&|"',])(?:--?[\w.-]*|[\w.-]*)(?:password|passwd|pass|secret|token|api_?-?key|access_?-?key|private_?-?key|credential)[\w.-]*` +
	`(?:=|:\s*|\s+))("[^"$]+"|'[^']+'|[^\s"'$;&|]+)`)

// programOption finds the passwords that programs take without saying so:
// "redis-cli -a x", "mysql -px", "curl -u me:x", "sshpass -p x".
var programOption = regexp.MustCompile(`(?:\b(?:redis-cli|valkey-cli)\b[^;&|]*?\s-a\s+|\b(?:mysql|mysqladmin|mysqldump|mysqlshow|mariadb|mariadb-admin|mariadb-dump)\b[^;&|]*?\s-p|` +
	`\bsshpass\s+-p\s*|\b(?:mongo|mongosh)\b[^;&|]*?\s-p\s+|\bldap\w+\b[^;&|]*?\s-w\s+|\b(?:curl|wget)\b[^;&|]*?\s-u\s+[^\s:"']*:)` +
	`("[^"$]+"|'[^']+'|[^\s"'$;&|-][^\s"'$;&|]*)`)

// span is a place in text where a secret stands.
type span struct {
	start, end int
	secret     string
}

// hide makes a word of text without the secrets in it: those that are named as
// such there, and those that are known from elsewhere.
func (s *secrets) hide(text string) word {
	var spans []span
	for _, m := range urlUserinfo.FindAllStringSubmatchIndex(text, -1) {
		spans = append(spans, span{m[2], m[3], s.variable("URL_PASSWORD", text[m[2]:m[3]])})
	}
	for _, m := range secretOption.FindAllStringSubmatchIndex(text, -1) {
		key := text[m[2]:m[3]]
		start, end := unquoted(text, m[4], m[5])
		option := strings.TrimLeft(strings.TrimRight(key, "=: \t\n"), " \t\n;&|,\"'")
		// Words of a sentence are not options: without = or : there must be a dash.
		if strings.ContainsAny(key, "=:") || strings.HasPrefix(option, "-") {
			spans = append(spans, span{start, end, s.variable(strings.ToUpper(option), text[start:end])})
		}
	}
	for _, m := range programOption.FindAllStringSubmatchIndex(text, -1) {
		start, end := unquoted(text, m[2], m[3])
		spans = append(spans, span{start, end, s.variable("PASSWORD", text[start:end])})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)) })
	var w word
	done := 0
	for _, sp := range spans {
		if sp.start < done {
			continue
		}
		w = append(w, s.replace(text[done:sp.start])...)
		w = append(w, part{secret: sp.secret})
		done = sp.end
	}
	return append(w, s.replace(text[done:])...)
}

// unquoted is the place of a value without the quotes around it.
func unquoted(text string, start, end int) (int, int) {
	if quoted := text[start]; end-start > 2 && (quoted == '"' || quoted == '\'') && text[end-1] == quoted {
		return start + 1, end - 1
	}
	return start, end
}

// replace puts variables where secrets stand, the longest secret first.
func (s *secrets) replace(text string) word {
	values := make([]string, 0, len(s.byValue))
	for v := range s.byValue {
		values = append(values, v)
	}
	slices.SortFunc(values, func(a, b string) int {
		return cmp.Or(len(b)-len(a), cmp.Compare(a, b))
	})
	if text == "" {
		return nil
	}
	w := plain(text)
	for _, v := range values {
		var next word
		for _, p := range w {
			if p.secret != "" || p.text != v && len(v) < shortest {
				next = append(next, p)
				continue
			}
			for i, piece := range strings.Split(p.text, v) {
				if i > 0 {
					next = append(next, part{secret: s.byValue[v]})
				}
				if piece != "" {
					next = append(next, part{text: piece})
				}
			}
		}
		w = next
	}
	return w
}

// pair is a word key=value whose value is hidden where the key names a secret.
func (s *secrets) pair(key, value string) word {
	if value != "" && inspect.SecretName(key) {
		return append(plain(key+"="), part{secret: s.variable(strings.ToUpper(key), value)})
	}
	return s.hide(key + "=" + value)
}

// args hides secrets in the words of a program's command line, where the word
// after an option may be its value.
func (s *secrets) args(words []string) []word {
	var out []word
	for i, text := range words {
		if i > 0 && text != "" && strings.HasPrefix(words[i-1], "-") && !strings.Contains(words[i-1], "=") &&
			inspect.SecretName(words[i-1]) && !strings.HasPrefix(text, "-") {
			out = append(out, word{{secret: s.variable(strings.ToUpper(words[i-1]), text)}})
			continue
		}
		if key, value, ok := strings.Cut(text, "="); ok && value != "" && !strings.ContainsAny(key, " \t\n") && inspect.SecretName(key) {
			out = append(out, append(plain(key+"="), part{secret: s.variable(strings.ToUpper(key), value)}))
			continue
		}
		out = append(out, s.hide(text))
	}
	return out
}
