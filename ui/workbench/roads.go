package workbench

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"

	"github.com/moby/moby/client"

	"bulkhead/fix/daemon"
	"bulkhead/inspect"
)

// Roads reads what the steps to an engine without the host's root depend on and
// are verified by. root is this machine's "/"; as is who is to run a rootless
// engine, "" for whoever runs bulkhead. It needs no engine: without one, what
// only an engine can tell is unknown.
func (b *Bench) Roads(ctx context.Context, root fs.FS, as string) daemon.Machine {
	at := daemon.Place{Root: root, User: cmp.Or(as, b.person()), Owner: daemon.Owner}
	if b.Engine == nil {
		return daemon.ReadMachine(at, inspect.Host{}, daemon.Stock{Unknown: "no engine was asked"})
	}
	return daemon.ReadMachine(at, b.Engine.Host, b.stock(ctx))
}

// Steps are those of every road, for this machine and whoever runs bulkhead.
func (b *Bench) Steps(ctx context.Context) map[daemon.Road][]daemon.Step {
	m := b.Roads(ctx, os.DirFS("/"), "")
	all := map[daemon.Road][]daemon.Step{}
	for _, road := range daemon.Roads() {
		all[road] = m.Steps(road)
	}
	return all
}

// person is who asked, also through sudo; "" for root itself, who is not meant
// to run a rootless engine.
func (b *Bench) person() string {
	if user := cmp.Or(b.Getenv("SUDO_USER"), b.Getenv("USER")); user != "root" {
		return user
	}
	return ""
}

// stock is what the engine keeps.
func (b *Bench) stock(ctx context.Context) daemon.Stock {
	unknown := func(what string, err error) daemon.Stock {
		return daemon.Stock{Unknown: fmt.Sprintf("the engine's %s could not be listed: %s", what, inspect.Printable(err.Error()))}
	}
	images, err := b.Engine.API.ImageList(ctx, client.ImageListOptions{})
	if err != nil {
		return unknown("images", err)
	}
	volumes, err := b.Engine.API.VolumeList(ctx, client.VolumeListOptions{})
	if err != nil {
		return unknown("volumes", err)
	}
	workloads, problems, err := b.Engine.Workloads(ctx)
	if err != nil {
		return unknown("containers", err)
	}
	s := daemon.Stock{Root: b.Engine.DataRoot(), Images: len(images.Items), Volumes: len(volumes.Items), Workloads: workloads}
	if len(problems) > 0 {
		s.Unknown = problems[0]
	}
	return s
}
