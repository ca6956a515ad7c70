package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"bulkhead/fix/trial"
	"bulkhead/ui/tui/page/trials"
	"bulkhead/ui/tui/tuitest"
	"bulkhead/ui/workbench"
)

// baselineError is what a search ends with where the copy does not work.
var baselineError = &trial.BaselineError{
	Workload: "bulkhead-lab/web", Missing: []string{"It ended by itself with exit code 1."},
	Log: []string{"web: preparing /var/cache/web for uid 101", "web: cannot resolve store: no such host"},
}

// scene is one state of the UI that a person can reach.
type scene struct {
	name string
	play func(t testing.TB, w, h int, change ...func(*Options)) *stage
}

// scenes are all the states that the golden files show.
func scenes() []scene {
	list := func(b *tuitest.Backend, keys ...string) func(testing.TB, int, int, ...func(*Options)) *stage {
		return func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := loaded(t, b, w, h, change...)
			s.press(keys...)
			return s
		}
	}
	running := func(t testing.TB, w, h int, change ...func(*Options)) *stage {
		s := onWeb(t, w, h, change...)
		s.trialing(tuitest.EventsUntil(8))
		s.tick(17 * time.Second)
		return s
	}
	stopping := func(t testing.TB, w, h int, change ...func(*Options)) *stage {
		s := running(t, w, h, change...)
		s.send(stroke("esc"))
		s.send(stroke("y"))
		s.forget()
		return s
	}
	return []scene{
		{"loading", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return newStage(t, tuitest.New(), w, h, change...)
		}},
		{"reading", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := reading(t, tuitest.New(), w, h, change...)
			s.judged(tuitest.Audit().Workloads[:4]...)
			return s
		}},
		{"empty", list(&tuitest.Backend{})},
		{"error", list(&tuitest.Backend{AuditErr: tuitest.Hinted{
			Text: "connecting to unix:///var/run/docker.sock: permission denied",
			Next: "Add yourself to the group docker (`sudo usermod -aG docker $USER`, then log in again), or use a rootless engine.",
		}})},
		{"list", list(tuitest.New(), "down", "down", "down")},
		{"list-problems", list(withProblems())},
		{"list-many", list(&tuitest.Backend{Looked: tuitest.Many(60)}, "end", "up", "up")},
		{"filter-severity", list(tuitest.New(), "s", "s", "s")},
		{"filter-dialog", list(tuitest.New(), "f", "space", "down", "space", "tab", "down", "down", "space")},
		{"filter-layers", list(tuitest.New(), layerFilter...)},
		{"filter-all", list(tuitest.New(), append(layerFilter, "s", "s", "/", "l", "a", "b", "enter")...)},
		{"filter", list(tuitest.New(), "/", "s", "t", "o")},
		{"filter-nothing", list(tuitest.New(), "/", "z", "z")},
		{"detail", list(tuitest.New(), "enter")},
		{"detail-scrolled", list(tuitest.New(), "enter", "tab", "tab", "tab", "down")},
		{"detail-running", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := onWeb(t, w, h, change...)
			s.press("enter", "end", "shift+tab")
			return s
		}},
		{"detail-not-running", list(tuitest.New(), "end", "enter", "end")},
		{"detail-unresolved", list(withUnresolved(), "enter", "end")},
		{"engine", list(tuitest.New(), "e")},
		{"engine-scrolled", list(tuitest.New(), "e", "tab", "tab")},
		{"engine-steps", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := loaded(t, tuitest.New(), w, h, append(change, func(o *Options) { o.Guide = tuitest.Guide{} })...)
			s.press("e", "tab", "tab", "tab", "tab", "tab")
			return s
		}},
		{"engine-not-asked", list(&tuitest.Backend{Looked: withoutEngine()}, "e")},
		{"trial-start", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := onWeb(t, w, h, change...)
			s.trialing(nil)
			return s
		}},
		{"trial-running", running},
		{"trial-question", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := running(t, w, h, change...)
			s.press("esc")
			return s
		}},
		{"trial-stopping", stopping},
		{"trial-proved", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return proved(t, w, h, change...)
		}},
		{"trial-options", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := onWeb(t, w, h, change...)
			s.press("enter", "t", "tab", "tab", "tab", "right")
			return s
		}},
		{"trial-resume", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := provedWith(t, interrupted(), w, h, change...)
			s.press("t", "up")
			return s
		}},
		{"trial-turn", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return byHand(t, tuitest.New(), w, h, change, "enter", "enter", "enter", "enter")
		}},
		{"trial-turn-first", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return byHand(t, tuitest.New(), w, h, change)
		}},
		{"trial-pick", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return byHand(t, tuitest.New(), w, h, change, "enter", "enter", "enter", "p", "down", "space")
		}},
		{"trial-judge", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return byHand(t, tuitest.New(), w, h, change, "enter", "enter", "enter", "enter", "v", "tab", "n", "o", "!")
		}},
		{"trial-skipped", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := onWeb(t, w, h, change...)
			s.trialing(append(tuitest.EventsUntil(6), tuitest.Skipped(6)))
			return s
		}},
		{"trial-stopped", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := stopping(t, w, h, change...)
			s.progress(nil, &trials.End{Err: context.Canceled})
			return s
		}},
		{"trial-evidence", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := proved(t, w, h, change...)
			s.press("k", "k")
			return s
		}},
		{"trial-failed", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := onWeb(t, w, h, change...)
			s.trialing(tuitest.EventsUntil(2))
			s.clock.now = s.clock.now.Add(4 * time.Second)
			s.progress(nil, &trials.End{Err: baselineError})
			return s
		}},
		{"observe-options", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := onWeb(t, w, h, change...)
			s.press("enter", "o", "right", "tab")
			return s
		}},
		{"observe-watching", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := onWeb(t, w, h, change...)
			s.press("enter", "o")
			s.send(stroke("enter"))
			s.forget()
			s.watched(5)
			s.tick(9 * time.Second)
			return s
		}},
		{"observe-question", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := onWeb(t, w, h, change...)
			s.press("enter", "o")
			s.send(stroke("enter"))
			s.forget()
			s.watched(2)
			s.press("esc")
			return s
		}},
		{"observe-done", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return watchedToTheEnd(t, tuitest.New(), w, h, change)
		}},
		{"observe-end", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return watchedToTheEnd(t, tuitest.New(), w, h, change, "end")
		}},
		{"observe-live", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return watchedToTheEnd(t, tuitest.New(), w, h, change, "o", "space", "enter", "end")
		}},
		{"observe-refused", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			b := tuitest.New()
			b.ObserveErr = tuitest.Hinted{Text: "observing is not possible here: the kernel does not say where it keeps its fields", Next: "`bulkhead doctor` says what this machine and its engine lack."}
			return watchedToTheEnd(t, b, w, h, change)
		}},
		{"calls-options", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := onDashboard(t, tuitest.New(), w, h, change)
			s.press("enter", "o", "left")
			return s
		}},
		{"calls-recording", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := onDashboard(t, tuitest.New(), w, h, change)
			s.press("enter", "o", "left")
			s.send(stroke("enter"))
			s.forget()
			s.tick(9 * time.Second)
			return s
		}},
		{"calls-done", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return recorded(t, tuitest.New(), w, h, change)
		}},
		{"calls-let-through", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return recorded(t, tuitest.New(), w, h, change, "p", "space")
		}},
		{"calls-proxy", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return recorded(t, tuitest.New(), w, h, change, "w")
		}},
		{"calls-choose", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return recorded(t, tuitest.New(), w, h, change, "w", "x", "down", "space")
		}},
		{"diff", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := proved(t, w, h, change...)
			s.press("w")
			return s
		}},
		{"diff-stale", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			b := tuitest.New()
			b.Outdated = []string{"The image is another one."}
			s := provedWith(t, b, w, h, change...)
			s.press("w")
			return s
		}},
		{"diff-choose", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := proved(t, w, h, change...)
			s.press("w", "x", "down", "space")
			return s
		}},
		{"diff-part", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := proved(t, w, h, change...)
			s.press("w", "x", "down", "space", "enter")
			return s
		}},
		{"diff-command", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			b := tuitest.New()
			b.Looked.Workloads = b.Looked.Workloads[4:5]
			s := loaded(t, b, w, h, change...)
			s.press("enter", "t", "enter", "w")
			return s
		}},
		{"diff-command-files", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return commandWithFiles(t, tuitest.New(), w, h, change)
		}},
		{"diff-command-written", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			return commandWithFiles(t, tuitest.New(), w, h, change, "w", "y")
		}},
		{"diff-refused", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			b := tuitest.New()
			b.DraftErr = tuitest.Hinted{Text: "editing compose.yaml:14: cap_add comes from the anchor &defaults", Next: "Write an override file instead: bulkhead write bulkhead-lab/web --to override"}
			s := provedWith(t, b, w, h, change...)
			s.press("w")
			return s
		}},
		{"diff-question", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := proved(t, w, h, change...)
			s.press("w", "w")
			return s
		}},
		{"diff-written", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := proved(t, w, h, change...)
			s.press("w", "w", "y")
			return s
		}},
		{"diff-not-written", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			b := tuitest.New()
			b.WriteErr = errors.New("writing compose.yaml: what was read back does not equal the plan; the file is untouched")
			s := provedWith(t, b, w, h, change...)
			s.press("w", "w", "y")
			return s
		}},
		{"help", list(tuitest.New(), "?")},
		{"help-trial", func(t testing.TB, w, h int, change ...func(*Options)) *stage {
			s := running(t, w, h, change...)
			s.press("?")
			return s
		}},
		{"hostile", list(&tuitest.Backend{Looked: tuitest.Hostile()}, "enter")},
	}
}

