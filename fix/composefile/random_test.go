package composefile

import (
	"bytes"
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
	case 13:
		a.list(indent, "volumes", "./a:/a", "data:/data:z", "/var/run/docker.sock:/var/run/docker.sock:rw", "${HOME:-/root}/e:/e/")
	case 14:
		a.mapping(indent, "volumes", []string{"type: bind", "source: ./a", "target: /a"}, []string{"type: tmpfs", "target: /long"},
			[]string{"target: /b", "type: volume", "read_only: false"})
	case 15:
		a.mapping(indent, "ports", []string{"target: 80", `published: "8080"`}, []string{`published: "81"`, "target: 81", "host_ip: 0.0.0.0"})
	case 16:
		a.line(indent, "privileged: %s", a.pick("true", "false", `"true"`))
	case 17:
		a.line(indent, "mem_limit: %s", a.pick("1g", `"512m"`, "1000000"))
	case 18:
		a.line(indent, "deploy:")
		a.line(indent+a.step, "resources: %s", a.pick("{limits: {memory: 1g}}", `{"limits": {"cpus": "2"}}`, "{limits: {}}"))
	}
}

// mapping is a list of items that are mappings.
func (a *author) mapping(indent int, key string, items ...[]string) {
	a.line(indent, "%s:", key)
	for _, item := range items[:1+a.IntN(len(items))] {
		a.aside(indent + a.dash)
		if a.IntN(3) == 0 {
			a.line(indent+a.dash, "- {%s}", strings.Join(item, ", "))
			continue
		}
		for i, line := range item {
			prefix := "  "
			if i == 0 {
				prefix = "- "
			} else {
				a.aside(indent + a.dash + 2)
			}
			a.line(indent+a.dash, "%s%s", prefix, line)
		}
	}
}

// either are keys that a service has only one of: two ways to write one list,
// and what Compose refuses beside each other.
var either = [][]int{{4, 5}, {6, 7, 8, 9}, {11, 15}, {13, 14}, {17, 18}}

// choose picks keys for a service.
func (a *author) choose() []int {
	keys := a.Perm(19)[:a.IntN(12)]
	for _, one := range either {
		said := false
		keys = slices.DeleteFunc(keys, func(k int) bool {
			again := slices.Contains(one, k) && said
			said = said || slices.Contains(one, k)
			return again
		})
	}
	return keys
}

func (a *author) service(indent int, name string, merge bool) {
	a.line(indent, "%s:", name)
	inner := indent + a.step
	keys := a.choose()
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
		a.key(a.step, []int{0, 1, 2, 3, 4, 5, 11, 13, 16}[a.IntN(9)])
		a.line(a.step, "restart: always")
	}
	a.line(0, "services:")
	names := []string{"web", "db", "cache"}
	a.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		a.aside(a.step)
		a.service(a.step, name, merge && a.IntN(2) == 0)
	}
	a.line(0, "volumes: {data: {}}")
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
	count := 0
	const files = 150
	for seed := range uint64(files) {
		a := author{Rand: rand.New(rand.NewPCG(seed, 1))}
		content := a.file()
		r := Request{Path: path, Content: content, Service: "web", Plan: plans[seed%uint64(len(plans))]}
		if seed%2 == 0 {
			r.Plan = everyDial(t, settingsOf(t, r)).With(
				inspect.Change{Dial: inspect.DialTmpfs, Tmpfs: inspect.Tmpfs{Path: "/long", Options: "size=1m"}})
		}
		after, err := edited(r)
		var refused *RefusedError
		if errors.As(err, &refused) {
			t.Errorf("seed %d: %v\n%s", seed, refused, content)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		othersStay(t, r, after)
		r.Content = after
		if again, err := edited(r); err != nil || !bytes.Equal(again, after) {
			t.Errorf("seed %d: a second edit changed something (%v)\n%s", seed, err, content)
		}
		if !bytes.Equal(after, content) {
			count++
		}
	}
	if count < files/2 {
		t.Errorf("only %d of %d files needed an edit", count, files)
	}
}
