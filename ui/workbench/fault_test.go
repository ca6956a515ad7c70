package workbench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/fix/clone"
	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/fix/trial/journal"
	"bulkhead/inspect"
	"bulkhead/inspect/engine/enginetest"
)

// faultBench is a workbench whose trials keep all capabilities: what goes wrong
// is tested here, not the search.
func faultBench(t *testing.T) *Bench {
	t.Helper()
	b := bench(t)
	enginetest.Image(t, b.Engine, "nginx") // makes sure that the base image is there
	b.Trials.Patience, b.Trials.Keep = time.Minute, inspect.AllCaps
	return b
}

// faulty starts a container of the base image that runs the script, and returns
// its workload. It is not waited for.
func faulty(t *testing.T, b *Bench, script string, config container.Config, host container.HostConfig) inspect.Workload {
	t.Helper()
	config.Image, config.Cmd = enginetest.BaseImage, []string{"bash", "-c", script}
	id := enginetest.Create(t, b.Engine, client.ContainerCreateOptions{Config: &config, HostConfig: &host}, false)
	w, err := b.Engine.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// serving is the end of a script: it stays until it is told to stop.
const serving = "trap 'exit 0' TERM; sleep 600 & wait"

// nothingLeft fails the test where trials of the workload left anything.
func nothingLeft(t *testing.T, b *Bench, w inspect.Workload) {
	t.Helper()
	if left := leftovers(t, b.Engine, w.ID); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// clear fails the test unless the error is printable, has the words, and has a
// hint with the others.
func clear(t *testing.T, err error, words, hint string) {
	t.Helper()
	var hinted interface{ Hint() string }
	switch {
	case err == nil:
		t.Error("no error")
	case !strings.Contains(err.Error(), words):
		t.Errorf("error %q", err)
	case err.Error() != inspect.Printable(err.Error()):
		t.Errorf("the error is no single printable line: %q", err)
	case !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), hint) || hinted.Hint() == "":
		t.Errorf("error %q without a hint that says %q", err, hint)
	}
}

// Whatever a copy does wrong under today's settings ends in a sentence and a
// next step, and leaves nothing.
func TestBaselinesThatCannotWork(t *testing.T) {
	for name, c := range map[string]struct {
		script      string
		config      container.Config
		exercise    string
		words, hint string
	}{
		"never ready": {
			script: serving, config: container.Config{Healthcheck: &container.HealthConfig{Test: []string{"CMD", "false"}, Interval: time.Second}},
			words: "Its healthcheck says", hint: "last log lines",
		},
		"never healthy within its start period": {
			script: serving, config: container.Config{Healthcheck: &container.HealthConfig{Test: []string{"CMD", "false"}, Interval: time.Second, StartPeriod: time.Hour}},
			words: "Its healthcheck says starting", hint: "last log lines",
		},
		"never stops forking": {
			script: "while :; do sleep 600 & done", words: "does not work in isolation", hint: "last log lines",
		},
		"needs the internet": {
			script: "timeout 1 bash -c ': >/dev/tcp/192.0.2.1/80' || exit 3; " + serving, words: "exit code 3", hint: "--egress",
		},
		"exercise hangs": {
			script: serving, exercise: "sleep 600 & sleep 600", words: "did not finish within 1s", hint: "last log lines",
		},
		"command is not there": {
			script: "", config: container.Config{Entrypoint: []string{"/no/such/\x1b[31mthing"}}, words: "did not start", hint: "another container of its image",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "never stops forking" { // which leaves nothing for others
				t.Parallel()
			}
			b := faultBench(t)
			if strings.HasPrefix(name, "never") {
				b.Trials.Patience = 3 * time.Second
			}
			if c.exercise != "" {
				b.Trials.Exercises = []health.Exercise{{Command: c.exercise, Timeout: time.Second}}
			}
			w := faulty(t, b, c.script, c.config, container.HostConfig{})
			_, err := b.Trial(t.Context(), w, func(trial.Event) {})
			clear(t, err, c.words, c.hint)
			var failed *trial.BaselineError
			if !errors.As(err, &failed) || !slices.ContainsFunc(failed.Notes, func(n string) bool { return strings.Contains(n, "4096 processes") }) {
				t.Errorf("the copies were not bounded: %+v", failed)
			}
			nothingLeft(t, b, w)
		})
	}
}

