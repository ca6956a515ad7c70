package watch

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine"
	"bulkhead/inspect/engine/enginetest"
	"bulkhead/inspect/observe"
)

// works are what services do while strace watches too: each begins when a line
// comes, and ends by itself. What asks the service stands in the same container,
// so that both watch it.
var works = map[string]string{
	"nginx": `read line
(	until (echo >/dev/tcp/127.0.0.1/80) 2>/dev/null; do sleep 0.2; done
	for path in / /large /upload /missing / / / / / / / / / /; do
		exec 3<>/dev/tcp/127.0.0.1/80
		printf 'GET %s HTTP/1.0\r\n\r\n' "$path" >&3
		cat <&3 >/dev/null
	done
	kill -QUIT 1
) &
exec /docker-entrypoint.sh nginx -g 'daemon off;'`,
	"redis": `read line
(	until redis-cli ping >/dev/null 2>&1; do sleep 0.2; done
	redis-cli set kept yes; for i in $(seq 20); do redis-cli lpush list $i; done; redis-cli bgsave; redis-cli get kept
	kill -TERM 1
) &
exec /docker-entrypoint.sh redis-server --save 1 1`,
	"postgres": `read line
(	until pg_isready -q -h 127.0.0.1; do sleep 0.5; done
	psql -U postgres -d app -qAt -c 'create table kept as select generate_series(1,1000) n' -c 'vacuum full kept' -c 'select sum(n) from kept'
	kill -INT 1
) &
exec /docker-entrypoint.sh postgres`,
}

// Every call of a real service, from its entrypoint to its end, is counted as
// often as strace counts it.
func TestNothingOfAServiceIsLostAgainstStrace(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil || os.Geteuid() != 0 {
		t.Skip("strace is not installed, or may not trace containers")
	}
	e := enginetest.Connect(t)
	o := observer(t, e, image(t, e), "SYS_ADMIN")
	for name, work := range works {
		t.Run(name, func(t *testing.T) {
			id := enginetest.Create(t, e, client.ContainerCreateOptions{Config: &container.Config{
				Image: enginetest.Image(t, e, name), Entrypoint: []string{"bash", "-c", work}, Env: []string{"POSTGRES_PASSWORD=x"},
				OpenStdin: true, AttachStdin: true,
			}}, false)
			w, err := o.Watch(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			log := straceOf(t, e, strace, id, w)
			got := map[string]uint64{}
			for _, s := range stop(t, w).Syscalls {
				if s.Phase == observe.Ready {
					got[s.Name] += s.Count
				}
			}
			// strace itself may miss one that a signal ends; more than it counted is
			// no loss.
			for name, n := range straced(log) {
				if got[name] < n {
					t.Errorf("%s: %d were observed, strace counted %d", name, got[name], n)
				}
			}
			if counted, seen := sum(straced(log)), sum(got); seen > counted+counted/100+2 {
				t.Errorf("%d were observed, strace counted %d", seen, counted)
			}
			if total := sum(got); total < 1000 {
				t.Errorf("only %d calls were seen", total)
			} else {
				t.Logf("%d calls of %d kinds", total, len(got))
			}
		})
	}
}

// straceOf runs a container that waits for a line, and returns what strace saw of
// it from there on, when the phase ready begins, to its end.
func straceOf(t *testing.T, e *engine.Engine, strace, id string, w *Watch) string {
	t.Helper()
	ctx := t.Context()
	stdin, err := e.API.ContainerAttach(ctx, id, client.ContainerAttachOptions{Stream: true, Stdin: true})
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	ended := e.API.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := e.API.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
		t.Fatal(err)
	}
	found, err := e.API.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pid := found.Container.State.Pid
	awaitRead(t, pid)
	if err := w.Phase(ctx, observe.Ready); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "log")
	c := exec.Command(strace, "-f", "-o", log, "-p", fmt.Sprint(pid))
	said, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(said).ReadString('\n'); err != nil || !strings.Contains(line, "attached") {
		t.Fatalf("strace said %q, %v", line, err)
	}
	if _, err := stdin.Conn.Write([]byte("go\n")); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended.Result:
	case err := <-ended.Error:
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Logf("strace ended with %v", err) // with the service's own code
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// awaitRead waits until a process waits in read(2), which is 0 on amd64 and 63
// on arm64.
func awaitRead(t *testing.T, pid int) {
	t.Helper()
	for range 200 {
		in, err := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", pid))
		if err == nil && (strings.HasPrefix(string(in), "0 0x0 ") || strings.HasPrefix(string(in), "63 0x0 ")) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Skip("this machine does not show where the container's process is")
}

// straced counts the calls in a log of strace -f.
func straced(log string) map[string]uint64 {
	counts := map[string]uint64{}
	for line := range strings.Lines(log) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		call, _, ok := strings.Cut(strings.TrimSpace(rest), "(")
		// Others are the end of an interrupted call, a signal, an exit.
		if ok && !strings.ContainsAny(call, " <+-") {
			counts[call]++
		}
	}
	return counts
}

func sum(counts map[string]uint64) uint64 {
	var n uint64
	for _, c := range counts {
		n += c
	}
	return n
}
