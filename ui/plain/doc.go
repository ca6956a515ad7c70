// Package plain is the walk-through as numbered line prompts. It writes lines
// and reads lines and moves no cursor, so it works in any terminal, over a pipe
// and with a screen reader.
//
// Its contract: nothing is tried or written that the person did not choose; the
// end of the input is a stop, and what was found until then is kept by the
// search itself. What it quotes of containers is made printable first.
package plain
