package socketproxy

import (
	"cmp"
	"slices"
)

// Call is one kind of call, without the names, IDs and queries that it was made
// with.
type Call struct {
	Method string `json:"method"`
	// Endpoint is as Endpoint.Path has it.
	Endpoint string `json:"endpoint"`
	// Count is how often it was made, Refused how many of these were not passed on
	// to the engine.
	Count   int `json:"count"`
	Refused int `json:"refused,omitempty"`
}

// String is the method and the endpoint: "GET /containers/{id}/json".
func (c Call) String() string { return c.Method + " " + c.Endpoint }

// Known is the call's endpoint; ok is false for one that no known engine has.
func (c Call) Known() (Endpoint, bool) { return Named(c.String()) }

// Recording is what calls were made, each once. There are at most as many as
// there are endpoints, and two more for each method.
type Recording struct {
	Calls []Call `json:"calls"`
}

// Add counts one call.
func (r *Recording) Add(e Endpoint, refused bool) {
	c := Call{Method: e.Method, Endpoint: e.Path, Count: 1}
	if refused {
		c.Refused = 1
	}
	r.add(c)
}

func (r *Recording) add(c Call) {
	i, found := slices.BinarySearchFunc(r.Calls, c, compare)
	if !found {
		r.Calls = slices.Insert(r.Calls, i, c)
		return
	}
	r.Calls[i].Count += c.Count
	r.Calls[i].Refused += c.Refused
}

func compare(a, b Call) int {
	return cmp.Or(cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Method, b.Method))
}

// Clone shares nothing with r.
func (r Recording) Clone() Recording {
	r.Calls = slices.Clone(r.Calls)
	return r
}

// Merge puts several recordings together.
func Merge(all ...Recording) Recording {
	var out Recording
	for _, r := range all {
		for _, c := range r.Calls {
			out.add(c)
		}
	}
	return out
}

// Graded are the calls of the grade, in their order.
func Graded(calls []Call, g Grade) []Call {
	return slices.DeleteFunc(slices.Clone(calls), func(c Call) bool {
		e, ok := c.Known()
		return !ok || e.Grade != g
	})
}
