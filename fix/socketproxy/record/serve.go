// Package record is the recording proxy: it stands between a copy and the
// engine's socket while the copy is watched. It runs inside the engine, in a
// container made of this very binary that has the socket, no network and no
// privilege.
//
// Its contract: a request is classified from what net/http read of it, which is
// what the engine reads with as well, and what is passed on is written anew from
// that, so that the engine cannot understand it otherwise. Only what the Policy
// passes reaches the engine; the rest is refused with 403 and recorded. A
// request that is passed on carries no body unless a person let it through, and
// never an upgrade. Neither paths nor queries nor bodies are kept.
package record

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"bulkhead/fix/socketproxy"
)

// Bounds on what a copy can make the proxy do.
const (
	mostConnections = 64
	mostHeader      = 32 << 10
	// mostBody bounds the body of a request that a person let through.
	mostBody = 1 << 20
	// headerWait is how long a client may take to send a request's head.
	headerWait = 10 * time.Second
)

// Options say where the proxy stands.
type Options struct {
	// Engine is the engine's socket, Offer the one that is made.
	Engine, Offer string
	socketproxy.Policy
}

// Report is what the proxy says on its output, a line of JSON each: once when
// it listens, and whenever it is asked.
type Report struct {
	Recording socketproxy.Recording `json:"recording"`
	// Access says who may use the offered socket, a sentence.
	Access string `json:"access,omitempty"`
	Error  string `json:"error,omitempty"`
}

// Serve offers the socket until the input ends or ctx does. It says what it
// recorded so far when it begins to listen, then for each line of the input, and
// once more at the end.
func Serve(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	say := json.NewEncoder(out)
	listener, access, err := listen(o.Offer, o.Engine)
	if err != nil {
		_ = say.Encode(Report{Error: err.Error()})
		return err
	}
	p := newProxy(o)
	p.access = access
	streams, endStreams := context.WithCancel(context.WithoutCancel(ctx))
	server := &http.Server{
		Handler: p, ReadHeaderTimeout: headerWait, MaxHeaderBytes: mostHeader,
		// What a client sends wrongly is no business of the helper's output.
		ErrorLog:    log.New(io.Discard, "", 0),
		BaseContext: func(net.Listener) context.Context { return streams },
	}
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(&bounded{Listener: listener, slots: make(chan struct{}, mostConnections)})
	}()
	asked, forget := lines(in)
	defer forget()
	err = p.tell(ctx, say, asked, served)
	// Events and logs that are still followed end here.
	endStreams()
	_ = server.Close()
	if err != nil {
		return err
	}
	<-served
	return say.Encode(Report{Recording: p.recorded(), Access: p.access})
}

// tell says what was recorded whenever that is asked, until nobody asks any more.
func (p *proxy) tell(ctx context.Context, say *json.Encoder, asked <-chan struct{}, served <-chan error) error {
	for more := true; more; {
		if err := say.Encode(Report{Recording: p.recorded(), Access: p.access}); err != nil {
			return fmt.Errorf("telling what was recorded: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case err := <-served:
			return fmt.Errorf("offering the socket: %w", err)
		case _, more = <-asked:
		}
	}
	return nil
}

// lines gives a value for each line of the input, and ends with it. forget lets
// the rest go unheard.
func lines(in io.Reader) (each <-chan struct{}, forget func()) {
	out, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(out)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			select {
			case out <- struct{}{}:
			case <-done:
				return
			}
		}
	}()
	return out, func() { close(done) }
}

// proxy answers the copy.
type proxy struct {
	policy  socketproxy.Policy
	forward *httputil.ReverseProxy
	access  string

	mu        sync.Mutex
	recording socketproxy.Recording
}

func newProxy(o Options) *proxy {
	engine := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", o.Engine)
		},
		DisableCompression: true, MaxIdleConns: 4,
	}
	return &proxy{
		policy: o.Policy,
		forward: &httputil.ReverseProxy{
			Transport:     engine,
			FlushInterval: -1, // events come as they happen
			Rewrite:       func(r *httputil.ProxyRequest) { rewrite(r) },
			ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
				answer(w, http.StatusBadGateway, "bulkhead's recording proxy could not reach the engine: "+err.Error())
			},
		},
	}
}

// rewrite writes the request anew from what was classified: the decoded path,
// escaped once.
func rewrite(r *httputil.ProxyRequest) {
	r.Out.URL = &url.URL{Scheme: "http", Host: "engine", Path: r.In.URL.Path, RawQuery: r.In.URL.RawQuery}
	r.Out.Host = "engine"
}

// ServeHTTP classifies, records, and passes on or refuses.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	endpoint := socketproxy.Classify(r.Method, r.URL.Path)
	passes := p.policy.Passes(endpoint)
	p.mu.Lock()
	p.recording.Add(endpoint, !passes)
	p.mu.Unlock()
	if !passes {
		// What the client still sends would be taken for the next request.
		w.Header().Set("Connection", "close")
		answer(w, http.StatusForbidden, socketproxy.Refusal(endpoint))
		return
	}
	p.forward.ServeHTTP(w, bare(r, endpoint))
}

// bare is the request without what could change its meaning on the way: an
// upgrade, and a body that nobody let through.
func bare(r *http.Request, e socketproxy.Endpoint) *http.Request {
	out := r.Clone(r.Context())
	for _, h := range []string{"Upgrade", "Connection", "Te", "Trailer", "Expect"} {
		out.Header.Del(h)
	}
	if e.Nature == socketproxy.Reads {
		out.Body, out.ContentLength, out.TransferEncoding = http.NoBody, 0, nil
		return out
	}
	out.Body = http.MaxBytesReader(nil, r.Body, mostBody)
	return out
}

func (p *proxy) recorded() socketproxy.Recording {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.recording.Clone()
}

// answer is an error as the engine words it.
func answer(w http.ResponseWriter, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": strings.TrimSpace(message)})
}

// bounded accepts no more connections than it has slots for; the others wait.
type bounded struct {
	net.Listener
	slots chan struct{}
}

func (b *bounded) Accept() (net.Conn, error) {
	b.slots <- struct{}{}
	conn, err := b.Listener.Accept()
	if err != nil {
		<-b.slots
		return nil, err
	}
	return &slotted{Conn: conn, release: sync.OnceFunc(func() { <-b.slots })}, nil
}

// slotted gives its slot back when it is closed.
type slotted struct {
	net.Conn
	release func()
}

func (s *slotted) Close() error {
	defer s.release()
	return s.Conn.Close()
}
