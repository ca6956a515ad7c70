// Package socketproxy learns which calls a workload makes of the engine's API,
// and writes down a filtering proxy that lets only these through. Its contract:
// it is pure. It classifies a request as the engine itself would route it
// (Classify), keeps calls without the names, IDs and queries in them
// (Recording), says which of them amount to root on the host (Call.Grade), and
// turns them into a service in the dialects of two known proxies. Package
// record, below, is what listens while a copy is watched.
//
// What was recorded is observed: a call that the workload did not happen to
// make is not in it. Both proxies filter by method and path alone; what a call
// says in its body is not looked at.
package socketproxy
