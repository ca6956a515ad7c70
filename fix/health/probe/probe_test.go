package probe

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var compareAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// The tables are as proc(5) describes them, with a line for each kind of socket
// that matters: bound, connected, and the engine's own name server.
func TestListeners(t *testing.T) {
	got, err := Listeners("testdata/net")
	if err != nil {
		t.Fatal(err)
	}
	want := []Listener{
		{"tcp", netip.MustParseAddr("0.0.0.0"), 80},
		{"tcp", netip.MustParseAddr("::"), 80},
		{"tcp", netip.MustParseAddr("127.0.0.1"), 6379},
		{"udp", netip.MustParseAddr("0.0.0.0"), 53},
	}
	if diff := cmp.Diff(want, got, compareAddr); diff != "" {
		t.Error(diff)
	}
}

func TestListenersWithoutTables(t *testing.T) {
	got, err := Listeners(t.TempDir())
	if err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func FuzzParseTable(f *testing.F) {
	tables, _ := filepath.Glob("testdata/net/*")
	for _, name := range tables {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, table string) {
		found, err := parseTable(strings.NewReader(table), "tcp", "0A")
		if err != nil {
			return
		}
		for _, l := range found {
			if !l.Address.IsValid() || l.Port == 0 {
				t.Errorf("%+v", l)
			}
		}
	})
}

func TestOnePerPort(t *testing.T) {
	any4, local := netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("127.0.0.1")
	got := onePerPort([]Listener{{"tcp", local, 80}, {"tcp", any4, 80}, {"udp", any4, 80}, {"tcp", local, 81}})
	want := []Listener{{"tcp", any4, 80}, {"udp", any4, 80}, {"tcp", local, 81}}
	if diff := cmp.Diff(want, got, compareAddr); diff != "" {
		t.Error(diff)
	}
}

func TestServe(t *testing.T) {
	var out bytes.Buffer
	in := strings.NewReader(`{"timeout":1000000}` + "\n" + `{"timeout":1000000}`)
	if err := Serve(t.Context(), in, &out, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	reports := json.NewDecoder(&out)
	for range 2 {
		var r Report
		if err := reports.Decode(&r); err != nil || r.Error != "" || len(r.Answers) != 0 {
			t.Errorf("report %+v, %v", r, err)
		}
	}
	if err := Serve(t.Context(), strings.NewReader("{"), &out, t.TempDir()); err == nil {
		t.Error("a broken request is not an error")
	}
}
