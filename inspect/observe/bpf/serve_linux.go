package bpf

import "bulkhead/inspect/observe/wire"

// Record begins a watch for package wire.
func Record(w wire.Watch) (wire.Recorder, error) {
	r, err := Open(w.ID, w.Live)
	if err != nil {
		return nil, err
	}
	return r, nil
}
