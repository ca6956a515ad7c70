package composefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bulkhead/fix"
	"bulkhead/inspect"
)

// author writes Compose files in the many ways people write them. All of them
// are valid and none holds what Edit has to refuse.
type author struct {
	*rand.Rand
	b strings.Builder
	// step is the indentation, dash what lists add to it.
	step, dash int
}

func (a *author) line(indent int, format string, args ...any) {
	fmt.Fprintf(&a.b, "%*s", indent, "")
	fmt.Fprintf(&a.b, format, args...)
	if a.IntN(8) == 0 {
		fmt.Fprintf(&a.b, " # behind %d", a.IntN(1000))
	}
	a.b.WriteByte('\n')
}

// aside writes a comment or a blank line now and then.
func (a *author) aside(indent int) {
	switch a.IntN(9) {
	case 0:
		fmt.Fprintf(&a.b, "%*s# note %d\n", indent, "", a.IntN(1000))
	case 1:
		a.b.WriteByte('\n')
	case 2:
		fmt.Fprintf(&a.b, "%*s# - \"item: %d\"\n", indent, "", a.IntN(1000))
	}
}

func (a *author) pick(of ...string) string { return of[a.IntN(len(of))] }

func (a *author) list(indent int, key string, items ...string) {
	a.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	items = items[:1+a.IntN(len(items))]
	for i, item := range items {
		items[i] = a.pick(item, "'"+item+"'", `"`+item+`"`)
	}
	switch a.IntN(4) {
	case 0:
		for i, item := range items {
			items[i] = `"` + strings.Trim(item, `'"`) + `"`
		}
		a.line(indent, "%s: [%s]", key, strings.Join(items, a.pick(", ", ",", " , ")))
	case 1:
		pad := strings.Repeat(" ", indent+a.step)
		for i, item := range items {
			items[i] = `"` + strings.Trim(item, `'"`) + `"`
		}
		fmt.Fprintf(&a.b, "%*s%s: [\n%s%s\n%*s]\n", indent, "", key, pad, strings.Join(items, ",\n"+pad), indent, "")
	default:
		a.line(indent, "%s:", key)
		for _, item := range items {
			a.aside(indent + a.dash)
			if a.IntN(10) == 0 {
				fmt.Fprintf(&a.b, "%*s-\n%*s%s\n", indent+a.dash, "", indent+a.dash+2, "", item)
			} else {
				a.line(indent+a.dash, "-%s%s", a.pick(" ", " ", "   "), item)
			}
		}
	}
}

// keys are the things a service may say, each in several ways.
func (a *author) key(indent, which int) {
	switch which {
	case 0:
		a.list(indent, "cap_add", "NET_ADMIN", "CAP_CHOWN", "sys_time", "SETUID")
	case 1:
		a.list(indent, "cap_drop", "MKNOD", "NET_RAW", "all")
	case 2:
		a.list(indent, "security_opt", "seccomp=unconfined", "no-new-privileges:false", "no-new-privileges=true", "label:disable")
	case 3:
		a.line(indent, "read_only: %s", a.pick("false", `"false"`, "true", "no"))
	case 4:
		a.list(indent, "tmpfs", "/run", "/bulkhead-run:size=1m", "/tmp:mode=1777")
	case 5:
		a.line(indent, "tmpfs: %s", a.pick("/run", `"/bulkhead-run"`, "'/tmp:mode=1777'"))
	case 6:
		a.line(indent, "command: %s", a.pick("run", `["a", "b # c"]`, `"a # b"`, "'it''s'"))
	case 7:
		header := a.pick("|", ">", "|-", ">-", "|+", "|2", ">+")
		fmt.Fprintf(&a.b, "%*scommand: %s\n%*s", indent, "", header, indent+2, "")
		if header == "|2" {
			a.b.WriteString("  ")
		}
		fmt.Fprintf(&a.b, "echo # no comment\n%*s# nor this: one\n%s%*slast\n%s", indent+2, "", a.pick("", "\n"), indent+2, "", a.pick("", "\n", "\n\n"))
	case 8:
		fmt.Fprintf(&a.b, "%*scommand: sh -c\n%*srun it\n", indent, "", indent+a.step, "")
	case 9:
		fmt.Fprintf(&a.b, "%*scommand: \"sh -c\n%*s# no comment\n\n%*sé\"\n", indent, "", indent+a.step, "", indent+1, "")
	case 10:
		a.line(indent, "environment: {A: b, \"ä\": 'ö', DB_PASSWORD: \"x # y\"}")
	case 11:
		a.list(indent, "ports", "127.0.0.1:8080:80", "9090:90")
	case 12:
		a.line(indent, "user: %s", a.pick(`"1000"`, "root"))
	}
}

