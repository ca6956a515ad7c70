package health

// Peak is the most that a run was seen to use at once. 0 means not seen.
type Peak struct {
	// Memory is in bytes, Processes counts threads, as the pids cgroup does.
	Memory    int64 `json:"memory,omitempty"`
	Processes int64 `json:"processes,omitempty"`
}

// Max is the larger of each.
func (p Peak) Max(o Peak) Peak {
	return Peak{Memory: max(p.Memory, o.Memory), Processes: max(p.Processes, o.Processes)}
}
