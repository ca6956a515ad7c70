package check

import "strings"

// service is a Compose file with one service that has these settings, a line
// each.
func service(settings ...string) string {
	return "services:\n  web:\n    image: nginx:1.29.3\n    " + strings.Join(settings, "\n    ") + "\n"
}

// image is a Compose file with one service of this image.
func image(ref string) string { return "services:\n  web:\n    image: " + ref + "\n" }
