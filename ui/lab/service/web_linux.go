package service

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// What the web server uses, as the nginx image does.
const (
	webCache = "/var/cache/web"
	webPID   = "/run/web.pid"
	webPort  = ":80"
	webUID   = 101
	webGID   = 101
)

// The pause before a dead worker's successor grows from the first to the second.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 5 * time.Second
)

// stopPatience bounds how long the master waits for requests under way.
const stopPatience = 5 * time.Second

// web is a web server with a root master and an unprivileged worker.
func web(args []string, log logger) int {
	switch {
	case len(args) == 0:
		return webMaster(log)
	case len(args) == 1 && args[0] == "worker":
		return webWorker(log)
	}
	fmt.Fprintf(log.err, "web: unknown arguments %q\n", args)
	return 2
}

// webMaster prepares what needs root and keeps a worker running.
func webMaster(log logger) int {
	log.say("master starts as uid %d", os.Getuid())
	if err := prepareCache(); err != nil {
		return log.fail("%v", err)
	}
	listener, err := net.Listen("tcp", webPort)
	if err != nil {
		return log.fail("%v", err)
	}
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		return log.fail("%v", err)
	}
	if err := os.WriteFile(webPID, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		return log.fail("%v", err)
	}
	defer os.Remove(webPID)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP)
	m := master{log: log, socket: socket, ended: make(chan ended), pause: firstPause}
	return m.run(signals)
}

// prepareCache makes the cache directory and gives it to the worker's user.
// Changing the owner needs CHOWN; where it fits already, nothing is asked.
func prepareCache() error {
	if err := os.MkdirAll(webCache, 0o755); err != nil {
		return err
	}
	var st syscall.Stat_t
	if err := syscall.Stat(webCache, &st); err != nil {
		return &os.PathError{Op: "stat", Path: webCache, Err: err}
	}
	if st.Uid == webUID && st.Gid == webGID {
		return nil
	}
	return os.Chown(webCache, webUID, webGID)
}

// master keeps one worker running.
type master struct {
	log    logger
	socket *os.File
	// current is the worker that serves; others may still be finishing.
	current *worker
	running int
	ended   chan ended
	pause   time.Duration
}

// worker is one worker process. It ends when control is closed: with a pipe
// instead of a signal the master does not need KILL, as nginx does not.
type worker struct {
	control *os.File
	started time.Time
}

// ended says that a worker is gone, and why.
type ended struct {
	worker *worker
	err    error
}

// run starts workers until a signal ends it.
func (m *master) run(signals <-chan os.Signal) int {
	retry := m.start()
	for {
		select {
		case s := <-signals:
			if s != syscall.SIGHUP {
				m.log.say("got %v, stopping", s)
				return m.stop()
			}
			m.log.say("reloading")
			m.retire()
			retry = m.start()
		case e := <-m.ended:
			m.running--
			if e.worker == m.current {
				m.current = nil
				if time.Since(e.worker.started) > lastPause {
					m.pause = firstPause
				}
				retry = m.later(fmt.Errorf("worker ended: %w", reason(e.err)))
			}
		case <-retry:
			retry = m.start()
		}
	}
}

// reason is a worker's exit in words.
func reason(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// start starts a worker, or arranges for another attempt.
func (m *master) start() <-chan time.Time {
	w, err := m.spawn()
	if err != nil {
		return m.later(fmt.Errorf("starting a worker as %d:%d: %w", webUID, webGID, err))
	}
	m.current = w
	return nil
}

// later logs why there is no worker and returns when to try again.
func (m *master) later(why error) <-chan time.Time {
	m.log.fail("%v; trying again in %v", why, m.pause)
	again := time.After(m.pause)
	m.pause = min(2*m.pause, lastPause)
	return again
}

// spawn runs this program as a worker: another user, the listening socket as
// file 3, and a pipe as standard input that says when to stop. The switch of
// the user needs SETUID and SETGID.
func (m *master) spawn() (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	control, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, Command("web", "worker")...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = control, m.log.out, m.log.err
	cmd.ExtraFiles = []*os.File{m.socket}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: webUID, Gid: webGID}}
	err = cmd.Start()
	control.Close()
	if err != nil {
		ours.Close()
		return nil, err
	}
	w := &worker{control: ours, started: time.Now()}
	m.running++
	go func() { m.ended <- ended{w, cmd.Wait()} }()
	return w, nil
}

// retire lets the current worker finish what it does.
func (m *master) retire() {
	if m.current != nil {
		m.current.control.Close()
		m.current = nil
	}
}

// stop ends the workers and returns the exit code.
func (m *master) stop() int {
	m.retire()
	patience := time.After(stopPatience)
	for m.running > 0 {
		select {
		case <-m.ended:
			m.running--
		case <-patience:
			return m.log.fail("a worker did not stop within %v", stopPatience)
		}
	}
	m.log.say("stopped")
	return 0
}
