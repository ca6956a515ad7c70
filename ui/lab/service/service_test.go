package service

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNames(t *testing.T) {
	if diff := cmp.Diff([]string{"admin", "ping", "store", "web"}, Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"agent", "service", "web", "worker"}, Command("web", "worker")); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
}

func TestUnknown(t *testing.T) {
	for _, args := range [][]string{{"mail"}, {"web", "worker", "x"}, {"store", "x"}, {"ping", "a", "b"}, {"admin", "x"}} {
		var out, errw bytes.Buffer
		if code := Main(args[0], args[1:], &out, &errw); code != 2 || errw.Len() == 0 || out.Len() > 0 {
			t.Errorf("%v: exits %d and says %q, %q", args, code, out.String(), errw.String())
		}
	}
	var errw bytes.Buffer
	Main("mail", nil, nil, &errw)
	if want := `no service "mail"; there are admin, ping, store, web`; strings.TrimSpace(errw.String()) != want {
		t.Errorf("it says %q, want %q", errw.String(), want)
	}
}
