package workbench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"bulkhead/fix"
	"bulkhead/inspect"
)

// Verify holds the settings of the workload's container, as the engine keeps
// them now, against the newest proved plan. It says, a sentence each, which of
// the planned changes are not in force. What the plan does not speak of is held
// against the service's Compose file, where that can be read. The error is a *NoResultError where nothing was proved
// and a *NotStartedError where there is no container.
func (b *Bench) Verify(ctx context.Context, w inspect.Workload) ([]string, error) {
	if b.Engine == nil {
		return nil, b.noEngine()
	}
	r, err := b.Proved(w)
	if err != nil {
		return nil, err
	}
	if w.ID == "" {
		return nil, &NotStartedError{Workload: w}
	}
	c, _, err := b.Engine.Inspect(ctx, w.ID)
	if err != nil {
		return nil, err
	}
	out := unmet(w.Settings, r.Plan, c.HostConfig.SecurityOpt)
	if !w.IsService() {
		return out, nil
	}
	project, err := b.projectToWrite(ctx, w)
	if err != nil {
		return out, ctx.Err() // an audit says what cannot be read
	}
	if defined, ok := project.Workload(w.Service); ok {
		if drift := drifted(w, defined, project.Strict); drift != "" {
			out = append(out, drift)
		}
	}
	return out, nil
}

// unmet says which changes of the plan are not in force. options are the
// engine's security options: the settings do not keep the text of a profile.
func unmet(s inspect.Settings, p fix.Plan, options []string) []string {
	var out []string
	for _, c := range p.Changes {
		switch {
		case !fix.Meets(s, c):
			out = append(out, fmt.Sprintf("Planned: %s. Now: %s.", c, instead(s, c)))
		case c.Dial == inspect.DialSeccomp && !hasProfile(options, c.Profile.Text):
			out = append(out, fmt.Sprintf("Planned: %s. Now: another seccomp profile.", c))
		}
	}
	return out
}

// instead says what stands in the place of a change that is not in force.
func instead(s inspect.Settings, c inspect.Change) string {
	switch c.Dial {
	case inspect.DialCapabilities:
		return "it is granted " + s.Capabilities().String()
	case inspect.DialUser:
		return "it starts as " + inspect.Printable(cmp.Or(s.User, "root"))
	case inspect.DialMemory:
		return "the limit is " + orNone(s.Limits.Memory > 0, inspect.Bytes(s.Limits.Memory))
	case inspect.DialPIDs:
		return "the limit is " + orNone(s.Limits.PIDs > 0, strconv.FormatInt(s.Limits.PIDs, 10))
	case inspect.DialCPUs:
		return "the limit is " + orNone(s.Limits.CPUs > 0, strconv.FormatFloat(s.Limits.CPUs, 'f', -1, 64))
	case inspect.DialSeccomp:
		return "the profile is " + inspect.Printable(cmp.Or(s.Seccomp, "the engine's default"))
	case inspect.DialAppArmor:
		return "the profile is " + inspect.Printable(cmp.Or(s.AppArmor, "the engine's default"))
	case inspect.DialTmpfs:
		i := slices.IndexFunc(s.Tmpfs, func(t inspect.Tmpfs) bool { return t.Path == c.Tmpfs.Path })
		if i >= 0 {
			return "it is mounted as " + inspect.Printable(s.Tmpfs[i].String())
		}
	}
	return "it is not so"
}

func orNone(set bool, value string) string {
	if set {
		return value
	}
	return "none"
}

// hasProfile says whether the options hold the seccomp profile. Whoever sends it
// to the engine may have left out its white space (docker/cli opts of 20.10 and
// newer do).
func hasProfile(options []string, profile string) bool {
	return slices.ContainsFunc(options, func(option string) bool {
		key, text := inspect.SecurityOption(option)
		return key == "seccomp" && compact(text) == compact(profile)
	})
}

// compact is JSON without white space; what is no JSON stays as it is.
func compact(text string) string {
	var out bytes.Buffer
	if json.Compact(&out, []byte(text)) != nil {
		return text
	}
	return out.String()
}
