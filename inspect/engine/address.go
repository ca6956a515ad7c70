package engine

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"bulkhead/inspect"

	"github.com/docker/cli/cli/config"
	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/moby/moby/client"
)

// defaultContext is the name Docker gives to "no context at all".
const defaultContext = "default"

// address is where an engine is, and with which certificates to go there.
type address struct {
	docker.Endpoint
	// Context is the name of the docker context it came from.
	Context string
	// From says in words what chose it: "--host", "DOCKER_HOST".
	From string
}

// String is the address as it may be shown.
func (a address) String() string { return inspect.Printable(a.Host) }

func (a address) scheme() string {
	scheme, _, _ := strings.Cut(a.Host, "://")
	return scheme
}

// socket is the path of a unix socket.
func (a address) socket() string {
	_, path, _ := strings.Cut(a.Host, "://")
	return inspect.Printable(path)
}

// sshTarget is what a person types after ssh.
func (a address) sshTarget() string {
	u, err := url.Parse(a.Host)
	if err != nil {
		return a.String()
	}
	target := u.Hostname()
	if u.User != nil {
		target = u.User.Username() + "@" + target
	}
	if u.Port() != "" {
		target = "-p " + u.Port() + " " + target
	}
	return inspect.Printable(target)
}

// patience is how long the first answer may take.
func (a address) patience() time.Duration {
	if a.scheme() == "ssh" {
		return time.Minute
	}
	return 10 * time.Second
}

// dial tries the transport alone and hangs up.
func (a address) dial() error {
	network, where := a.scheme(), ""
	switch network {
	case "unix":
		_, where, _ = strings.Cut(a.Host, "://")
	case "tcp", "http", "https":
		u, err := url.Parse(a.Host)
		if err != nil {
			return err
		}
		network, where = "tcp", u.Host
	default:
		return nil
	}
	conn, err := net.DialTimeout(network, where, 5*time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}

// resolve finds the engine that is meant, by the rules of the docker command:
// --host or --context, DOCKER_HOST, DOCKER_CONTEXT, the current context of
// config.json, the default socket (docker/cli, cli/command/cli.go,
// resolveContextName).
func resolve(o Options) (address, error) {
	if o.Host != "" && o.Context != "" {
		return address{}, &UsageError{"--host and --context exclude each other: use one of them."}
	}
	if o.Host != "" {
		return fromHost(o.Host, "--host", o.Getenv)
	}
	if o.Context != "" {
		return fromContext(o.Context, "--context", o.Getenv)
	}
	if host := o.Getenv("DOCKER_HOST"); host != "" {
		return fromHost(host, "DOCKER_HOST", o.Getenv)
	}
	if name := o.Getenv("DOCKER_CONTEXT"); name != "" {
		return fromContext(name, "DOCKER_CONTEXT", o.Getenv)
	}
	dir := configDir(o.Getenv)
	file, err := config.Load(dir)
	if err != nil {
		return address{}, &ConnectError{
			What: fmt.Sprintf("Docker's configuration cannot be read: %s.", oneLine(err)),
			Next: "Mend the file, or name the engine with --host or --context.",
			Err:  err,
		}
	}
	if file.CurrentContext != "" {
		return fromContext(file.CurrentContext, "currentContext in "+inspect.Printable(filepath.Join(dir, config.ConfigFileName)), o.Getenv)
	}
	return fromHost(client.DefaultDockerHost, "the default", o.Getenv)
}

// fromHost is an address that was given as such.
func fromHost(host, from string, getenv func(string) string) (address, error) {
	host = strings.TrimSpace(host)
	at := address{Context: defaultContext, From: from}
	if !strings.Contains(host, "://") {
		host = "tcp://" + host
	}
	at.Host = host
	switch at.scheme() {
	case "unix", "npipe", "tcp", "http", "https", "ssh":
	default:
		return at, &ConnectError{
			What: fmt.Sprintf("The engine address %q (%s) cannot be used: bulkhead knows unix, npipe, tcp and ssh.", at, from),
			Next: "Write it as unix:///var/run/docker.sock, tcp://HOST:2376 or ssh://USER@HOST.",
		}
	}
	return at, at.tlsFromEnv(getenv)
}

// tlsFromEnv reads DOCKER_CERT_PATH and DOCKER_TLS_VERIFY, which the docker
// command honours for an address that does not come from a context.
func (a *address) tlsFromEnv(getenv func(string) string) error {
	verify := getenv("DOCKER_TLS_VERIFY") != ""
	if a.scheme() != "tcp" && a.scheme() != "https" || !verify && getenv("DOCKER_TLS") == "" {
		return nil
	}
	dir := getenv("DOCKER_CERT_PATH")
	if dir == "" {
		dir = configDir(getenv)
	}
	data, err := dockercontext.TLSDataFromFiles(
		filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		return &ConnectError{
			What: fmt.Sprintf("The certificates for the engine at %s cannot be read: %s.", a, oneLine(err)),
			Next: "Set DOCKER_CERT_PATH to a directory with ca.pem, cert.pem and key.pem that you may read.",
			Err:  err,
		}
	}
	a.TLSData, a.SkipTLSVerify = data, !verify
	return nil
}

// fromContext is an address that a docker context names.
func fromContext(name, from string, getenv func(string) string) (address, error) {
	if name == defaultContext {
		if host := getenv("DOCKER_HOST"); host != "" {
			return fromHost(host, "DOCKER_HOST", getenv)
		}
		return fromHost(client.DefaultDockerHost, "the default context", getenv)
	}
	contexts := store.New(filepath.Join(configDir(getenv), "contexts"), store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(docker.DockerEndpoint, func() any { return &docker.EndpointMeta{} }),
	))
	meta, err := contexts.GetMetadata(name)
	if err != nil {
		return address{}, unknownContext(name, from, contexts, err)
	}
	endpoint, err := docker.EndpointFromContext(meta)
	if err == nil {
		var full docker.Endpoint
		if full, err = docker.WithTLSData(contexts, name, endpoint); err == nil {
			if full.Host == "" {
				full.Host = client.DefaultDockerHost
			}
			return address{Endpoint: full, Context: name, From: from}, nil
		}
	}
	return address{}, &ConnectError{
		What: fmt.Sprintf("The docker context %q cannot be used: %s.", inspect.Printable(name), oneLine(err)),
		Next: fmt.Sprintf("Look at it with `docker context inspect %s`, or choose another with --context.", inspect.Printable(name)),
		Err:  err,
	}
}

