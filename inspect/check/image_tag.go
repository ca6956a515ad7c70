package check

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
)

var imageTag = Check{
	ID:       "image-tag",
	Settings: []string{"image"},
	Layer:    inspect.LayerImage,
	Title:    "The image's version is left open",
	Question: "Does the reference name a version?",
	Danger: "latest is whatever was pushed last. Two machines run different code under one name, a pull brings a new major " +
		"version or a hostile one unasked, and nobody can say which holes this one has.",
	Read:       "the image's reference: its tag and its digest",
	Fix:        "name a version, and pin it by digest",
	MayBreak:   "Nothing at once; updates then need a change of the file.",
	Bad:        image("nginx:latest"),
	Good:       image("nginx:1.29.3"),
	References: []string{"CIS Docker Benchmark 1.6.0: 5.28", "https://docs.docker.com/reference/compose-file/services/#image"},
	Run:        runImageTag,
}

func runImageTag(w inspect.Workload, _ inspect.Host) Result {
	tag, digest := reference(w.Image)
	switch {
	case w.Image == "":
		return Result{State: inspect.NotApplicable, Reason: "it is built, not named"}
	case digest != "":
		return Result{State: inspect.Closed, Reason: "the image is named by its digest"}
	case tag != "" && tag != "latest":
		return Result{State: inspect.Closed, Reason: "the image's version is " + show(tag)}
	}
	f := rate(itself, withStep, inspect.Finding{
		Evidence: fmt.Sprintf("image is %q.", show(w.Image)),
		Source:   w.Sources.Of("image"),
	})
	return Result{State: inspect.Partly, Reason: "the image's version is left open", Findings: []inspect.Finding{f}}
}

// reference takes the tag and the digest from an image's reference
// (distribution/reference: [host[:port]/]path[:tag][@digest]). A bare ID is a
// digest.
func reference(ref string) (tag, digest string) {
	if strings.HasPrefix(ref, "sha256:") {
		return "", ref
	}
	ref, digest, _ = strings.Cut(ref, "@")
	_, tag, _ = strings.Cut(ref[strings.LastIndexByte(ref, '/')+1:], ":")
	return tag, digest
}
