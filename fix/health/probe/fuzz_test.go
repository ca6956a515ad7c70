package probe

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

// parsers read the bytes of a server that may be hostile.
var parsers = map[string]func(*bufio.Reader) (string, error){
	"http": parseHTTP, "redis": parseRedis, "memcached": parseMemcached, "mqtt": parseMQTT, "amqp": parseAMQP,
	"fastcgi": parseFastCGI, "postgres": parsePostgres, "dns": parseDNSOverTCP, "http2": parseHTTP2, "mysql": parseMySQL,
	"greeting": greetingOn(25), "greeting on 110": greetingOn(110),
}

func greetingOn(port uint16) func(*bufio.Reader) (string, error) {
	return func(in *bufio.Reader) (string, error) {
		name, line, err := parseGreeting(in, port)
		if err != nil {
			return "", err
		}
		return name + " " + line, nil
	}
}

// fuzz gives a parser the bytes twice: it must end, say the same both times,
// and say something only with no error.
func fuzz(f *testing.F, name string) {
	for _, said := range recordings(f) {
		f.Add(said)
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		parse := parsers[name]
		line, err := parse(bufio.NewReader(bytes.NewReader(said)))
		again, _ := parse(bufio.NewReader(bytes.NewReader(said)))
		if line != again {
			t.Errorf("%q, then %q", line, again)
		}
		if err != nil && line != "" {
			t.Errorf("%q with error %v", line, err)
		}
	})
}

func FuzzHTTP(f *testing.F)      { fuzz(f, "http") }
func FuzzRedis(f *testing.F)     { fuzz(f, "redis") }
func FuzzMemcached(f *testing.F) { fuzz(f, "memcached") }
func FuzzMQTT(f *testing.F)      { fuzz(f, "mqtt") }
func FuzzAMQP(f *testing.F)      { fuzz(f, "amqp") }
func FuzzFastCGI(f *testing.F)   { fuzz(f, "fastcgi") }
func FuzzPostgres(f *testing.F)  { fuzz(f, "postgres") }
func FuzzDNS(f *testing.F)       { fuzz(f, "dns") }
func FuzzHTTP2(f *testing.F)     { fuzz(f, "http2") }
func FuzzMySQL(f *testing.F)     { fuzz(f, "mysql") }
func FuzzGreeting(f *testing.F)  { fuzz(f, "greeting") }

func FuzzParseStatus(f *testing.F) {
	f.Add(status)
	f.Add(strings.ReplaceAll(status, "S (sleeping)", "Z (zombie)"))
	f.Fuzz(func(t *testing.T, text string) {
		i, ok := parseStatus(text)
		if ok != i.Powers.Known || strings.ContainsAny(i.Command, "\x1b\n") {
			t.Errorf("%+v, %v", i, ok)
		}
	})
}
