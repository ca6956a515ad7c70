package workbench

import (
	"context"
	"fmt"

	"bulkhead/fix/writes"
	"bulkhead/inspect"
)

// Desk is where a draft is offered to a person.
type Desk interface {
	// Say tells a sentence; Note one that is to be read before accepting.
	Say(sentence string)
	Note(sentence string)
	// Data hands out what the person may keep: a diff, a command.
	Data(text string) error
	// Aside shows text that must not get among the data.
	Aside(text string)
	// Accept asks whether to; otherwise is what it means that nobody does.
	Accept(ctx context.Context, question, otherwise string) (bool, error)
}

// DraftWriter writes an accepted draft and returns the name of the backup.
type DraftWriter interface {
	Write(ctx context.Context, d Draft) (backup string, err error)
}

// Offer shows a draft, and writes it where the person accepts it.
func Offer(ctx context.Context, at Desk, out DraftWriter, d Draft) error {
	for _, note := range d.Notes {
		at.Note(inspect.Printable(note))
	}
	switch {
	case d.Command != "":
		if err := at.Data(d.Command + "\n"); err != nil || len(d.Beside) == 0 {
			return err
		}
		at.Aside(d.Diff)
	case d.Unchanged():
		at.Say(inspect.Printable(d.Path) + " already says so; nothing to write.")
		return nil
	default:
		if err := at.Data(d.Diff); err != nil {
			return err
		}
	}
	if accepted, err := at.Accept(ctx, "Write "+inspect.Printable(d.target())+"?", "nothing was written"); err != nil || !accepted {
		return err
	}
	backup, err := out.Write(ctx, d)
	if err != nil {
		return err
	}
	at.Say("Written.")
	if backup != "" {
		at.Say("The old file is " + inspect.Printable(backup) + ".")
	}
	if d.Next != "" {
		at.Say("Next: " + inspect.Printable(d.Next))
	}
	if d.Workload != "" && d.Next != "" {
		at.Say("Then: bulkhead verify " + inspect.Printable(d.Workload))
	}
	return nil
}

// target names what would be written.
func (d Draft) target() string {
	if d.Command == "" {
		return d.Path
	}
	return paths(d.Beside)
}

func paths(files []writes.File) string {
	if len(files) == 1 {
		return files[0].Path
	}
	return fmt.Sprintf("%s and %d more", files[0].Path, len(files)-1)
}
