package probe

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recordings are what real servers said, by the name of the file
// (testdata/recorded/README.md).
func recordings(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/recorded/*.bin")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string][]byte{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		said[strings.TrimSuffix(filepath.Base(name), ".bin")] = data
	}
	return said
}

// spokeFirst are those whose greeting has a parser of its own as well.
var spokeFirst = map[string]bool{"mariadb": true, "grpc-go": true, "grpc-go-without": true}

func TestParseWhatRealServersSaid(t *testing.T) {
	want := map[string]string{
		"bind9": "dns: NOERROR", "caddy": "http: HTTP/1.0 200 OK, text/html", "haproxy": "http: HTTP/1.1 200 OK, text/plain",
		"httpd": "http: HTTP/1.1 200 OK, text/html", "mariadb": "mysql: error 1130", "memcached": "memcached: VERSION 1.6.18",
		"mosquitto": "mqtt: CONNACK 0", "nginx": "http: HTTP/1.1 200 OK, text/html",
		"php-fpm": "fastcgi: GET_VALUES_RESULT FCGI_MPXS_CONNS=0", "postgres": "postgres: authentication SASL",
		"grpc-go": "http2: HTTP/2, gRPC health SERVING", "grpc-go-without": "http2: HTTP/2",
		"redis": "redis: +PONG", "sshd": "greeting: ssh SSH 2.0-OpenSSH_9.2p1 #",
		"exim": "greeting: smtp 220 # ESMTP Exim 4.96 # # # # # #", "proftpd": "greeting: ftp 220 ProFTPD Server (Debian) #",
		"dovecot-imap": "greeting: imap * OK [CAPABILITY # SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ LOGINDISABLED] Dovecot (Debian) ready.",
		"dovecot-pop3": "greeting: pop3 +OK Dovecot (Debian) ready.", "rabbitmq": "amqp: Connection.Start 0-9",
	}
	got := map[string]string{}
	for server, said := range recordings(t) {
		for name, parse := range parsers {
			line, err := parse(bufio.NewReader(bytes.NewReader(said)))
			greeting := strings.HasPrefix(name, "greeting")
			if err != nil || greeting && spokeFirst[server] || greeting && strings.Contains(got[server], line) {
				continue
			}
			if greeting {
				name = "greeting"
			}
			if got[server] != "" {
				t.Errorf("%s is taken for %s and for %s", server, got[server], name)
			}
			got[server] = name + ": " + line
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
