package policy

import (
	"fmt"
	"regexp"
	"strings"
)

// maxGlob bounds a pattern.
const maxGlob = 512

// glob is a compiled pattern: ? is one character, * any within a part of a
// path, ** any at all. Everything else stands for itself, so no pattern is
// costly to match. The zero glob matches everything.
type glob struct {
	text string
	re   *regexp.Regexp
}

// newGlob compiles a pattern. Where names are no paths, * crosses slashes.
func newGlob(pattern string, path bool) (glob, error) {
	if len(pattern) > maxGlob {
		return glob{}, fmt.Errorf("the pattern is longer than %d bytes", maxGlob)
	}
	part, one := `[^/]*`, `[^/]`
	if !path {
		part, one = `.*`, `.`
	}
	var re strings.Builder
	re.WriteString(`(?s)\A`)
	for rest := pattern; rest != ""; {
		switch {
		case path && strings.HasPrefix(rest, "**/"):
			re.WriteString(`(.*/)?`)
			rest = rest[3:]
		case strings.HasPrefix(rest, "**"):
			re.WriteString(`.*`)
			rest = strings.TrimLeft(rest, "*")
		case rest[0] == '*':
			re.WriteString(part)
			rest = rest[1:]
		case rest[0] == '?':
			re.WriteString(one)
			rest = rest[1:]
		default:
			end := strings.IndexAny(rest, "*?")
			if end < 0 {
				end = len(rest)
			}
			re.WriteString(regexp.QuoteMeta(rest[:end]))
			rest = rest[end:]
		}
	}
	re.WriteString(`\z`)
	compiled, err := regexp.Compile(re.String())
	if err != nil {
		return glob{}, fmt.Errorf("the pattern %q cannot be used: %w", pattern, err)
	}
	return glob{pattern, compiled}, nil
}

func (g glob) given() bool { return g.re != nil }

func (g glob) match(s string) bool { return g.re == nil || g.re.MatchString(s) }