func (a *author) service(indent int, name string, merge bool) {
	a.line(indent, "%s:", name)
	inner := indent + a.step
	keys := a.Perm(13)[:a.IntN(9)]
	if slices.Contains(keys, 5) {
		keys = slices.DeleteFunc(keys, func(k int) bool { return k == 4 })
	}
	said := false
	keys = slices.DeleteFunc(keys, func(k int) bool {
		again := k >= 6 && k <= 9 && said
		said = said || k >= 6 && k <= 9
		return again
	})
	at := a.IntN(len(keys) + 1)
	for i := range len(keys) + 1 {
		if i == at {
			a.line(inner, "image: nginx")
			if merge {
				a.line(inner, "<<: *base")
			}
		}
		if i < len(keys) {
			a.aside(inner)
			a.key(inner, keys[i])
		}
	}
	a.aside(inner)
}

// file returns one file with the service web in it.
func (a *author) file() []byte {
	a.step, a.dash = 2+2*a.IntN(2), 0
	if a.IntN(4) > 0 {
		a.dash = a.step
	}
	merge := a.IntN(3) == 0
	if merge {
		a.b.WriteString("x-base: &base\n")
		a.key(a.step, a.IntN(6))
		a.line(a.step, "restart: always")
	}
	a.line(0, "services:")
	names := []string{"web", "db", "cache"}
	a.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		a.aside(a.step)
		a.service(a.step, name, merge && a.IntN(2) == 0)
	}
	content := a.b.String()
	if a.IntN(4) == 0 {
		content = strings.TrimSuffix(content, "\n")
	}
	if a.IntN(4) == 0 {
		content = strings.ReplaceAll(content, "\n", "\r\n")
	}
	return []byte(content)
}

// However a file is laid out, no edit fails the checks on its own text: that
// would be a wrong splice, caught in time. Refusals for a reason in the file are
// not expected either.
func TestEditRandomFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "compose.yaml")
	whole := wholePlan(t)
	plans := []fix.Plan{
		whole,
		whole.With(inspect.Change{Dial: inspect.DialCapabilities}),
		fix.NewPlan(inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/run", Options: "size=64m"}}),
		whole.Without(inspect.DialTmpfs, inspect.DialCapabilities),
	}
	edited := 0
	const files = 150
	for seed := range uint64(files) {
		a := author{Rand: rand.New(rand.NewPCG(seed, 1))}
		content := a.file()
		r := Request{Path: path, Content: content, Service: "web", Plan: plans[seed%uint64(len(plans))]}
		after, err := Edit(context.Background(), r)
		var refused *RefusedError
		if errors.As(err, &refused) {
			t.Errorf("seed %d: %v\n%s", seed, refused, content)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		r.Content = after
		if again, err := Edit(context.Background(), r); err != nil || !bytes.Equal(again, after) {
			t.Errorf("seed %d: a second edit changed something (%v)\n%s", seed, err, content)
		}
		if !bytes.Equal(after, content) {
			edited++
		}
	}
	if edited < files/2 {
		t.Errorf("only %d of %d files needed an edit", edited, files)
	}
}
