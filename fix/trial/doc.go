// Package trial finds out how far a workload's dials can be closed before it
// breaks. Decide is its heart: a pure function from what is Known to what is
// wanted next. Search runs what Decide wants on copies behind the small Runner
// interface, and records every answer; so a search can be interrupted, carried
// on from its record, or led by hand, and decides the same each time.
//
// Nothing is assumed to be monotone or unique: a smaller set of capabilities may
// pass where a larger one fails, and several minimal sets may exist. Only a plan
// that passed twice, in runs that were not why it was chosen, is called proved.
// Where a baseline was watched, what it was seen to use and write is tried
// first; a search that nobody watched, or that observation misled, finds its way
// without. The package never talks to an engine.
package trial
