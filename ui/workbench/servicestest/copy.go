package servicestest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"bulkhead/inspect/engine"
)

// Copy is where a copy of a service answers.
type Copy struct {
	// Container is its name, Address its host without a port.
	Container, Address string
	getenv             func(string) string
}

// hostport is where the container's port is reached from here.
func (c Copy) hostport(port int) string {
	return net.JoinHostPort(c.Address, c.getenv(fmt.Sprintf("BULKHEAD_PORT_%d", port)))
}

// dial connects to the container's TCP port. What is said on the connection
// must be over by ctx's deadline.
func (c Copy) dial(ctx context.Context, port int) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", c.hostport(port))
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(deadline)
	}
	return conn, err
}

// ask sends an HTTP request to port 80 and returns the status and the body.
func (c Copy) ask(ctx context.Context, method, path string, body io.Reader) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+c.hostport(80)+path, body)
	if err != nil {
		return 0, nil, err
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, content, err
}

// shell runs a script inside the copy, as root with the copy's own
// capabilities, and returns what it printed. The databases are exercised this
// way: their clients are in their images, and need not be on the host.
func (c Copy) shell(ctx context.Context, script string) (string, error) {
	e, err := engine.Connect(ctx, engine.Options{})
	if err != nil {
		return "", err
	}
	defer e.Close()
	created, err := e.API.ExecCreate(ctx, c.Container, client.ExecCreateOptions{
		Cmd: []string{"sh", "-ec", script}, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return "", err
	}
	attached, err := e.API.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return "", err
	}
	defer attached.Close()
	defer context.AfterFunc(ctx, attached.Close)()
	var out, problems bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &problems, attached.Reader); err != nil {
		return "", err
	}
	ended, err := e.API.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
	if err != nil {
		return "", err
	}
	if ended.ExitCode != 0 {
		return "", fmt.Errorf("exit code %d: %s", ended.ExitCode, bytes.TrimSpace(problems.Bytes()))
	}
	return out.String(), nil
}

// differs is the error of an answer that is not the one that was expected.
func differs(what string, got, want any) error {
	return fmt.Errorf("%s: got %q, want %q", what, got, want)
}
