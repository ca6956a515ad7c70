// Package inspect holds the words bulkhead thinks in: a Workload with its
// Settings and their Sources, the Layers around it, and the Findings about
// them. Everything here is plain data and pure functions. Reading engines and
// files is the work of the packages below this one; nothing here does I/O,
// and nothing here holds the value of an environment variable.
package inspect
