// Package policy decides which findings of an audit are reported: those that
// were selected, that no earlier audit already held, and that nobody suppressed
// with a reason. Its contract: nothing disappears. What is set aside is carried
// along with why, a suppression ends on its day, and the state of a layer never
// changes by a policy.
//
// It reads the project's .bulkhead.yaml and earlier audits, both foreign text:
// they are bounded, and what is not understood is an error that names the place.
// It neither looks at workloads nor writes anything.
package policy
