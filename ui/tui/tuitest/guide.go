package tuitest

import (
	"context"

	"bulkhead/fix/daemon"
)

// Guide knows a few steps of each road.
type Guide struct{}

// Steps are one of each state.
func (Guide) Steps(context.Context) map[daemon.Road][]daemon.Step {
	ranges := daemon.Step{
		Do: "Give ada at least 65536 subordinate user and group IDs.", State: daemon.Open,
		Seen: "ada has 0 user IDs and 0 group IDs", Why: "They become the users inside.",
		Commands: []string{"sudo usermod --add-subuids 165536-231071 --add-subgids 165536-231071 ada"},
	}
	return map[daemon.Road][]daemon.Step{
		daemon.Rootless: {
			ranges,
			{Do: "Install pasta or slirp4netns.", State: daemon.Done, Seen: "/usr/bin/slirp4netns"},
			{Do: "Look which storage driver it comes up with.", State: daemon.Unknown, Seen: "what it takes shows once it runs", Why: "overlay2 works from Linux 5.11 on.", Cost: "fuse-overlayfs is slower."},
		},
		daemon.Remap: {{Do: "Restart the daemon.", State: daemon.Done, Seen: "the engine maps users"}},
	}
}