// layerFilter asks for what is open or partly in capabilities or in network.
var layerFilter = []string{
	"f", "space", "down", "space", "tab", "down", "space", "end", "up", "up", "up", "up", "up", "up", "space", "enter",
}

// withUnresolved is the practice project with a file of which not all could be
// read.
func withUnresolved() *tuitest.Backend {
	b := tuitest.New()
	for i := range b.Looked.Workloads {
		b.Looked.Workloads[i].Workload.Unresolved = map[string]string{
			"extends": "base.yaml is not there", "user": "${APP_USER} is not set",
		}
	}
	return b
}

// withoutEngine is the practice project as its file alone tells it.
func withoutEngine() workbench.Audit {
	a := tuitest.Audit()
	return workbench.Audit{Workloads: a.Workloads[:4]}
}

// onWeb is the list with web selected.
func onWeb(t testing.TB, w, h int, change ...func(*Options)) *stage {
	return loaded(t, tuitest.New(), w, h, append(change, func(o *Options) { o.Target = "bulkhead-lab/web" })...)
}

func proved(t testing.TB, w, h int, change ...func(*Options)) *stage {
	return provedWith(t, tuitest.New(), w, h, change...)
}

// provedWith is the trial page of web after the whole search.
func provedWith(t testing.TB, b *tuitest.Backend, w, h int, change ...func(*Options)) *stage {
	s := loaded(t, b, w, h, append(change, func(o *Options) { o.Target = "bulkhead-lab/web" })...)
	s.press("enter", "t")
	s.send(stroke("enter"))
	s.clock.now = s.clock.now.Add(31 * time.Second)
	s.settle()
	return s
}

