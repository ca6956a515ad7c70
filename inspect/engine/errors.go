package engine

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"bulkhead/inspect"

	"github.com/moby/moby/client/pkg/versions"
)

// oldestAPI is the lowest API version bulkhead speaks: Docker Engine 20.10.
const oldestAPI = "1.41"

// UsageError says that the caller's options contradict each other.
type UsageError struct{ Text string }

// Error is the sentence.
func (e *UsageError) Error() string { return e.Text }

// ConnectError says why there is no connection to an engine, and what to do.
type ConnectError struct {
	// What is one printable sentence about what happened, Next the next step.
	What string
	Next string
	// Err is the error beneath, nil where the sentence says it all.
	Err error
}

// Error is what happened, without the hint.
func (e *ConnectError) Error() string { return e.What }

// Hint is the next step.
func (e *ConnectError) Hint() string { return e.Next }

// Unwrap returns the error beneath.
func (e *ConnectError) Unwrap() error { return e.Err }

// checkAge refuses an engine that speaks only versions from before 20.10.
func checkAge(at address, version string) error {
	if version == "" || !versions.LessThan(version, oldestAPI) {
		return nil
	}
	return &ConnectError{
		What: fmt.Sprintf("The engine at %s is too old: it speaks API %s, bulkhead needs %s.",
			at, inspect.Printable(version), oldestAPI),
		Next: "Update it to Docker Engine 20.10 or newer.",
	}
}

// silent is the error for an engine that did not answer in time.
func silent(at address, timeout time.Duration) error {
	return &ConnectError{
		What: fmt.Sprintf("The engine at %s did not answer within %s.", at, timeout),
		Next: addressHint(at) + " If the engine runs, it may be stuck: look at its log.",
	}
}

// diagnose turns what the client said into a sentence and a next step. The
// client rewords the kernel's errors, so a failed dial is asked for again here.
func diagnose(at address, err error) error {
	if at.scheme() == "ssh" {
		return &ConnectError{
			What: fmt.Sprintf("The engine at %s cannot be reached over ssh: %s.", at, oneLine(err)),
			Next: fmt.Sprintf("Try `ssh %s docker version`; it must work without a question.", at.sshTarget()),
			Err:  err,
		}
	}
	if dialErr := at.dial(); dialErr != nil {
		return explainDial(at, dialErr)
	}
	if e := explainTLS(at, err); e != nil {
		return e
	}
	return &ConnectError{
		What: fmt.Sprintf("What answers at %s is not a Docker Engine that bulkhead can talk to: %s.", at, oneLine(err)),
		Next: "If a filtering proxy stands before the engine, allow GET on /_ping, /version, /info and /containers. " + addressHint(at),
		Err:  err,
	}
}

// explainDial says why no connection came about.
func explainDial(at address, err error) error {
	e := &ConnectError{Err: err}
	var dns *net.DNSError
	switch {
	case errors.Is(err, fs.ErrPermission):
		e.What = fmt.Sprintf("You may not use the engine's socket %s%s.", at.socket(), socketOwner(at.socket()))
		e.Next = permissionHint(at.socket())
	case errors.Is(err, fs.ErrNotExist):
		e.What = fmt.Sprintf("There is no engine at %s: the socket does not exist.", at)
		e.Next = startHint(at)
	case errors.Is(err, syscall.ECONNREFUSED):
		e.What = fmt.Sprintf("There is no engine at %s: nothing listens there.", at)
		e.Next = startHint(at)
	case errors.As(err, &dns):
		e.What = fmt.Sprintf("The engine at %s cannot be reached: the name %q is not known.", at, dns.Name)
		e.Next = addressHint(at)
	default:
		e.What = fmt.Sprintf("The engine at %s cannot be reached: %s.", at, oneLine(err))
		e.Next = addressHint(at)
	}
	return e
}

// explainTLS says what went wrong with the certificates, or nil.
func explainTLS(at address, err error) error {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		text     = err.Error()
	)
	e := &ConnectError{Err: err}
	switch {
	case errors.As(err, &unknown):
		e.What = fmt.Sprintf("TLS with the engine at %s was refused: its certificate is signed by an authority that is not trusted.", at)
		e.Next = "Put the authority's ca.pem into DOCKER_CERT_PATH, or into the docker context; do not switch verification off."
	case errors.As(err, &hostname):
		e.What = fmt.Sprintf("TLS with the engine at %s was refused: its certificate is for another name.", at)
		e.Next = "Use the name that the certificate holds, or issue one that holds this name."
	case errors.As(err, &invalid):
		e.What = fmt.Sprintf("TLS with the engine at %s was refused: its certificate is not valid: %s.", at, oneLine(invalid))
		e.Next = "Look at the certificate's dates and use, and at this machine's clock."
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		e.What = fmt.Sprintf("TLS with the engine at %s failed: it does not speak TLS.", at)
		e.Next = "Without TLS everyone who reaches the port is root there: let the engine use TLS, or connect with ssh://."
	case strings.Contains(text, "HTTP request to an HTTPS server"), strings.Contains(text, "malformed HTTP response"):
		e.What = fmt.Sprintf("The engine at %s speaks TLS, and no certificates were given.", at)
		e.Next = "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to the directory with ca.pem, cert.pem and key.pem, or use a docker context."
	case strings.Contains(text, "remote error: tls:"):
		e.What = fmt.Sprintf("The engine at %s refused the client's certificate.", at)
		e.Next = "Use a cert.pem and key.pem signed by the authority that the engine trusts (DOCKER_CERT_PATH, or the docker context)."
	default:
		return nil
	}
	return e
}

// oneLine makes a foreign error fit into a sentence.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	return strings.TrimRight(inspect.Truncate(inspect.Printable(text), 300), ".")
}
