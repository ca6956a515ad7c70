package report

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"

	"bulkhead/fix/composefile"
	"bulkhead/inspect"
)

// Edit is what a file becomes under a change.
type Edit struct {
	Path          string
	Before, After []byte
}

// Editor says what the Compose file of a service becomes under the changes. It
// writes nothing. An error means that the edit cannot be made by a program.
type Editor func(context.Context, inspect.Workload, []inspect.Change) (Edit, error)

// maxReread bounds how many services are read again to make fixes: each fix
// reads its whole project, and a report must not take longer than the audit.
const maxReread = 2000

// fix makes the finding's changes as replacements in its Compose file. Where
// that cannot be done, the message says the mend in words.
func (s *sarifWriter) fix(ctx context.Context, sub subject, f inspect.Finding) (sarifFix, bool) {
	w := sub.audited.Workload
	// A secret's value goes into a file beside, which a SARIF fix cannot write.
	beside := slices.ContainsFunc(f.Changes, func(c inspect.Change) bool { return c.Dial == inspect.DialSecret })
	if s.opts.Edit == nil || beside || len(f.Changes) == 0 || !w.IsService() || f.Source.File == "" || ctx.Err() != nil {
		return sarifFix{}, false
	}
	if s.spent += len(s.outcome.Audit.Workloads); s.spent > maxReread {
		return sarifFix{}, false
	}
	e, err := s.opts.Edit(ctx, w, f.Changes)
	if err != nil || bytes.Equal(e.Before, e.After) {
		return sarifFix{}, false
	}
	replacements, ok := replacements(string(e.Before), string(e.After))
	if !ok {
		return sarifFix{}, false
	}
	var phrases []string
	for _, c := range f.Changes {
		phrases = append(phrases, inspect.Printable(c.String()))
	}
	return sarifFix{
		Description: sarifText{"For " + sub.name + ": " + strings.Join(phrases, ", ") +
			". This is assumed from configuration; a trial on a copy proves whether the service works under it."},
		ArtifactChanges: []sarifArtifactChange{{ArtifactLocation: s.artifact(e.Path), Replacements: replacements}},
	}, true
}

// replacements are the differences of two texts as SARIF writes them: whole
// lines, and where such a line holds what looks like a secret, only the
// characters that differ. There are none where those hold one, too.
func replacements(before, after string) ([]sarifReplacement, bool) {
	if strings.HasPrefix(before, "\ufeff") {
		// Readers differ in whether the mark counts as a column.
		return nil, false
	}
	if lines, ok := replaced(before, udiff.Lines(before, after)); ok {
		return lines, true
	}
	return replaced(before, udiff.Strings(before, after))
}

func replaced(before string, edits []udiff.Edit) ([]sarifReplacement, bool) {
	var out []sarifReplacement
	for _, e := range edits {
		if strings.Contains(composefile.Diff("f", nil, []byte(e.New)), "•••") {
			return nil, false
		}
		r := sarifReplacement{}
		r.DeletedRegion.StartLine, r.DeletedRegion.StartColumn = position(before, e.Start)
		r.DeletedRegion.EndLine, r.DeletedRegion.EndColumn = position(before, e.End)
		if e.New != "" {
			r.InsertedContent = &sarifContent{e.New}
		}
		out = append(out, r)
	}
	return out, len(out) > 0
}

// position is the line and column, in characters from 1, of a byte.
func position(text string, offset int) (line, column int) {
	text = text[:offset]
	return 1 + strings.Count(text, "\n"), 1 + utf8.RuneCountInString(text[strings.LastIndexByte(text, '\n')+1:])
}