// Services that are strange but work are tried to the end.
func TestStrangeServicesAreTried(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		config container.Config
		note   string
	}{
		"exits 0 at once": {script: "echo done", note: "It is a job"},
		"logs without end": {
			script: "trap 'kill %1 %2; exit 0' TERM; yes 'a line, and another' & tr '\\0' x </dev/zero & wait", note: "stays up",
		},
		"a shell on a terminal":  {script: "exec bash -i", config: container.Config{Tty: true, OpenStdin: true, StopTimeout: new(1)}, note: "stays up"},
		"may stop for two hours": {script: "trap '' TERM; sleep 600 & while :; do wait; done", config: container.Config{StopTimeout: new(7200)}, note: "It is given 2h0m0s to stop; a copy is killed after"},
		"needs a terminal":       {script: "test -t 1 || exit 9; " + serving, config: container.Config{Tty: true}, note: "stays up"},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "logs without end" { // which leaves nothing for others
				t.Parallel()
			}
			b := faultBench(t)
			if name == "may stop for two hours" {
				b.Trials.Patience = 12 * time.Second // which is waited for
			}
			w := faulty(t, b, c.script, c.config, container.HostConfig{})
			r, err := b.Trial(t.Context(), w, tell(t))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, c.note) }) {
				t.Errorf("notes %q", r.Notes)
			}
			if !r.Proved {
				t.Errorf("not proved: %+v", r.Evidence)
			}
			nothingLeft(t, b, w)
		})
	}
}

// tell logs how trials end.
func tell(t *testing.T) func(trial.Event) {
	return func(e trial.Event) {
		if e.Kind == trial.StepFinished {
			t.Logf("%s: %s in %.1f s %q", e.Step.Purpose, e.Trial.Verdict, e.Trial.Seconds, e.Trial.Evidence)
		}
	}
}

// A service that ignores the signal is killed in the baselines after its grace
// period; the trials, which know that, do not wait for it.
func TestIgnoredStopSignalIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	b := faultBench(t)
	grace := 5
	w := faulty(t, b, "trap '' TERM; sleep 600 & while :; do wait; done", container.Config{StopTimeout: &grace}, container.HostConfig{})
	r, err := b.Trial(t.Context(), w, tell(t))
	if err != nil {
		t.Fatal(err)
	}
	if !r.Proved {
		t.Errorf("not proved: %+v", r.Evidence)
	}
	trials := 0
	for _, one := range r.Trials {
		switch {
		case one.Baseline && (one.Reading == nil || !one.Reading.Killed || one.Reading.StopAfter < time.Duration(grace)*time.Second):
			t.Errorf("the baseline was not killed after its grace period: %+v", one.Reading)
		case !one.Baseline:
			trials++
		}
	}
	if trials == 0 {
		t.Error("nothing was tried")
	}
	nothingLeft(t, b, w)
}

// hostile is a script whose log, process names and answers are made to do harm.
const hostile = `printf '\033[2J\033]0;owned\007 \x80\xff\xfe \xe2\x80\xae Permission denied\n'
head -c 3000000 /dev/zero | tr '\0' '\033'; echo
printf '\033[31mnginx\n' >/proc/self/comm
exec perl -MIO::Socket::INET -e '
	$0 = "\e[31mred\nline"; $SIG{TERM} = sub { exit 0 };
	my $s = IO::Socket::INET->new(Listen => 9, LocalPort => 80, ReuseAddr => 1) or die;
	while (1) {
		my $c = $s->accept or next; sysread $c, my $in, 4096;
		print $c "HTTP/1.1 200 \e[2J\xff\xfe\x00OK\r\nServer: \e]0;owned\a\r\nContent-Type: text/\e[31mhtml\r\n\r\n" . ("\e[2J" x 100000); close $c;
	}'`

