//go:build !unix

package engine

// socketOwner says in a clause who may use the pipe.
func socketOwner(string) string { return "" }

// permissionHint says how to be let in.
func permissionHint(string) string {
	return `Join the group "docker-users", log in again, and make sure that Docker Desktop runs.`
}
