package runcmd

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
)

// part is a piece of a word: text, or a shell variable that holds a secret.
type part struct {
	text   string
	secret string
}

// word is one argument of a command.
type word []part

// plain is a word of text alone.
func plain(text string) word { return word{{text: text}} }

// String is the word as a shell takes it.
func (w word) String() string {
	var b strings.Builder
	text := ""
	flush := func() {
		if text != "" {
			b.WriteString(quote(text))
		}
		text = ""
	}
	for _, p := range w {
		text += p.text
		if p.secret != "" {
			flush()
			fmt.Fprintf(&b, `"${%s}"`, p.secret)
		}
	}
	flush()
	if b.Len() == 0 {
		return "''"
	}
	return b.String()
}

// unusual says whether some part needs the quoting of control characters.
func (w word) unusual() bool {
	for _, p := range w {
		if inspect.Printable(p.text) != p.text {
			return true
		}
	}
	return false
}

// bare are the characters that no POSIX shell gives a meaning inside a word
// (POSIX.1-2024, Shell Command Language, 2.2), a tilde and a brace left out.
const bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"

// quote makes one shell word of the text: bare where that is safe, in single
// quotes else. Text with characters that must not reach a terminal is written
// with their octal values in dollar-single-quotes.
func quote(text string) string {
	switch {
	case text == "":
		return "''"
	case inspect.Printable(text) != text:
		return dollarQuote(text)
	case strings.Trim(text, bare) == "":
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func dollarQuote(text string) string {
	var b strings.Builder
	b.WriteString("$'")
	for len(text) > 0 {
		r := []rune(text[:min(len(text), 4)])[0]
		size := len(string(r))
		if size > len(text) || text[:size] != string(r) {
			size = 1 // a byte that is not UTF-8
		}
		piece := text[:size]
		text = text[size:]
		switch {
		case piece == "'" || piece == `\`:
			b.WriteString(`\` + piece)
		case inspect.Printable(piece) == piece:
			b.WriteString(piece)
		default:
			for _, octet := range []byte(piece) {
				fmt.Fprintf(&b, `\%03o`, octet)
			}
		}
	}
	b.WriteString("'")
	return b.String()
}

// ShellWord is a text as one word of a POSIX shell.
func ShellWord(text string) string { return plain(text).String() }
