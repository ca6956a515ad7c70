package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// What the admin tool uses.
const (
	adminSocket = "/var/run/docker.sock"
	adminPort   = ":8080"
)

// adminSecrets are the variables it wants. It says whether they are set and
// never what they hold.
var adminSecrets = []string{"DB_PASSWORD", "API_TOKEN"}

// admin shows how many containers the engine has. It only ever asks GET
// requests; that it could ask others is the lesson.
func admin(args []string, log logger) int {
	if len(args) > 0 {
		fmt.Fprintf(log.err, "admin: unknown arguments %q\n", args)
		return 2
	}
	log.say("starts as uid %d", os.Getuid())
	for _, name := range adminSecrets {
		word := "is not set"
		if os.Getenv(name) != "" {
			word = "is set"
		}
		log.say("%s %s", name, word)
	}
	if _, err := countContainers(context.Background(), adminSocket); err != nil {
		log.fail("the engine: %v", err)
	}
	listener, err := net.Listen("tcp", adminPort)
	if err != nil {
		return log.fail("%v", err)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	server := &http.Server{Handler: adminHandler(log, adminSocket), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	log.say("serving on port 8080")
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return log.fail("%v", err)
	}
	log.say("stopped")
	return 0
}

// adminHandler shows the engine's containers, or why it cannot.
func adminHandler(log logger, socket string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		n, err := countContainers(r.Context(), socket)
		if err != nil {
			log.fail("the engine: %v", err)
			fmt.Fprintf(w, "The engine cannot be asked: %v.\n", err)
			return
		}
		fmt.Fprintf(w, "The engine has %d containers.\n", n)
	})
	return mux
}

// countContainers asks the engine behind the socket for its containers.
func countContainers(ctx context.Context, socket string) (int, error) {
	if _, err := os.Stat(socket); errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("its socket %s is not there", socket)
	}
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine/containers/json?all=1", nil)
	if err != nil {
		return 0, err
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("it answered %s", answer.Status)
	}
	var containers []json.RawMessage
	if err := json.NewDecoder(io.LimitReader(answer.Body, 64<<20)).Decode(&containers); err != nil {
		return 0, fmt.Errorf("reading its answer: %w", err)
	}
	return len(containers), nil
}
