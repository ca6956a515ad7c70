package cli

import (
	"context"

	"github.com/spf13/pflag"

	"bulkhead/fix/socketproxy"
	"bulkhead/inspect"
	"bulkhead/ui/workbench"
)

// toSocketProxy is the form of write that this file is about.
const toSocketProxy = "socketproxy"

// proxyFlags are the flags of writing a filtering proxy.
type proxyFlags struct {
	dialect string
	root    bool
}

func (f *proxyFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.dialect, "dialect", "", "with --to socketproxy: wollomatic (exact, the default) or tecnativa (coarse)")
	flags.BoolVar(&f.root, "with-root", false, "with --to socketproxy: also let calls through that amount to root on the host")
}

func (f proxyFlags) check(to string) error {
	if to != toSocketProxy && (f.dialect != "" || f.root) {
		return usage("--dialect and --with-root go with --to socketproxy", "")
	}
	return oneOf("--dialect", f.dialect, append([]string{""}, socketproxy.Dialects...)...)
}

func (f proxyFlags) draft(ctx context.Context, b *workbench.Bench, w inspect.Workload, leaveOut []string) (workbench.Draft, error) {
	o := workbench.SocketOptions{Dialect: socketproxy.Dialect(f.dialect), Root: f.root, LeaveOut: leaveOut}
	if f.dialect == "" {
		o.Dialect = socketproxy.Wollomatic
	}
	return b.DraftSocketProxy(ctx, w, o)
}
