// Package wire is how bulkhead and its observing helper inside the engine talk:
// one JSON request a line on the helper's stdin, one JSON answer to each on its
// stdout. When stdin ends, the helper lets go of everything and ends.
package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"bulkhead/inspect/observe"
)

// Request asks for one of its fields.
type Request struct {
	// Watch begins a watch, up to Most at a time, each of another container.
	Watch *Watch `json:"watch,omitempty"`
	// Of is the ID of the container whose watch the fields below are about.
	Of string `json:"of,omitempty"`
	// Phase marks the phase that begins now.
	Phase observe.Phase `json:"phase,omitempty"`
	// Peek wants to know how much was seen so far.
	Peek bool `json:"peek,omitempty"`
	// PIDs are processes that the engine lists as the container's, for a
	// recorder that cannot tell by itself.
	PIDs []int `json:"pids,omitempty"`
	// Stop ends the watch and wants what was seen.
	Stop bool `json:"stop,omitempty"`
}

// Most is how many containers a helper watches at a time.
const Most = 16

// Watch names a container.
type Watch struct {
	// ID is the whole ID that the engine gave it.
	ID string `json:"id"`
	// Live says that it may run already.
	Live bool `json:"live,omitempty"`
}

// Answer answers a request: without a field it means that it was done.
type Answer struct {
	Problem *Problem `json:"problem,omitempty"`
	// Observation answers Stop, Moment answers Peek.
	Observation *observe.Observation `json:"observation,omitempty"`
	Moment      *observe.Moment      `json:"moment,omitempty"`
}

// Problem is an error on its way.
type Problem struct {
	Text string `json:"text"`
	// Refused says that observing is not possible here; Text is the reason and
	// Next the next step.
	Refused bool   `json:"refused,omitempty"`
	Next    string `json:"next,omitempty"`
}

// Recorder is a watch under way.
type Recorder interface {
	Phase(p observe.Phase) error
	Stop() (observe.Observation, error)
	Close() error
}

// Peeker is a recorder that says on the way how much it has seen.
type Peeker interface {
	Peek() (observe.Moment, error)
}

// Lister is a Recorder that has to be told which processes are the container's.
type Lister interface{ List(pids []int) }

// Open begins a watch; its error may be an *observe.RefusedError.
type Open func(w Watch) (Recorder, error)

// Serve answers requests until in ends or the context does. It returns nil
// where in ended between two requests.
func Serve(ctx context.Context, in io.Reader, out io.Writer, open Open) (err error) {
	s := server{open: open, watches: map[string]Recorder{}}
	defer func() { err = errors.Join(err, s.release()) }()
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	for ctx.Err() == nil {
		var r Request
		if err := requests.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading a request: %w", err)
		}
		if err := answers.Encode(s.answer(r)); err != nil {
			return fmt.Errorf("answering: %w", err)
		}
	}
	return ctx.Err()
}

type server struct {
	open    Open
	watches map[string]Recorder // by container
}

// release ends what is under way.
func (s *server) release() error {
	var errs []error
	for id := range s.watches {
		errs = append(errs, s.end(id))
	}
	return errors.Join(errs...)
}

// end lets go of a watch.
func (s *server) end(id string) error {
	err := s.watches[id].Close()
	delete(s.watches, id)
	return err
}

func (s *server) answer(r Request) Answer {
	a, err := s.do(r)
	if err == nil {
		return a
	}
	p := &Problem{Text: err.Error()}
	var refused *observe.RefusedError
	if errors.As(err, &refused) {
		p = &Problem{Text: refused.Reason, Refused: true, Next: refused.Next}
	}
	return Answer{Problem: p}
}

var (
	errBusy = errors.New("the observer watches it already")
	errFull = fmt.Errorf("the observer watches %d containers already", Most)
	errIdle = errors.New("the observer does not watch it")
)

func (s *server) do(r Request) (a Answer, err error) {
	if r.Watch != nil {
		return a, s.begin(*r.Watch)
	}
	recorder := s.watches[r.Of]
	switch {
	case recorder == nil:
		return a, errIdle
	case len(r.PIDs) > 0:
		l, ok := recorder.(Lister)
		if !ok {
			return a, errors.New("the observer knows the container's processes by itself")
		}
		l.List(r.PIDs)
		return a, nil
	case r.Phase != "":
		return a, recorder.Phase(r.Phase)
	case r.Peek:
		p, ok := recorder.(Peeker)
		if !ok {
			return a, errors.New("the observer does not tell on the way")
		}
		m, err := p.Peek()
		return Answer{Moment: &m}, err
	case r.Stop:
		o, err := recorder.Stop()
		return Answer{Observation: &o}, errors.Join(err, s.end(r.Of))
	}
	return a, errors.New("a request asks for nothing")
}

func (s *server) begin(w Watch) error {
	switch {
	case s.watches[w.ID] != nil:
		return errBusy
	case len(s.watches) >= Most:
		return errFull
	}
	recorder, err := s.open(w)
	if err == nil {
		s.watches[w.ID] = recorder
	}
	return err
}

// Err is the error that an answer carries, or nil.
func (a Answer) Err() error {
	switch {
	case a.Problem == nil:
		return nil
	case a.Problem.Refused:
		return &observe.RefusedError{Reason: a.Problem.Text, Next: a.Problem.Next}
	}
	return errors.New(a.Problem.Text)
}
