package check

import (
	"fmt"

	"bulkhead/inspect"
)

var imageDigest = Check{
	ID:       "image-digest",
	Settings: []string{"image"},
	Layer:    inspect.LayerProvenance,
	Title:    "The image is not pinned by its digest",
	Question: "Is it certain which image this is?",
	Danger: "A tag can be moved. Whoever may push to the repository, or stands between it and this machine, " +
		"decides what code runs here after the next pull.",
	Read:       "the image's reference, and the repository digests that the engine knows of it. Signatures are not read",
	Fix:        "pin the image: NAME:TAG@sha256:DIGEST",
	MayBreak:   "Nothing at once; updates then need a change of the file, which tools such as Renovate make.",
	Bad:        image("nginx:1.29.3"),
	Good:       image("nginx:1.29.3@sha256:" + exampleDigest),
	References: []string{"CIS Docker Benchmark 1.6.0: 4.5, 4.12", "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions"},
	Run:        runImageDigest,
}

// exampleDigest is that of no image.
const exampleDigest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func runImageDigest(w inspect.Workload, _ inspect.Host) Result {
	_, digest := reference(w.Image)
	switch {
	case digest != "":
		return Result{State: inspect.Partly, Reason: "pinned by its digest; no signature was checked"}
	case w.Image == "":
		return Result{State: inspect.Unknown, Reason: "it is built, so there is no digest to pin; what it was built from was not judged"}
	case w.ImageFacts != nil && len(w.ImageFacts.Digests) == 0:
		return Result{State: inspect.Unknown, Reason: "the image was built or loaded here and has no digest of a registry; what it was built from was not judged"}
	}
	f := rate(itself, withStep, inspect.Finding{
		Evidence: fmt.Sprintf("image is %q, without a digest.", show(w.Image)),
		Source:   w.Sources.Of("image"),
	})
	if w.ImageFacts != nil {
		f.Fix = "pin the image that runs today: " + show(w.ImageFacts.Digests[0])
	}
	return Result{State: inspect.Open, Reason: "not pinned by a digest, and no signature was checked", Findings: []inspect.Finding{f}}
}
