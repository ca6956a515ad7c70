package plain

import (
	"bulkhead/fix"
	"bulkhead/fix/trial"
	"bulkhead/inspect"
)

// move is a plan that differs from another in one thing.
type move struct {
	// text says the difference in a verb phrase.
	text string
	plan fix.Plan
}

func texts(moves []move) []string {
	var out []string
	for _, m := range moves {
		out = append(out, m.text)
	}
	return out
}

// closer are the moves that close one thing more than the plan does.
func closer(k trial.Known, plan fix.Plan) []move {
	var out []move
	held := k.Holds(plan)
	for _, c := range held.Each() {
		out = append(out, move{"leave out " + c.String(), holding(plan, held.Without(c))})
	}
	for _, dial := range k.Dials() {
		if !turned(plan, dial) {
			out = append(out, move{dial.String(), plan.With(dial.Changes...)})
		}
	}
	return out
}

// turned says that the plan turns the dial already, be it another way.
func turned(plan, dial fix.Plan) bool {
	return plan.With(dial.Changes[:1]...).Equal(plan)
}

// looser are the moves that give one thing back that the plan takes away.
func looser(k trial.Known, plan fix.Plan) []move {
	var out []move
	held := k.Holds(plan)
	for _, c := range k.Workload.Settings.Capabilities().Without(held).Each() {
		out = append(out, move{"give back " + c.String(), holding(plan, held.Union(c))})
	}
	for _, c := range plan.Changes {
		switch c.Dial {
		case inspect.DialCapabilities, inspect.DialTmpfs, inspect.DialVolume:
			// The mounts go together with the read-only root that they are there for.
		case inspect.DialReadOnlyRoot:
			out = append(out, move{"leave the root filesystem writable", plan.Without(inspect.DialReadOnlyRoot, inspect.DialTmpfs, inspect.DialVolume)})
		default:
			out = append(out, move{"do not " + c.String(), plan.Minus(c)})
		}
	}
	return out
}

func holding(plan fix.Plan, set inspect.CapSet) fix.Plan {
	return plan.With(inspect.Change{Dial: inspect.DialCapabilities, Keep: set})
}