// watchedToTheEnd is the observe page of web after a whole watch and the keys.
func watchedToTheEnd(t testing.TB, b *tuitest.Backend, w, h int, change []func(*Options), keys ...string) *stage {
	s := loaded(t, b, w, h, append(change, func(o *Options) { o.Target = "bulkhead-lab/web" })...)
	s.press("enter", "o")
	s.send(stroke("enter"))
	s.clock.now = s.clock.now.Add(42 * time.Second)
	s.settle()
	s.press(keys...)
	return s
}

// onDashboard is the list with a service that mounts the engine's socket.
func onDashboard(t testing.TB, b *tuitest.Backend, w, h int, change []func(*Options)) *stage {
	b.Looked.Workloads = append(b.Looked.Workloads, tuitest.Dashboard())
	return loaded(t, b, w, h, append(change, func(o *Options) { o.Target = "bulkhead-lab/dashboard" })...)
}

// recorded is the observe page after its calls were recorded and the keys.
func recorded(t testing.TB, b *tuitest.Backend, w, h int, change []func(*Options), keys ...string) *stage {
	s := onDashboard(t, b, w, h, change)
	s.press("enter", "o", "left")
	s.send(stroke("enter"))
	s.clock.now = s.clock.now.Add(42 * time.Second)
	s.settle()
	s.press(keys...)
	return s
}

// commandWithFiles is the draft of a command that names a file, after the keys.
func commandWithFiles(t testing.TB, b *tuitest.Backend, w, h int, change []func(*Options), keys ...string) *stage {
	b.Looked.Workloads = b.Looked.Workloads[4:5]
	b.Command = tuitest.WithProfile()
	s := loaded(t, b, w, h, change...)
	s.press("enter", "t", "enter", "w")
	s.press(keys...)
	return s
}

// byHand is the trial page of web led step by step, after the keys.
func byHand(t testing.TB, b *tuitest.Backend, w, h int, change []func(*Options), keys ...string) *stage {
	s := loaded(t, b, w, h, append(change, func(o *Options) { o.Target = "bulkhead-lab/web" })...)
	s.press("enter", "t", "tab", "space", "enter")
	s.press(keys...)
	return s
}

// interrupted holds a search that ended after four steps.
func interrupted() *tuitest.Backend {
	b := tuitest.New()
	earlier := tuitest.Result()
	earlier.Finished, earlier.Proved, earlier.Trials = false, false, earlier.Trials[:4]
	b.Earlier = &earlier
	return b
}

func withProblems() *tuitest.Backend {
	b := tuitest.New()
	b.Looked.Problems = []string{
		"/srv/shop/compose.yaml:12: mapping values are not allowed here. Correct the file, then press r.",
		strings.Repeat("A container vanished while it was read. ", 3) + "Press r to look again.",
	}
	return b
}

func find(t testing.TB, name string) scene {
	t.Helper()
	for _, s := range scenes() {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("no scene %q", name)
	return scene{}
}
