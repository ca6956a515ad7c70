package watch

import (
	"context"
	"encoding/json"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"bulkhead/inspect/observe/wire"
)

// clocked is a connection that remembers its deadline.
type clocked struct {
	net.Conn
	mu  sync.Mutex
	end time.Time
	set int
}

func (c *clocked) SetDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end, c.set = at, c.set+1
	return c.Conn.SetDeadline(at)
}

// A request bounds how long its answer takes, and not how long the next one may
// be away: a watch can be longer than any answer.
func TestAnAnswerEndsTheDeadline(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	conn := &clocked{Conn: near}
	o := &Observer{stream: client.HijackedResponse{Conn: conn}, answers: json.NewDecoder(near)}
	go func() {
		var r wire.Request
		if json.NewDecoder(far).Decode(&r) == nil {
			_ = json.NewEncoder(far).Encode(wire.Answer{}) // the test ends without it
		}
	}()
	if _, err := o.ask(context.Background(), wire.Request{Stop: true}); err != nil {
		t.Fatal(err)
	}
	conn.mu.Lock()
	defer conn.mu.Unlock()
	if conn.set < 2 || !conn.end.IsZero() {
		t.Errorf("after %d changes the deadline is %s", conn.set, conn.end)
	}
}
