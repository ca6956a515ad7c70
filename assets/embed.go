// Package assets holds the files that travel inside the bulkhead binary. They
// are what a person sees and edits, so they stand here as ordinary files. The
// package only carries them; what they are for is said where they are used.
package assets

import _ "embed"

// LabCompose is the Compose file of the practice services.
//
//go:embed lab/compose.yaml
var LabCompose []byte

// AuditSchema is the JSON Schema of what `bulkhead audit --format json` writes.
//
//go:embed audit.schema.json
var AuditSchema []byte
