package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect/observe"
)

// recorder is one that writes down what is asked of it.
type recorder struct {
	log  *[]string
	fail error
}

func (r recorder) note(what string) { *r.log = append(*r.log, what) }

func (r recorder) Phase(p observe.Phase) error { r.note("phase " + string(p)); return r.fail }
func (r recorder) Close() error                { r.note("close"); return nil }
func (r recorder) Peek() (observe.Moment, error) {
	r.note("peek")
	return observe.Moment{Paths: 1}, r.fail
}
func (r recorder) Stop() (observe.Observation, error) {
	r.note("stop")
	return observe.Observation{Runs: 1}, r.fail
}

// talk serves the lines and returns the answers, what was asked of the
// recorders, and the error that serving ended with.
func talk(t *testing.T, fail error, lines ...string) (answers []Answer, log []string, served error) {
	t.Helper()
	var out bytes.Buffer
	served = Serve(t.Context(), strings.NewReader(strings.Join(lines, "\n")), &out, func(w Watch) (Recorder, error) {
		if w.ID == "refuse" {
			return nil, &observe.RefusedError{Reason: "no BTF", Next: "Use another kernel."}
		}
		log = append(log, "open "+w.ID)
		return recorder{&log, fail}, nil
	})
	for dec := json.NewDecoder(&out); ; {
		var a Answer
		if err := dec.Decode(&a); errors.Is(err, io.EOF) {
			return answers, log, served
		} else if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
}

func TestServe(t *testing.T) {
	const begin, ready, stop = `{"watch":{"id":"a"}}`, `{"phase":"ready"}`, `{"stop":true}`
	for _, tt := range []struct {
		name  string
		lines []string
		log   []string
		texts []string // of the problems, "" where there was none
	}{
		{"a watch", []string{begin, ready, stop}, []string{"open a", "phase ready", "stop", "close"}, []string{"", "", ""}},
		{"one after the other", []string{begin, stop, `{"watch":{"id":"b"}}`, stop},
			[]string{"open a", "stop", "close", "open b", "stop", "close"}, []string{"", "", "", ""}},
		{"two at once", []string{begin, begin}, []string{"open a", "close"}, []string{"", errBusy.Error()}},
		{"looks on the way", []string{begin, `{"peek":true}`, stop}, []string{"open a", "peek", "stop", "close"}, []string{"", "", ""}},
		{"nothing to stop", []string{stop, ready}, nil, []string{errIdle.Error(), errIdle.Error()}},
		{"nothing asked", []string{begin, `{}`}, []string{"open a", "close"}, []string{"", "a request asks for nothing"}},
		{"the other side goes away", []string{begin, ready}, []string{"open a", "phase ready", "close"}, []string{"", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers, log, err := talk(t, nil, tt.lines...)
			if err != nil {
				t.Fatal(err)
			}
			var texts []string
			for _, a := range answers {
				text := ""
				if a.Problem != nil {
					text = a.Problem.Text
				}
				texts = append(texts, text)
			}
			if diff := cmp.Diff(tt.log, log); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.texts, texts); diff != "" {
				t.Errorf("answered (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnUnreadableRequestEndsServing(t *testing.T) {
	if _, log, err := talk(t, nil, `{"watch":{"id":"a"}}`, `{"watch":`); err == nil || log[len(log)-1] != "close" {
		t.Errorf("it ended with %v after %v", err, log)
	}
}

func TestErrorsArrive(t *testing.T) {
	answers, _, _ := talk(t, errors.New("the kernel says no"), `{"watch":{"id":"refuse"}}`, `{"watch":{"id":"a"}}`, `{"stop":true}`)
	var refused *observe.RefusedError
	if err := answers[0].Err(); !errors.As(err, &refused) || refused.Hint() != "Use another kernel." {
		t.Errorf("refused as %v", err)
	}
	if answers[1].Err() != nil {
		t.Error(answers[1].Err())
	}
	// What a failed stop had is not an observation.
	if err := answers[2].Err(); err == nil || err.Error() != "the kernel says no" || answers[2].Observation != nil {
		t.Errorf("failed as %v, with %+v", err, answers[2].Observation)
	}
}
