package plain

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"

	"bulkhead/inspect"
)

// ErrStopped says that the person stopped, or that the input ended.
var ErrStopped = errors.New("stopped before the end")

// Console talks with a person in lines. What it says may come from several
// goroutines; only one may ask at a time.
type Console struct {
	// Logs lets Tell show the copies' log lines as they come.
	Logs bool

	in    *bufio.Reader
	width int
	// echo repeats the answers, for an input that is not typed where the output
	// is seen.
	echo bool

	mu  sync.Mutex // guards out
	out io.Writer

	pending chan line // the answer that is being waited for
}

type line struct {
	text string
	err  error
}

// NewConsole talks over the streams, in lines of at most width cells. echo
// repeats the answers in the output: it belongs to an input that is no terminal.
func NewConsole(in io.Reader, out io.Writer, width int, echo bool) *Console {
	return &Console{in: bufio.NewReader(in), out: out, width: max(40, width), echo: echo}
}

// say writes a paragraph. No control sequence of what it quotes gets through.
func (c *Console) say(format string, args ...any) { c.item("", format, args...) }

// item writes a paragraph behind a lead, indented below it.
func (c *Console) item(lead, format string, args ...any) {
	text := inspect.Printable(fmt.Sprintf(format, args...))
	indent := ansi.StringWidth(lead)
	// Only at spaces: the hyphen in no-new-privileges is no place to break.
	wrapped := strings.ReplaceAll(ansi.Wrap(strings.ReplaceAll(text, "-", unbroken), c.width-indent, ""), unbroken, "-")
	c.write(lead + strings.ReplaceAll(wrapped, "\n", "\n"+strings.Repeat(" ", indent)) + "\n")
}

// unbroken stands in for a hyphen while text is wrapped: a letter of one cell,
// from the private use area, which Printable lets nobody else write.
const unbroken = "\ue000"

func (c *Console) write(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// What a person cannot be told is not worth ending a trial for.
	_, _ = io.WriteString(c.out, text)
}

// blank writes an empty line.
func (c *Console) blank() { c.write("\n") }

// ask puts a question and returns the answer without the space around it. The
// error is ErrStopped where the input has ended.
func (c *Console) ask(ctx context.Context, question string) (string, error) {
	c.write(inspect.Printable(question) + " ")
	text, err := c.read(ctx)
	text = strings.TrimSpace(text)
	switch {
	case err == nil && c.echo:
		c.write(inspect.Printable(text) + "\n")
	case err != nil:
		c.blank()
	}
	return text, err
}

// read waits for a line until ctx ends. No read from a terminal can be called
// back; so the one that was waited for last stays, and gets the next line.
func (c *Console) read(ctx context.Context) (string, error) {
	if c.pending == nil {
		pending := make(chan line, 1)
		c.pending = pending
		go func() {
			text, err := c.in.ReadString('\n')
			pending <- line{text, err}
		}()
	}
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case got := <-c.pending:
		c.pending = nil
		switch {
		case got.err == nil, got.text != "" && errors.Is(got.err, io.EOF):
			return got.text, nil
		case errors.Is(got.err, io.EOF):
			return "", ErrStopped
		}
		return "", fmt.Errorf("reading the answer: %w", got.err)
	}
}

// number asks until the answer is a number from 0 to most; 0 stands for an
// empty one.
func (c *Console) number(ctx context.Context, question string, most int) (int, error) {
	for {
		answer, err := c.ask(ctx, question)
		if err != nil || answer == "" {
			return 0, err
		}
		if n, err := strconv.Atoi(answer); err == nil && n >= 0 && n <= most {
			return n, nil
		}
		c.say("Please answer with a number from 0 to %d.", most)
	}
}

// pick lists the options and returns the index of the one chosen; -1 for none.
func (c *Console) pick(ctx context.Context, question string, options []string) (int, error) {
	c.list(options)
	n, err := c.number(ctx, fmt.Sprintf("%s 1 to %d, or 0 to go back:", question, len(options)), len(options))
	return n - 1, err
}

// list numbers the options.
func (c *Console) list(options []string) {
	for i, o := range options {
		c.item(fmt.Sprintf("%3d  ", i+1), "%s", o)
	}
}

// yes asks a question that is answered with yes or no, until it is.
func (c *Console) yes(ctx context.Context, question string, otherwise bool) (bool, error) {
	hint := " [y/N]"
	if otherwise {
		hint = " [Y/n]"
	}
	for {
		answer, err := c.ask(ctx, question+hint)
		if err != nil || answer == "" {
			return otherwise && err == nil, err
		}
		switch strings.ToLower(answer) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
		c.say("Please answer with y or n.")
	}
}
