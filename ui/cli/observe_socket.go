package cli

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/pflag"

	"bulkhead/fix/socketproxy"
	"bulkhead/inspect"
	"bulkhead/ui/report"
	"bulkhead/ui/seen"
)

// socketHelp is what the observe command says of --socket.
const socketHelp = "With --socket the copy of a workload that mounts the engine's socket finds a recording proxy in its place, and " +
	"which calls it makes is kept in the journal. Only calls that read reach the engine, and of these none that hands out " +
	"whole files, images or keys or asks a registry; everything else is refused and recorded. What it reads may hold secrets " +
	"of other containers (their environment, their logs): the copy has no way out of its network to tell. " +
	"--let-through passes a further call on, on your own engine, once you confirmed it; never one that amounts to root."

// socketFlags are the flags of watching the calls of the engine's API.
type socketFlags struct {
	asked      bool
	letThrough []string
}

func (f *socketFlags) register(flags *pflag.FlagSet) {
	flags.BoolVar(&f.asked, "socket", false, "record which calls of the engine's API a copy makes")
	flags.StringArrayVar(&f.letThrough, "let-through", nil, "with --socket: a call that is carried out on the engine, such as 'POST /containers/{id}/restart'; repeatable")
}

func (f socketFlags) check(live bool) error {
	switch {
	case !f.asked && len(f.letThrough) > 0:
		return usage("--let-through goes with --socket", "")
	case f.asked && live:
		return usage("--socket and --live exclude each other: calls are recorded on a copy", "Leave out --live.")
	}
	return nil
}

// recorded is what the command says as JSON.
type recorded struct {
	SchemaVersion int    `json:"schemaVersion"`
	Workload      string `json:"workload"`
	// Run are the calls of this copy, Calls those of all runs that the journal
	// holds of the same image and command.
	Run    []recordedCall `json:"run"`
	Calls  []recordedCall `json:"calls"`
	Runs   int            `json:"runs"`
	Unwell []string       `json:"unwell,omitempty"`
	Notes  []string       `json:"notes,omitempty"`
}

// recordedCall is a call with what it hands over.
type recordedCall struct {
	socketproxy.Call
	Grade string `json:"grade,omitempty"`
	Why   string `json:"why,omitempty"`
}

func graded(r socketproxy.Recording) []recordedCall {
	out := []recordedCall{}
	for _, c := range r.Calls {
		e, _ := c.Known()
		out = append(out, recordedCall{Call: c, Grade: string(e.Grade), Why: e.Why})
	}
	return out
}

func (a *app) observeSocket(ctx context.Context, target string, f observeFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	policy, err := socketproxy.NewPolicy(f.socket.letThrough)
	if err != nil {
		return err
	}
	b, err := a.bench(ctx)
	if err != nil {
		return err
	}
	b.Files = f.files
	w, err := b.Find(ctx, target)
	if err != nil {
		return err
	}
	if confirmed, err := a.confirmCalls(w, policy, f.yes); err != nil || !confirmed {
		return err
	}
	fmt.Fprintf(a.errOut, "Recording the calls of an isolated copy of %s; the original is not touched.\n", inspect.Printable(w.Name))
	fmt.Fprintln(a.errOut, "What the copy reads from the engine may hold secrets of other containers; it has no way out to tell.")
	learned, err := b.ObserveSocket(ctx, w, f.options(), policy, a.teller(false))
	if err != nil {
		return err
	}
	seen := recorded{
		SchemaVersion: report.SchemaVersion, Workload: w.Name, Run: graded(learned.Run), Calls: graded(learned.All),
		Runs: learned.Runs, Unwell: learned.Unwell, Notes: learned.Notes,
	}
	if f.format == "json" {
		return report.Indented(a.out, seen)
	}
	return a.printRecorded(seen)
}

// confirmCalls says loudly what will be carried out on the engine, and whether a
// person agrees.
func (a *app) confirmCalls(w inspect.Workload, p socketproxy.Policy, yes bool) (bool, error) {
	if len(p.LetThrough) == 0 {
		return true, nil
	}
	fmt.Fprintf(a.errOut, "WARNING: the copy of %s will really do this on your engine, to any of your containers:\n", inspect.Printable(w.Name))
	for _, call := range p.LetThrough {
		e, _ := socketproxy.Named(call)
		fmt.Fprintf(a.errOut, "  %s  %s\n", call, e.Why)
	}
	return a.accepted("Let it?", "nothing was started", false, yes)
}

func (a *app) printRecorded(r recorded) error {
	for _, note := range r.Notes {
		fmt.Fprintln(a.errOut, "note:", inspect.Printable(note))
	}
	for _, why := range r.Unwell {
		fmt.Fprintln(a.errOut, "note: the copy did not work:", inspect.Printable(why))
	}
	if len(r.Unwell) > 0 {
		fmt.Fprintln(a.errOut, "note: What it would have called after that is not recorded. --let-through can pass on what it cannot do without.")
	}
	if len(r.Calls) == 0 {
		fmt.Fprintln(a.out, "It made no call of the engine's API.")
		return nil
	}
	fmt.Fprintf(a.out, "Calls of the engine's API, observed in %s:\n", runs(r.Runs))
	var all []socketproxy.Call
	table := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, c := range r.Calls {
		refused := ""
		if c.Refused > 0 {
			refused = fmt.Sprintf("%d refused", c.Refused)
		}
		all = append(all, c.Call)
		fmt.Fprintf(table, "  %s\t%d\t%s\t%s\n", inspect.Printable(c.String()), c.Count, refused, c.Grade)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, s := range seen.Handed(all) {
		fmt.Fprintf(a.out, "These %s:\n", s.Title)
		for _, line := range s.Lines {
			fmt.Fprintln(a.out, "  "+line)
		}
	}
	fmt.Fprintf(a.errOut, "Next: bulkhead write %s --to socketproxy --dry-run\n", inspect.Printable(r.Workload))
	return nil
}

func runs(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}
