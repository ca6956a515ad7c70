package trials

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"bulkhead/fix/health"
	"bulkhead/fix/trial"
	"bulkhead/ui/tui/page"
	"bulkhead/ui/tui/part/dialog"
	"bulkhead/ui/workbench"
)

// options are what the person chose for a search.
type options struct {
	trials workbench.TrialOptions
	byHand bool
}

// exercisePatience bounds an exercise, as the command line does by default.
const exercisePatience = 30 * time.Second

// Offered carries what of earlier trials could be carried on.
type Offered struct {
	Page    *Page
	Earlier *trial.Result
	Err     error
}

// chosen is the answer of the dialog that Start leads to, left that there is none.
type (
	chosen struct {
		page    *Page
		options options
	}
	left struct{ page *Page }
)

// Start looks for interrupted trials; what it finds opens the dialog that asks
// how the trials are to be, and the answer starts them.
func (p *Page) Start() tea.Cmd {
	trier, workload := p.trier, p.workload
	return p.work.Cmd(func(ctx context.Context) tea.Msg {
		earlier, err := trier.Interrupted(ctx, workload)
		return Offered{p, earlier, err}
	})
}

// offered opens the dialog, unless trials run already.
func (p *Page) offered(msg Offered) page.Request {
	if p.running() {
		return nil
	}
	p.earlier = nil
	if msg.Earlier != nil {
		p.earlier = msg.Earlier.Trials
	}
	return page.Ask{Dialog: p.askOptions(msg)}
}

// The fields of the dialog, in their order.
const (
	exerciseField = iota
	handField
	volumesField
	egressField
	userField
	limitsField
	loopbackField
	resumeField
)

var egresses = []workbench.Egress{workbench.EgressNever, workbench.EgressIfNeeded, workbench.EgressAlways}

func (p *Page) askOptions(offer Offered) dialog.Dialog {
	o := p.options.trials
	fields := []dialog.Field{
		{Label: "Exercise", Text: exerciseText(o.Exercises), Help: "A command on this machine that makes the service do its work. It finds the copy in $BULKHEAD_CONTAINER, $BULKHEAD_ADDRESS and $BULKHEAD_PORT_80. Empty for none."},
		{Label: "Lead", Values: []string{"by itself", "step by step"}, At: index(p.options.byHand), Help: "Step by step you see what comes next and why, and choose. s changes to it while the trials run."},
		yesNo("Copy volumes", o.CopyVolumes, "Fills the copies' volumes with what the original's hold. Otherwise they begin empty."),
		{Label: "Reach out", Values: []string{"never", "if needed", "always"}, At: max(0, slices.Index(egresses, o.Egress)), Help: "Whether the copies may reach other networks and the internet."},
		yesNo("Also: user", o.Also.User, "Tries to start it as the user it drops to. A trial may not see all that this breaks."),
		yesNo("Also: limits", o.Also.Limits, "Bounds memory and processes by the peaks seen. Production may need more."),
		yesNo("Also: loopback", o.Also.Loopback, "Publishes its ports on this machine alone. No trial can say who needs them from elsewhere."),
	}
	if offer.Earlier != nil {
		fields = append(fields, yesNo("Carry on", p.phase == stopped, fmt.Sprintf("The journal holds %s of trials that were interrupted. Their answers count; an exercise should be the same.", count(len(offer.Earlier.Trials)))))
	}
	if offer.Err != nil {
		fields[exerciseField].Help += " Earlier trials could not be read: " + offer.Err.Error()
	}
	f := dialog.NewForm("Try it on copies", "start", fields...)
	f.Leave = left{p}
	f.Answer = func(fields []dialog.Field) tea.Msg { return chosen{p, optionsOf(fields)} }
	return f
}

func yesNo(label string, yes bool, help string) dialog.Field {
	return dialog.Field{Label: label, Values: []string{"no", "yes"}, At: index(yes), Help: help}
}

func index(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func exerciseText(all []health.Exercise) string {
	if len(all) == 0 {
		return ""
	}
	return all[0].Command
}

// optionsOf reads the answered fields.
func optionsOf(fields []dialog.Field) options {
	yes := func(i int) bool { return i < len(fields) && fields[i].At == 1 }
	o := options{byHand: yes(handField), trials: workbench.TrialOptions{
		CopyVolumes: yes(volumesField), Egress: egresses[fields[egressField].At], Resume: yes(resumeField),
		Also: trial.Also{User: yes(userField), Limits: yes(limitsField), Loopback: yes(loopbackField)},
	}}
	if command := strings.TrimSpace(fields[exerciseField].Text); command != "" {
		o.trials.Exercises = []health.Exercise{{Command: command, Timeout: exercisePatience}}
	}
	return o
}
