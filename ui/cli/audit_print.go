package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/charmbracelet/colorprofile"

	"bulkhead/fix"
	"bulkhead/inspect"
	"bulkhead/ui/policy"
	"bulkhead/ui/report"
	"bulkhead/ui/tui/theme"
	"bulkhead/ui/workbench"
)

// auditFormats are the forms an audit can be written in.
var auditFormats = []string{"table", "json", "sarif", "junit", "markdown", "html"}

// fileWidth is how wide a table in a file is.
const fileWidth = 100

// print writes the outcome to stdout, or whole to the file that was named.
func (a *app) print(ctx context.Context, b *workbench.Bench, o policy.Outcome, f auditFlags) error {
	if f.out == "" {
		if f.format == "table" {
			return report.Table(a.styled(), o, a.outTheme(), a.outWidth())
		}
		return a.printAs(ctx, a.out, b, o, f.format)
	}
	var buf bytes.Buffer
	if err := a.printAs(ctx, &buf, b, o, f.format); err != nil {
		return err
	}
	return writeFile(f.out, buf.Bytes())
}

func (a *app) printAs(ctx context.Context, w io.Writer, b *workbench.Bench, o policy.Outcome, format string) error {
	switch format {
	case "json":
		return report.JSON(w, o)
	case "sarif":
		dir, err := os.Getwd()
		if err != nil {
			return fmt.Errorf("finding the working directory: %w", err)
		}
		return report.SARIF(ctx, w, o, report.SARIFOptions{Dir: dir, Version: version, Now: b.Now(), Edit: editor(b)})
	case "junit":
		return report.JUnit(w, o, b.Now())
	case "markdown":
		return report.Markdown(w, o)
	case "html":
		return report.HTML(w, o, report.HTMLOptions{Version: version, Now: b.Now()})
	}
	// A file gets the bare text, without bold.
	plain := &colorprofile.Writer{Forward: w, Profile: colorprofile.NoTTY}
	return report.Table(plain, o, theme.New(true, false), fileWidth)
}

// editor makes the changes of a finding in its Compose file, as a draft.
func editor(b *workbench.Bench) report.Editor {
	return func(ctx context.Context, w inspect.Workload, changes []inspect.Change) (report.Edit, error) {
		d, err := b.EditCompose(ctx, w, fix.NewPlan(changes...))
		return report.Edit{Path: d.Path, Before: d.Before, After: d.After}, err
	}
}
