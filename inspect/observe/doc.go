// Package observe holds what a container was seen to do: an Observation is
// plain data, and functions turn it into what it means. Predict says which
// capabilities the container needs, Explain why something failed, Merge puts
// several runs together, and Saturation says how much a further run might
// still show.
//
// Nothing here does I/O. Package watch has containers observed by helpers in an
// engine, which run package bpf in the kernel or read its log with package audit;
// package trace observes copies with ptrace from inside them.
//
// An Observation is evidence of what happened in the runs it was made of, never
// of what cannot happen. What could not be watched is listed in Unseen and
// counted in Lost; an Observation without these two read tells half the truth.
package observe
