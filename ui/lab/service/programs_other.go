//go:build !linux

package service

// programs returns the services' names: here they can only say where they run.
func programs() map[string]program {
	elsewhere := func(_ []string, log logger) int {
		return log.fail("the practice services run inside Linux containers only")
	}
	return map[string]program{"admin": elsewhere, "ping": elsewhere, "store": elsewhere, "web": elsewhere}
}
