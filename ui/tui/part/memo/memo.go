// Package memo keeps the last thing that was drawn. View runs after every
// message and drawing is the dearest part of it, so each pane is drawn again
// only when what it depends on has changed.
package memo

// Pane remembers one drawing and the key it was drawn for. The zero Pane is
// empty and ready.
type Pane[K comparable, V any] struct {
	key   K
	drawn V
	full  bool
}

// Get returns what was drawn for the key, and draws it where that was another.
func (p *Pane[K, V]) Get(key K, draw func() V) V {
	if !p.full || p.key != key {
		p.key, p.drawn, p.full = key, draw(), true
	}
	return p.drawn
}
