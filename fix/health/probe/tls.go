package probe

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
)

// inTLS are the protocols that speak inside TLS on their usual ports (IANA);
// anywhere else it is HTTP. "" is one where the server speaks first.
var inTLS = map[uint16]string{465: "", 990: "", 993: "", 995: "", 853: "dns", 5671: "amqp", 8883: "mqtt"}

// askTLS shakes hands, trusts nothing and refuses nothing, and asks inside. The
// certificate's fingerprint and times are left out: many a service makes itself
// a certificate at its first start.
func askTLS(conn net.Conn, in *bufio.Reader) (string, error) {
	port := remotePort(conn)
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	inside, usual := inTLS[port]
	if !usual {
		inside = "http"
		config.NextProtos = []string{"http/1.1"}
	}
	secure := tls.Client(heardBy{conn, in}, config)
	if err := secure.Handshake(); err != nil {
		return refusedHandshake(err)
	}
	state := secure.ConnectionState()
	line := tls.VersionName(state.Version) + certificate(state.PeerCertificates)
	if state.NegotiatedProtocol != "" {
		line += ", " + state.NegotiatedProtocol
	}
	if said := askInside(secure, inside, port); said != "" {
		line += "; " + said
	}
	return line, nil
}

// askInside returns what is said inside the connection, "" where that is not
// understood.
func askInside(secure *tls.Conn, protocol string, port uint16) string {
	in := bufio.NewReader(secure)
	if q, ok := questionInside(protocol); ok {
		line, err := q(secure, in)
		if err != nil {
			return ""
		}
		return line
	}
	_, line, err := parseGreeting(in, port)
	if err != nil {
		return ""
	}
	return line
}

// questionInside are the questions that are asked inside TLS.
func questionInside(protocol string) (func(net.Conn, *bufio.Reader) (string, error), bool) {
	switch protocol {
	case "http":
		return exchange(httpRequest, parseHTTP), true
	case "dns":
		return exchange(overTCP(dnsQuery), parseDNSOverTCP), true
	case "amqp":
		return exchange(amqpHeader, parseAMQP), true
	case "mqtt":
		return exchange(mqttConnect, parseMQTT), true
	}
	return nil, false
}

// refusedHandshake says that the server speaks TLS where it sent an alert.
func refusedHandshake(err error) (string, error) {
	var alert *net.OpError
	if errors.As(err, &alert) && alert.Op == "remote error" {
		return "handshake refused: " + alert.Err.Error(), nil
	}
	return "", err
}

// certificate says whose the first certificate is and who vouches for it.
func certificate(chain []*x509.Certificate) string {
	if len(chain) == 0 {
		return ""
	}
	subject, issuer := steady(chain[0].Subject.String()), steady(chain[0].Issuer.String())
	if subject == issuer {
		issuer = "itself"
	}
	return fmt.Sprintf(", certificate of %s by %s", subject, issuer)
}

func remotePort(conn net.Conn) uint16 {
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Port()
	}
	return 0
}

// heardBy is a connection that is read through a reader.
type heardBy struct {
	net.Conn
	in *bufio.Reader
}

func (h heardBy) Read(p []byte) (int, error) { return h.in.Read(p) }