// unknownContext names the contexts that may have been meant.
func unknownContext(name, from string, contexts store.Lister, err error) error {
	e := &ConnectError{
		What: fmt.Sprintf("There is no docker context %q (%s).", inspect.Printable(name), from),
		Next: "`docker context ls` lists the contexts.",
		Err:  err,
	}
	names, listErr := store.Names(contexts)
	if listErr != nil {
		return e
	}
	if near := inspect.Near(name, append(names, defaultContext)); len(near) > 0 {
		e.Next = fmt.Sprintf("Did you mean %s? %s", quoted(near), e.Next)
	}
	return e
}

// configDir is the directory of Docker's own configuration.
func configDir(getenv func(string) string) string {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home := getenv("HOME")
	if home == "" {
		home = getenv("USERPROFILE")
	}
	if home == "" {
		return config.Dir()
	}
	return filepath.Join(home, ".docker")
}

// clientOptions are the options of a client for the address. The API version
// is negotiated unless DOCKER_API_VERSION fixes it.
func (a address) clientOptions(getenv func(string) string) ([]client.Opt, error) {
	opts, err := a.ClientOpts()
	if err != nil {
		return nil, &ConnectError{
			What: fmt.Sprintf("The engine address %q (%s) cannot be used: %s.", a, a.From, oneLine(err)),
			Next: addressHint(a),
			Err:  err,
		}
	}
	return append(opts, client.WithUserAgent("bulkhead"), client.WithAPIVersion(getenv("DOCKER_API_VERSION"))), nil
}

// quoted joins names for a sentence.
func quoted(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, fmt.Sprintf("%q", inspect.Printable(n)))
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + " or " + out[len(out)-1]
}
