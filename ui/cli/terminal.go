package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"

	"bulkhead/ui/tui/theme"
)

// terminal is the file behind a stream, where that is a terminal.
func terminal(stream any) (term.File, bool) {
	f, ok := stream.(term.File)
	return f, ok && term.IsTerminal(f.Fd())
}

// interactive says whether a person can be asked.
func (a *app) interactive() bool {
	_, in := terminal(a.in)
	_, errOut := terminal(a.errOut)
	return in && errOut
}

// outTheme is the theme for what is written to stdout: without colour unless
// that is a terminal and NO_COLOR is not set.
func (a *app) outTheme() *theme.Theme {
	_, tty := terminal(a.out)
	return theme.New(a.theme != "light", tty && a.getenv("NO_COLOR") == "")
}

// styled is stdout for styled text; what is not a terminal gets the bare text.
func (a *app) styled() io.Writer { return colorprofile.NewWriter(a.out, os.Environ()) }

// outWidth is the width of stdout, 100 where it is not a terminal.
func (a *app) outWidth() int {
	if f, ok := terminal(a.out); ok {
		if w, _, err := term.GetSize(f.Fd()); err == nil && w > 0 {
			return w
		}
	}
	return 100
}

// ask puts a yes-or-no question on stderr; anything but yes is no.
func (a *app) ask(question string) (bool, error) {
	fmt.Fprintf(a.errOut, "%s [y/N] ", question)
	answer, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil && err != io.EOF {
		return false, fmt.Errorf("reading the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}
