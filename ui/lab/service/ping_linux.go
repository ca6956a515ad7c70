package service

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// pingState is where the pinger notes what it saw last.
const pingState = "/tmp/ping.state"

// How often is asked, how long an answer may take, and how old the last answer
// may be for the service to count as healthy.
const (
	pingEvery    = time.Second
	pingPatience = 900 * time.Millisecond
	pingFresh    = 5 * time.Second
)

// pinging is the content of pingState.
type pinging struct {
	Target    string    `json:"target"`
	LastReply time.Time `json:"lastReply"`
	Result    string    `json:"result"`
}

// ping watches a machine with ICMP echo requests: ping [TARGET], or ping check
// for its healthcheck.
func ping(args []string, log logger) int {
	switch {
	case len(args) == 1 && args[0] == "check":
		return pingCheck(pingState, time.Now(), log)
	case len(args) > 1:
		fmt.Fprintf(log.err, "ping: unknown arguments %q\n", args)
		return 2
	}
	target := "web"
	if len(args) == 1 {
		target = args[0]
	}
	// A raw socket needs NET_RAW.
	conn, err := net.ListenPacket("ip4:icmp", "0.0.0.0")
	if err != nil {
		return log.fail("%v", err)
	}
	defer conn.Close()
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	log.say("pinging %s once a second as uid %d", target, os.Getuid())
	return pingLoop(ctx, conn, target, log)
}

// pingLoop pings until it is told to stop, and logs when the result changes.
func pingLoop(ctx context.Context, conn net.PacketConn, target string, log logger) int {
	every := time.NewTicker(pingEvery)
	defer every.Stop()
	state := pinging{Target: target}
	var said string
	for seq := uint16(1); ; seq++ {
		address := resolve(ctx, target)
		took, err := echo(conn, address, seq)
		word := "replies"
		if err != nil {
			word = err.Error()
			state.Result = word
		} else {
			state.LastReply = time.Now()
			state.Result = fmt.Sprintf("reply from %s in %v", address, took.Round(time.Microsecond))
		}
		if word != said {
			log.say("%s (%s): %s", target, address, word)
			said = word
		}
		if err := writeState(pingState, state); err != nil {
			return log.fail("%v", err)
		}
		select {
		case <-ctx.Done():
			log.say("stopped")
			return 0
		case <-every.C:
		}
	}
}

// resolve returns the target's address, and the loopback address where its name
// is not known: alone, the pinger still has something to ping.
func resolve(ctx context.Context, target string) *net.IPAddr {
	ctx, cancel := context.WithTimeout(ctx, pingPatience/2)
	defer cancel()
	ips, err := net.DefaultResolver.LookupIP(ctx, "ip4", target)
	if err != nil || len(ips) == 0 {
		return &net.IPAddr{IP: net.IPv4(127, 0, 0, 1)}
	}
	return &net.IPAddr{IP: ips[0]}
}

func writeState(name string, state pinging) error {
	data, err := json.Marshal(state)
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(data, '\n'), 0o644)
}

// pingCheck is the healthcheck: 0 while the last reply is fresh.
func pingCheck(name string, now time.Time, log logger) int {
	data, err := os.ReadFile(name)
	if err != nil {
		return log.fail("%v", err)
	}
	var state pinging
	if err := json.Unmarshal(data, &state); err != nil {
		return log.fail("reading %s: %v", name, err)
	}
	if age := now.Sub(state.LastReply); age > pingFresh {
		return log.fail("no reply from %s within %v: %s", state.Target, pingFresh, state.Result)
	}
	log.say("%s", state.Result)
	return 0
}
