package runcmd

import "strings"

// Process is what the command lays down of the process beyond its image.
type Process struct {
	// Entrypoint and Args are empty where the image's hold.
	Entrypoint, Args []string
	// Env are the variables that it sets, and those that stand for secrets in
	// Entrypoint and Args.
	Env []Variable
}

// Variable is one of the environment. Secret says that its value looks like a
// secret, or holds one.
type Variable struct {
	Name   string
	Secret bool
}

// Process tells the process in another program's words: text writes what is
// said openly, variable the place of a variable's value.
func (c Command) Process(text, variable func(string) string) Process {
	var p Process
	known := map[string]bool{}
	add := func(v Variable) {
		if !known[v.Name] {
			known[v.Name] = true
			p.Env = append(p.Env, v)
		}
	}
	words := func(all []word) []string {
		var out []string
		for _, w := range all {
			var b strings.Builder
			for _, part := range w {
				b.WriteString(text(part.text))
				if part.secret != "" {
					b.WriteString(variable(part.secret))
					add(Variable{part.secret, true})
				}
			}
			out = append(out, b.String())
		}
		return out
	}
	for _, f := range c.flags {
		if f.name == "--env" {
			add(c.environmentVariable(f.value))
		}
	}
	p.Args = words(c.args)
	for _, f := range c.flags {
		if f.name != "--entrypoint" {
			continue
		}
		p.Entrypoint = words([]word{f.value})
		if p.Entrypoint[0] == "" && len(p.Args) > 0 {
			p.Entrypoint, p.Args = p.Args[:1], p.Args[1:]
		}
	}
	return p
}

// environmentVariable is what an --env flag sets.
func (c Command) environmentVariable(w word) Variable {
	name, _, valued := strings.Cut(w[0].text, "=")
	v := Variable{Name: name, Secret: !valued}
	for _, part := range w {
		v.Secret = v.Secret || part.secret != ""
	}
	return v
}