// What a hostile service says reaches nobody raw: not the events, not the
// result, and its name leads nowhere outside the journal.
func TestHostileServiceIsTamed(t *testing.T) {
	b := faultBench(t)
	state := t.TempDir()
	b.Journal = journal.At(filepath.Join(state, "inner"))
	w := faulty(t, b, hostile, container.Config{Labels: map[string]string{
		"com.docker.compose.project": "../../\x1b[2J\x1b]0;owned\a", "com.docker.compose.service": "../../../etc/\xffpasswd\u202e",
		"com.docker.compose.depends_on":           "\x1b[31m:::,../..:service_healthy:false",
		"com.docker.compose.project.config_files": "/etc/passwd,../../\x1b[2J", "com.docker.compose.project.working_dir": "/\x1b[2J",
	}}, container.HostConfig{})
	var mu sync.Mutex
	r, err := b.Trial(t.Context(), w, func(e trial.Event) {
		mu.Lock()
		defer mu.Unlock()
		printable(t, e.Line, e.Step.Purpose, e.Step.Because)
		printable(t, e.Trial.Evidence...)
	})
	if err != nil {
		t.Fatalf("%q", err)
	}
	if len(r.Baseline.Answers) == 0 {
		t.Errorf("answers %q: this test shows less than it should", r.Baseline.Answers)
	}
	for _, answer := range r.Baseline.Answers {
		printable(t, answer.String(), answer.Application)
	}
	for _, i := range r.Baseline.Identities {
		printable(t, i.String())
	}
	printable(t, r.Notes...)
	for _, one := range r.Trials {
		printable(t, one.Log...)
		printable(t, one.Complaints...)
	}
	inJournal(t, state, r)
	nothingLeft(t, b, w)
}

// printable fails the test where a text is not safe to show.
func printable(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if text != inspect.Printable(text) {
			t.Errorf("%.200q is not safe to show", text)
		}
		if len(text) > 16<<10 {
			t.Errorf("%d bytes in one line", len(text))
		}
	}
}

// inJournal fails the test unless everything below the directory lies in the
// journal, and is the result or what was observed on the way to it.
func inJournal(t *testing.T, dir string, r trial.Result) {
	t.Helper()
	results := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		printable(t, path)
		if !strings.HasPrefix(path, filepath.Join(dir, "inner", "journal")+"/") {
			t.Errorf("%q is outside the journal", path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if filepath.Base(filepath.Dir(path)) == "observed" {
			var run journal.Watched
			if err := json.Unmarshal(data, &run); err != nil || run.Workload != r.Workload {
				return fmt.Errorf("%q is not an observed run: %v", path, err)
			}
			return nil
		}
		results++
		var kept trial.Result
		if err := json.Unmarshal(data, &kept); err != nil || kept.Started.Unix() != r.Started.Unix() {
			return fmt.Errorf("%q is not the result: %v", path, err)
		}
		return nil
	})
	if err != nil || results != 1 {
		t.Errorf("%d results in the journal, %v", results, err)
	}
}

// The image can go between the baselines and the trials, where the original
// does not run.
func TestImageRemovedBetweenTrials(t *testing.T) {
	t.Parallel()
	b := faultBench(t)
	base := faulty(t, b, serving, container.Config{}, container.HostConfig{})
	name := "bulkhead-test-" + strings.ToLower(t.Name())
	made, err := b.Engine.API.ContainerCommit(t.Context(), base.ID, client.ContainerCommitOptions{Reference: name})
	if err != nil {
		t.Fatal(err)
	}
	config := container.Config{Image: made.ID, Cmd: []string{"bash", "-c", serving}}
	id := enginetest.Create(t, b.Engine, client.ContainerCreateOptions{Config: &config}, false)
	w, err := b.Engine.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	b.Trials.Parallel = 1
	baselines := 0
	_, err = b.Trial(t.Context(), w, func(e trial.Event) {
		if e.Kind != trial.StepFinished || !e.Step.Baseline {
			return
		}
		if baselines++; baselines == 2 {
			if _, err := b.Engine.API.ImageRemove(t.Context(), name, client.ImageRemoveOptions{Force: true}); err != nil {
				t.Error(err)
			}
		}
	})
	clear(t, err, "The image was removed in the meantime", "Pull or build it again")
	var gone *clone.FaultError
	if !errors.As(err, &gone) {
		t.Errorf("error %T", err)
	}
	nothingLeft(t, b, w)
}

// A volume that takes no more is what the service's own log says.
func TestNoSpaceInTheCopy(t *testing.T) {
	t.Parallel()
	b := faultBench(t)
	w := faulty(t, b, "head -c 1000000 /dev/zero >/small/file || exit 5; "+serving, container.Config{}, container.HostConfig{Tmpfs: map[string]string{"/small": "size=64k"}})
	_, err := b.Trial(t.Context(), w, func(trial.Event) {})
	clear(t, err, "exit code 5", "last log lines")
	var failed *trial.BaselineError
	if !errors.As(err, &failed) || !strings.Contains(strings.Join(failed.Log, "\n"), "No space left on device") {
		t.Errorf("error %v", err)
	}
	nothingLeft(t, b, w)
}
