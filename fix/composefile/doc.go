// Package composefile writes a plan into a Compose file. Its contract: Edit
// changes bytes only where the plan asks for it, at places known from the
// parsed YAML, and never writes YAML anew, so that comments, order, indentation
// and line ends stay as their author left them. What it returns has been read
// back: the service's effective settings are exactly fix.Apply of what they
// were, and nothing else changed. Otherwise it returns a *RefusedError with the
// reason, and the file stays as it is.
//
// Where an edit in place is not possible, Edit writes an override file instead
// (Request.Override), held to the same: the project with the override is exactly
// fix.Apply of what it was.
//
// Nothing here writes a file; package writes does.
package composefile
