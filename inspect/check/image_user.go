package check

import "bulkhead/inspect"

var imageUser = Check{
	ID:       "image-user",
	Settings: []string{"user", "image"},
	Layer:    inspect.LayerImage,
	Title:    "The image names no user of its own",
	Question: "Does the image run as root unless told otherwise?",
	Danger:   "Whoever starts the image without thinking of user: runs it as root.",
	Read:     "the user that the image's configuration holds (USER in its Dockerfile), and user",
	Fix:      "add USER to the Dockerfile, or set user: here",
	MayBreak: "Entrypoints that prepare files as root before they drop to another user.",
	Bad:      `{"workload": {"imageFacts": {"user": "", "tags": ["shop/web:1"]}}}`,
	Good:     `{"workload": {"imageFacts": {"user": "nonroot", "tags": ["shop/web:1"]}, "settings": {"user": "nonroot"}}}`,
	References: []string{
		"CIS Docker Benchmark 1.6.0: 4.1", "https://docs.docker.com/reference/dockerfile/#user",
	},
	Run: runImageUser,
}

func runImageUser(w inspect.Workload, _ inspect.Host) Result {
	if w.ImageFacts == nil {
		return unreadImage()
	}
	if !(inspect.Settings{User: w.ImageFacts.User}).Root() {
		return Result{State: inspect.Closed, Reason: "the image runs as " + show(w.ImageFacts.User)}
	}
	if !w.Settings.Root() {
		return Result{State: inspect.Closed, Reason: "the image names no user; this workload does"}
	}
	return Result{State: inspect.Partly, Reason: "the image runs as root", Findings: []inspect.Finding{rate(itself, withStep, inspect.Finding{
		Evidence: "the image's configuration holds no user, or root.",
		Source:   w.Sources.Of("user", "image"),
	})}}
}

func unreadImage() Result {
	return Result{State: inspect.Unknown, Reason: "the image was not read"}
}
