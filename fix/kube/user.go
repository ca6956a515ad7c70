package kube

import (
	"strconv"
	"strings"

	"bulkhead/inspect"
)

// user says as whom the main process starts. Kubernetes takes numbers alone, so
// a name becomes the number that a running process was seen with.
func (t *translation) user() {
	sc := &t.box.SecurityContext
	if t.s.Root() {
		if t.s.User != "" {
			sc.RunAsUser = new(int64)
		}
		return
	}
	at := securityPath + ".runAsUser"
	user, group, grouped := strings.Cut(t.s.User, ":")
	why := t.evidence(inspect.DialUser, "")
	uid, numeric := number(user)
	if !numeric {
		seen, ok := t.seen()
		if !ok {
			yes := true
			sc.RunAsNonRoot = &yes
			t.note("It starts as %q. Kubernetes takes numbers alone: find the number with `id -u %[1]s` in the image, and write it as runAsUser, or the pod is refused.", user)
			return
		}
		uid, why = int64(seen.UID), "observed: the running container's "+user+" has this number"
		if !grouped {
			group, grouped = strconv.Itoa(seen.GID), true
		}
	}
	nonRoot := uid != 0
	sc.RunAsNonRoot, sc.RunAsUser = &nonRoot, &uid
	t.explain(at, why)
	t.group(group, grouped)
}

func (t *translation) group(group string, given bool) {
	gid, numeric := number(group)
	switch {
	case numeric:
		t.box.SecurityContext.RunAsGroup = &gid
	case given:
		t.note("Its group is %q. Kubernetes takes numbers alone: write it as runAsGroup.", group)
	}
}

// seen is the main process of the container as it runs today, where the user is
// as it is today and not root.
func (t *translation) seen() (inspect.Process, bool) {
	var first inspect.Process
	found := false
	for _, p := range t.in.Workload.Processes {
		if !p.Executed && (!found || p.PID < first.PID) {
			first, found = p, true
		}
	}
	return first, found && first.UID != 0 && !t.in.Plan.Has(inspect.DialUser)
}

func number(text string) (int64, bool) {
	n, err := strconv.ParseUint(text, 10, 31)
	return int64(n), err == nil
}
