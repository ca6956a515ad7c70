package health

// NewComplaints are the log lines about refused permissions that no baseline
// had.
func (e Expectation) NewComplaints(r Reading) []string {
	var out []string
	for _, c := range r.Complaints {
		if !holds(e.Complaints, c) {
			out = append(out, c.Line)
		}
	}
	return out
}

// OnlySlow says that a reading which differs from the baseline does so in
// nothing but time: something was not there yet or took longer, which a busy
// machine can be the reason of. Nothing ended, was refused, or ran as somebody
// else.
func (e Expectation) OnlySlow(r Reading) bool {
	switch {
	case r.StartError != "", r.Exited, r.Exercise != "", r.Killed && !e.Killed:
		return false
	case e.Remembers && r.Restart.Exercise != "":
		return false
	case len(e.NewComplaints(r)) > 0, len(e.worse(r)) > 0, len(r.Reload) > 0:
		return false
	case r.Ready && e.CodeStable && r.Code != e.Code:
		return false
	}
	return true
}
