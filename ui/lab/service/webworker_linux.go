package service

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// webWorker serves pages as an unprivileged user until its standard input is
// closed.
func webWorker(log logger) int {
	listener, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return log.fail("worker: the master's socket: %v", err)
	}
	server := &http.Server{
		Handler:           webHandler(log, webCache, webPage(readPowers())),
		ReadHeaderTimeout: 10 * time.Second,
	}
	stopped := make(chan error, 1)
	go func() {
		// The master never writes: the read ends when it closes the pipe, or
		// when it is gone.
		io.Copy(io.Discard, os.Stdin)
		ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	}()
	log.say("worker serves on port 80 as uid %d", os.Getuid())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return log.fail("worker: %v", err)
	}
	if err := <-stopped; err != nil {
		return log.fail("worker: requests were cut off: %v", err)
	}
	return 0
}

// webHandler serves the page by way of a cached copy in the directory. Where
// the cache cannot be written the page fails and /health does not notice: a
// shallow health check proves little.
func webHandler(log logger, cache, page string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		text, err := throughCache(filepath.Join(cache, "index.html"), page)
		if err != nil {
			log.fail("worker: %v", err)
			http.Error(w, "the cache cannot be used", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, text)
	})
	return mux
}

// throughCache returns the cached copy, made anew where it is not the page.
func throughCache(name, page string) (string, error) {
	if have, err := os.ReadFile(name); err == nil && string(have) == page {
		return page, nil
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), ".index-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(temporary.Name())
	if _, err := io.WriteString(temporary, page); err != nil {
		temporary.Close()
		return "", err
	}
	if err := temporary.Close(); err != nil {
		return "", err
	}
	return page, os.Rename(temporary.Name(), name)
}
