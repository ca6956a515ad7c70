package probe

import (
	"regexp"
	"strings"
)

var (
	// aside is what POP3 greets with to be signed (RFC 1939, APOP), and the like.
	aside = regexp.MustCompile(`<[^<>]*>`)
	// calendar are the words of dates.
	calendar = regexp.MustCompile(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*,?$`)
	// version is a dotted number, address one of IPv4.
	version = regexp.MustCompile(`[0-9]\.[0-9]`)
	address = regexp.MustCompile(`[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+`)
	// random is a container's ID, which is its host name too, and the like.
	random = regexp.MustCompile(`[0-9a-f]{12,}`)
)

// steady replaces the words of a server's own text that change from run to run
// by #: dates, times, addresses, identifiers. Words with a version in them stay.
func steady(text string) string {
	words := strings.Fields(aside.ReplaceAllString(text, "#"))
	for i, w := range words {
		if calendar.MatchString(w) || random.MatchString(w) || numbered(w) {
			words[i] = "#"
		}
	}
	return strings.Join(words, " ")
}

// numbered says that the word has a number in it that is not a version.
func numbered(word string) bool {
	return strings.ContainsAny(word, "0123456789") && (address.MatchString(word) || !version.MatchString(word))
}
