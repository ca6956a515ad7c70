package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect/observe"
)

// recorder is one that writes down what is asked of it.
type recorder struct {
	id   string
	log  *[]string
	fail error
}

func (r recorder) note(what string) { *r.log = append(*r.log, r.id+" "+what) }

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
		return recorder{w.ID, &log, fail}, nil
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
	const begin, ready, stop = `{"watch":{"id":"a"}}`, `{"of":"a","phase":"ready"}`, `{"of":"a","stop":true}`
	const beginB, readyB, stopB = `{"watch":{"id":"b"}}`, `{"of":"b","phase":"ready"}`, `{"of":"b","stop":true}`
	for _, tt := range []struct {
		name  string
		lines []string
		log   []string
		texts []string // of the problems, "" where there was none
	}{
		{"a watch", []string{begin, ready, stop}, []string{"open a", "a phase ready", "a stop", "a close"}, []string{"", "", ""}},
		{"one after the other", []string{begin, stop, beginB, stopB},
			[]string{"open a", "a stop", "a close", "open b", "b stop", "b close"}, []string{"", "", "", ""}},
		{"two at once", []string{begin, beginB, readyB, stop, ready, stopB},
			[]string{"open a", "open b", "b phase ready", "a stop", "a close", "b stop", "b close"}, []string{"", "", "", "", errIdle.Error(), ""}},
		{"one twice", []string{begin, begin}, []string{"open a", "a close"}, []string{"", errBusy.Error()}},
		{"looks on the way", []string{begin, `{"of":"a","peek":true}`, stop}, []string{"open a", "a peek", "a stop", "a close"}, []string{"", "", ""}},
		{"nothing to stop", []string{stop, ready}, nil, []string{errIdle.Error(), errIdle.Error()}},
		{"nothing asked", []string{begin, `{"of":"a"}`}, []string{"open a", "a close"}, []string{"", "a request asks for nothing"}},
		{"the other side goes away", []string{begin, ready}, []string{"open a", "a phase ready", "a close"}, []string{"", ""}},
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
	if _, log, err := talk(t, nil, `{"watch":{"id":"a"}}`, `{"watch":`); err == nil || log[len(log)-1] != "a close" {
		t.Errorf("it ended with %v after %v", err, log)
	}
}

func TestErrorsArrive(t *testing.T) {
	answers, _, _ := talk(t, errors.New("the kernel says no"), `{"watch":{"id":"refuse"}}`, `{"watch":{"id":"a"}}`, `{"of":"a","stop":true}`)
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

func TestAHelperWatchesSoManyAndNoMore(t *testing.T) {
	var lines []string
	for n := range Most + 1 {
		lines = append(lines, fmt.Sprintf(`{"watch":{"id":"%d"}}`, n))
	}
	answers, log, err := talk(t, nil, append(lines, `{"of":"0","stop":true}`, `{"watch":{"id":"more"}}`)...)
	if err != nil {
		t.Fatal(err)
	}
	if got := answers[Most].Err(); got == nil || got.Error() != errFull.Error() {
		t.Errorf("one too many is answered with %v", got)
	}
	if got := answers[len(answers)-1].Err(); got != nil {
		t.Errorf("after one has ended: %v", got)
	}
	opened, closed := 0, 0
	for _, line := range log {
		if strings.HasPrefix(line, "open ") {
			opened++
		}
		if strings.HasSuffix(line, " close") {
			closed++
		}
	}
	if opened != Most+1 || closed != opened {
		t.Errorf("%d were opened and %d closed", opened, closed)
	}
}
