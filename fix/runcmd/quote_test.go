package runcmd

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"bulkhead/inspect"
)

// awkward are words that shells like to take apart.
var awkward = []string{
	"", "plain", "a b", "it's", `"q"`, "$HOME", "`id`", "$(id)", "a;b", "a|b&c", "~", "~root", "*", "?", "[a]", "{a,b}", "!x", "#x",
	`\`, `\n`, `'\''`, "--flag", "-", "a=b", "=", "é", "日本", "a\nb", "a\tb", "\x1b[2J", "\x7f", "\xff\xfe", "a\x1b'\\b", "\u202e", "\U0001F600", "trailing\n",
}

func TestShellsReadQuotedWordsBack(t *testing.T) {
	for _, shell := range []string{"sh", "bash"} {
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("%s is not installed", shell)
			continue
		}
		for _, text := range awkward {
			if shell == "sh" && inspect.Printable(text) != text {
				continue // dollar-single-quotes are newer than many a sh
			}
			out, err := exec.Command(shell, "-c", "printf '%s|' "+quote(text)).Output()
			if err != nil || string(out) != text+"|" {
				t.Errorf("%s reads %q back as %q (%v)", shell, quote(text), out, err)
			}
		}
	}
}

func TestQuoteLeavesOrdinaryWordsAlone(t *testing.T) {
	for _, text := range []string{"debian:bookworm-slim", "/etc:/host/etc:ro", "A=b", "127.0.0.1:80:80", "name@sha256:abc"} {
		if quote(text) != text {
			t.Errorf("%q became %q", text, quote(text))
		}
	}
}

func TestShellWord(t *testing.T) {
	for name, want := range map[string]string{
		"web": "web", "my-app_2.x": "my-app_2.x", "": "''", "a b": "'a b'", "x;rm -rf ~": "'x;rm -rf ~'", "it's": `'it'\''s'`,
	} {
		if got := ShellWord(name); got != want {
			t.Errorf("ShellWord(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestSecretsBecomeVariables(t *testing.T) {
	w := word{{text: "--password="}, {secret: "DB_PASSWORD"}, {text: " x"}}
	if got, want := w.String(), `--password="${DB_PASSWORD}"' x'`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := (word{}).String(); got != "''" {
		t.Errorf("an empty word is %q", got)
	}
}

// FuzzQuote holds that a shell's grammar reads one word back as it was, and that
// nothing unprintable stands in it.
func FuzzQuote(f *testing.F) {
	for _, text := range awkward {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted := quote(text)
		if inspect.Printable(quoted) != quoted {
			t.Errorf("%q is not printable", quoted)
		}
		words := split(t, quoted)
		if len(words) != 1 || words[0] != text {
			t.Errorf("%q is read back as %q", quoted, words)
		}
	})
}

// split reads a line as a shell does (POSIX.1-2024, Shell Command Language, 2.2):
// spaces between words, single quotes, backslashes, dollar-single-quotes. What
// else a shell would give a meaning must not stand outside quotes.
func split(t *testing.T, line string) []string {
	t.Helper()
	var words []string
	var b strings.Builder
	inWord := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == ' ':
			if inWord {
				words = append(words, b.String())
				b.Reset()
			}
			inWord = false
			continue
		case c == '\'':
			end := strings.IndexByte(line[i+1:], '\'')
			if end < 0 {
				t.Fatalf("%q has an open quote", line)
			}
			b.WriteString(line[i+1 : i+1+end])
			i += end + 1
		case c == '\\':
			i++
			b.WriteByte(line[i])
		case c == '$' && strings.HasPrefix(line[i:], "$'"):
			i = dollarUnquote(t, line, i+2, &b)
		case strings.IndexByte(bare, c) < 0:
			t.Fatalf("%q has %q outside quotes", line, c)
		default:
			b.WriteByte(c)
		}
		inWord = true
	}
	if inWord {
		words = append(words, b.String())
	}
	return words
}

// dollarUnquote reads from after $' and returns where the closing quote is.
func dollarUnquote(t *testing.T, line string, i int, b *strings.Builder) int {
	t.Helper()
	for ; i < len(line); i++ {
		switch {
		case line[i] == '\'':
			return i
		case line[i] != '\\':
			b.WriteByte(line[i])
		case line[i+1] == '\'' || line[i+1] == '\\':
			i++
			b.WriteByte(line[i])
		default:
			n, err := strconv.ParseUint(line[i+1:i+4], 8, 8)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			b.WriteByte(byte(n))
			i += 3
		}
	}
	t.Fatalf("%q has an open quote", line)
	return i
}
