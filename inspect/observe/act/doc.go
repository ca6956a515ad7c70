// Package act does one chosen thing, so that a test can see whether an
// observer recognises it. Tests run their own binary with it, also inside
// containers; nothing else imports it.
package act
