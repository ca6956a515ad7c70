package composefile

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// bare are texts that mean themselves without quotes: in a block, and (without
// commas, colons and braces) in brackets. A size and an address start with a
// digit and are no numbers all the same.
var (
	bareInBlock = regexp.MustCompile(`^([0-9]+[bkmg]|[0-9]+(\.[0-9]+){3}|(\./|[A-Za-z/$])[A-Za-z0-9_./=,%+@${}-]*(:[A-Za-z0-9_./=,%+@${}-]+)*)$`)
	bareInFlow  = regexp.MustCompile(`^([0-9]+[bkmg]|[0-9]+(\.[0-9]+){3}|(\./|[A-Za-z/])[A-Za-z0-9_./=%+@-]*)$`)
	// words are what YAML reads as something else than text.
	words = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null)$`)
)

// quote writes a text as a YAML scalar in the style of its neighbours, with
// quotes where it needs them.
func quote(text string, style yaml.Style, flow bool) string {
	bare := bareInBlock
	if flow {
		bare = bareInFlow
	}
	switch {
	case style&yaml.SingleQuotedStyle != 0:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case style&yaml.DoubleQuotedStyle == 0 && bare.MatchString(text) && !words.MatchString(text):
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// quoting is the style that all of the items share, plain where they differ.
func quoting(items []*yaml.Node) yaml.Style {
	const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	var style yaml.Style
	for i, item := range items {
		if i > 0 && item.Style&quotes != style {
			return 0
		}
		style = item.Style & quotes
	}
	return style
}
