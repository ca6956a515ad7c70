package tui

import (
	"flag"
	"fmt"
	"html"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
)

// screensDir is where the README finds its pictures.
const screensDir = "../../assets/screens"

// TestPictures compares the pictures of the README with what the program draws
// now, so that they cannot go stale; -update writes them.
func TestPictures(t *testing.T) {
	const w, h = 120, 34
	for _, dark := range []bool{true, false} {
		for _, name := range []string{"list", "detail", "engine", "trial-running", "trial-proved", "diff"} {
			look, suffix := ThemeDark, ""
			if !dark {
				look, suffix = ThemeLight, "-light"
			}
			t.Run(name+suffix, func(t *testing.T) {
				s := find(t, name).play(t, w, h, func(o *Options) { o.Theme = look })
				path := filepath.Join(screensDir, name+suffix+".svg")
				compare(t, path, picture(s.View().Content, w, h, dark))
			})
		}
	}
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update", err)
	}
	if string(want) != got {
		t.Errorf("%s does not show what the program draws now; run the test with -update and look at it", path)
	}
}

// cells reads a frame into the cells of a screen.
func cells(frame string, w, h int) uv.ScreenBuffer {
	screen := uv.NewScreenBuffer(w, h)
	uv.NewStyledString(frame).Draw(screen, uv.Rect(0, 0, w, h))
	return screen
}

// The measures of a picture, in pixels: a cell, the type, the window's edge.
const (
	cellWidth, cellHeight = 8.4, 17.0
	fontSize, baseline    = 14.0, 13.0
	edge, titleBar        = 14.0, 34.0
)

// paper is what is behind and around the cells.
type paper struct{ ground, ink, bar, border string }

// picture draws a frame as a terminal window.
func picture(frame string, w, h int, dark bool) string {
	p := paper{"#ffffff", "#1f2933", "#eef1f4", "#d5dbe1"}
	if dark {
		p = paper{"#10151c", "#dde4ea", "#1a212a", "#2a333e"}
	}
	screen := cells(frame, w, h)
	width, height := float64(w)*cellWidth+2*edge, float64(h)*cellHeight+titleBar+2*edge
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.1f %.1f" width="%.0f" height="%.0f" font-family="ui-monospace,'JetBrains Mono','Cascadia Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="%.0f">`+"\n", width, height, width, height, fontSize)
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%.1f" height="%.1f" rx="9" fill="%s" stroke="%s"/>`+"\n", width-1, height-1, p.ground, p.border)
	fmt.Fprintf(&b, `<path d="M1 %.0f V9 a8 8 0 0 1 8 -8 H%.1f a8 8 0 0 1 8 8 V%.0f z" fill="%s"/>`+"\n", titleBar, width-9, titleBar, p.bar)
	for i, c := range []string{"#f0786a", "#e5bb5c", "#7fc479"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="%.0f" r="5.5" fill="%s"/>`+"\n", 22+20*i, titleBar/2, c)
	}
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" fill="%s" fill-opacity="0.6" text-anchor="middle" font-size="12">bulkhead</text>`+"\n", width/2, titleBar/2+4, p.ink)
	for y := range h {
		drawRow(&b, screen, y, w, p)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// drawRow draws the grounds of a row's cells, then runs of equal style.
func drawRow(b *strings.Builder, screen uv.ScreenBuffer, y, w int, p paper) {
	top := edge + titleBar + float64(y)*cellHeight
	ground := func(from, to int, fill string) {
		if fill != p.ground && to > from {
			fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s" shape-rendering="crispEdges"/>`+"\n",
				edge+float64(from)*cellWidth, top, float64(to-from)*cellWidth, cellHeight, fill)
		}
	}
	var texts strings.Builder
	from, fill := 0, p.ground
	for x := 0; x < w; {
		fg, bg, style, text, n := run(screen, x, y, w, p)
		if bg != fill {
			ground(from, x, fill)
			from, fill = x, bg
		}
		if strings.TrimSpace(text) != "" {
			fmt.Fprintf(&texts, `<text x="%.1f" y="%.1f" textLength="%.1f" fill="%s"%s xml:space="preserve">%s</text>`+"\n",
				edge+float64(x)*cellWidth, top+baseline, float64(n)*cellWidth, fg, style, html.EscapeString(text))
		}
		x += n
	}
	ground(from, w, fill)
	b.WriteString(texts.String())
}

// run is the longest piece of a row from x on that has one style, and its
// width in cells.
func run(screen uv.ScreenBuffer, x, y, w int, p paper) (fg, bg, style, text string, n int) {
	for x+n < w {
		c := screen.CellAt(x+n, y)
		if c == nil || c.Width == 0 {
			n++
			continue
		}
		f, g, s := colours(c.Style, p)
		if n > 0 && (f != fg || g != bg || s != style) {
			break
		}
		fg, bg, style = f, g, s
		text += c.Content
		n += max(1, c.Width)
	}
	return fg, bg, style, text, n
}

func colours(s uv.Style, p paper) (fg, bg, attributes string) {
	fg, bg = hex(s.Fg, p.ink), hex(s.Bg, p.ground)
	if s.Attrs&uv.AttrReverse != 0 {
		fg, bg = bg, fg
	}
	if s.Attrs&uv.AttrBold != 0 {
		attributes += ` font-weight="bold"`
	}
	if s.Underline != 0 {
		attributes += ` text-decoration="underline"`
	}
	return fg, bg, attributes
}

func hex(c color.Color, otherwise string) string {
	if c == nil {
		return otherwise
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
