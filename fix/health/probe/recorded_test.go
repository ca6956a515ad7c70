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

func TestParseWhatRealServersSaid(t *testing.T) {
	want := map[string]string{
		"bind9": "dns: NOERROR", "caddy": "http: HTTP/1.0 200 OK, text/html", "haproxy": "http: HTTP/1.1 200 OK, text/plain",
		"httpd": "http: HTTP/1.1 200 OK, text/html", "mariadb": "mysql: error 1130", "memcached": "memcached: VERSION 1.6.18",
		"mosquitto": "mqtt: CONNACK 0", "nginx": "http: HTTP/1.1 200 OK, text/html",
		"php-fpm": "fastcgi: GET_VALUES_RESULT FCGI_MPXS_CONNS=0", "postgres": "postgres: authentication SASL",
		"redis": "redis: +PONG", "sshd": "greeting: SSH 2.0-OpenSSH_9.2p1 #",
	}
	got := map[string]string{}
	for server, said := range recordings(t) {
		for name, parse := range parsers {
			line, err := parse(bufio.NewReader(bytes.NewReader(said)))
			if err != nil || name == "greeting" && server == "mariadb" {
				continue
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
