// Package expect holds what every observer must have seen of the acts of
// package act. Only tests import it.
package expect
