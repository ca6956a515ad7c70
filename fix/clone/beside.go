package clone

import "bulkhead/fix/owner"

// LabelsBeside are the labels for what this process runs on the engine beside
// its sessions: Sweep removes it where the process is gone.
func LabelsBeside() map[string]string {
	return map[string]string{LabelSession: "beside", LabelOwner: owner.Self()}
}
