// Package agent brings a bulkhead binary into an engine as images FROM scratch,
// without a builder and without pulling anything: it writes the archive that
// docker load reads and sends it through the engine's API.
//
// The bytes of an archive depend on nothing but the binary and the images'
// descriptions: times are zero and entries sorted. So an image's ID is known
// before it is loaded, and nothing is sent that the engine already has. Every
// image carries Label; Remove finds them by it. The package starts no
// container, and it never touches an image without that label.
package agent

// Label marks every image made here. Its value is the short hash of the binary
// inside.
const Label = "bulkhead.agent"

// contentLabel holds the hash of an image's description. It identifies an
// image in stores that do not use the hash of its config as the image's ID, as
// containerd's.
const contentLabel = "bulkhead.agent.content"

// Path is where the binary stands in the images.
const Path = "/bulkhead"
