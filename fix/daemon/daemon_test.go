package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkhead/inspect"
	"bulkhead/inspect/check"
	enginedaemon "bulkhead/inspect/engine/daemon"
	"bulkhead/inspect/engine/proc"
)

func choose(t testing.TB, names ...string) []Setting {
	t.Helper()
	settings, err := Choose(names...)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func TestEdit(t *testing.T) {
	for _, tt := range []struct {
		name, before, driver string
		settings             []string
		want                 string
	}{
		{"no file", "", "", []string{"icc"}, "{\n  \"icc\": false\n}\n"},
		{"blank", " \n", "", []string{"icc"}, "{\n  \"icc\": false\n}\n"},
		{"empty object", "{}", "", []string{"icc", "live-restore"}, "{\n  \"icc\": false,\n  \"live-restore\": true\n}"},
		{"keys, order and layout stay", "{\n    \"data-root\" : \"/srv\",\n\n    \"dns\": [\"192.0.2.1\",\n      \"192.0.2.2\"]\n}\n", "", []string{"icc"},
			"{\n    \"data-root\" : \"/srv\",\n\n    \"dns\": [\"192.0.2.1\",\n      \"192.0.2.2\"],\n    \"icc\": false\n}\n"},
		{"a value is replaced where it stands", "{\n\t\"icc\": true,\n\t\"debug\": false\n}", "", []string{"icc"}, "{\n\t\"icc\": false,\n\t\"debug\": false\n}"},
		{"one line", `{"debug":true}`, "", []string{"icc", "log-bounds"}, `{"debug":true, "icc": false, "log-opts": {"max-size": "10m", "max-file": "3"}}`},
		{"line ends of Windows and a byte order mark", "\xef\xbb\xbf{\r\n  \"debug\": true\r\n}\r\n", "", []string{"log-bounds"},
			"\xef\xbb\xbf{\r\n  \"debug\": true,\r\n  \"log-opts\": {\r\n    \"max-size\": \"10m\",\r\n    \"max-file\": \"3\"\r\n  }\r\n}\r\n"},
		{"bounds of one's own stay", "{\n  \"log-opts\": {\n    \"max-size\": \"1g\"\n  }\n}\n", "", []string{"log-bounds"},
			"{\n  \"log-opts\": {\n    \"max-size\": \"1g\",\n    \"max-file\": \"3\"\n  }\n}\n"},
		{"on one line inside", "{\n  \"log-opts\": {\"labels\": \"a\"}\n}\n", "json-file", []string{"log-bounds"},
			"{\n  \"log-opts\": {\"labels\": \"a\", \"max-size\": \"10m\", \"max-file\": \"3\"}\n}\n"},
		{"empty inside", "{\n  \"log-opts\": {}\n}\n", "", []string{"log-bounds"},
			"{\n  \"log-opts\": {\n    \"max-size\": \"10m\",\n    \"max-file\": \"3\"\n  }\n}\n"},
		{"ulimits", "{\n  \"default-ulimits\": {\n    \"nofile\": {\"Name\": \"nofile\", \"Soft\": 1, \"Hard\": 2}\n  }\n}\n", "", []string{"default-ulimits"},
			"{\n  \"default-ulimits\": {\n    \"nofile\": {\"Name\": \"nofile\", \"Soft\": 1, \"Hard\": 2},\n    \"nproc\": {\n      \"Name\": \"nproc\",\n      \"Soft\": 4096,\n      \"Hard\": 8192\n    }\n  }\n}\n"},
		{"another driver, by the file", "{\"log-driver\": \"journald\"}", "json-file", []string{"log-bounds"}, "{\"log-driver\": \"journald\"}"},
		{"another driver, by the engine", "{}", "syslog", []string{"log-bounds"}, "{}"},
		{"mapped already", `{"userns-remap": "ann"}`, "", []string{"userns-remap"}, `{"userns-remap": "ann"}`},
		{"set already", "{ \"icc\":false }", "", []string{"icc"}, "{ \"icc\":false }"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Edit([]byte(tt.before), tt.driver, choose(t, tt.settings...)...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got.Content)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEditRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ before, want string }{
		"not JSON":        {"{\n  \"a\": 1,\n}", "line 3"},
		"a comment":       {"{\n  // no\n}", "line 2"},
		"a list":          {"[]", "not a JSON object"},
		"null":            {"null", "not a JSON object"},
		"two objects":     {"{}\n{}", "something follows"},
		"a key twice":     {`{"icc": true, "icc": false}`, `"icc" stands there twice`},
		"a key in it so":  {`{"log-opts": {"a": "1", "a": "2"}}`, "twice"},
		"hostile content": {"{\"a\x1b\": 1, \"a\x1b\": 2}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Edit([]byte(tt.before), "", choose(t)...)
			var refused *RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want) || refused.Hint() == "" {
				t.Fatalf("%v, want %q", err, tt.want)
			}
			if inspect.Printable(err.Error()) != err.Error() {
				t.Errorf("%q is not printable", err)
			}
		})
	}
}

// TestWhatIsSetClosesItsCheck reads the file back as an audit does.
func TestWhatIsSetClosesItsCheck(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(dir, "etc", "docker"), 0o755))
	must(os.MkdirAll(filepath.Join(dir, "7"), 0o755))
	for name, text := range map[string]string{"comm": "dockerd\n", "cgroup": "0::/docker.service\n", "cmdline": "/usr/bin/dockerd\x00"} {
		must(os.WriteFile(filepath.Join(dir, "7", name), []byte(text), 0o644))
	}
	states := func(content []byte) map[string]inspect.State {
		must(os.WriteFile(filepath.Join(dir, "etc", "docker", "daemon.json"), content, 0o644))
		d := enginedaemon.Read(t.Context(), enginedaemon.Place{Proc: proc.Root(dir), Etc: filepath.Join(dir, "etc"), Socket: "/run/x.sock"})
		out := map[string]inspect.State{}
		for _, c := range check.Engine(inspect.Host{Version: "29.0", LogDriver: "json-file", Daemon: &d}).Checks {
			out[c.Check] = c.State
		}
		return out
	}
	before := []byte("{\n  \"icc\": true\n}\n")
	edited, err := Edit(before, "json-file", choose(t)...)
	must(err)
	was, is := states(before), states(edited.Content)
	for _, s := range choose(t) {
		if was[s.Check] == inspect.Closed || is[s.Check] != inspect.Closed {
			t.Errorf("%s: %s is %s before and %s after", s.Name, s.Check, was[s.Check], is[s.Check])
		}
	}
}

func TestSettingsTellWhatTheyMayBreak(t *testing.T) {
	edited, err := Edit(nil, "", append(choose(t), choose(t, "userns-remap")...)...)
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(edited.Notes, "\n")
	for _, s := range Settings() {
		if s.MayBreak() == "" || !strings.Contains(notes, s.MayBreak()) || !strings.Contains(notes, s.Check) {
			t.Errorf("nothing says what %s may break: %s", s.Name, notes)
		}
	}
	if !strings.Contains(notes, "dockerd --validate") || !strings.Contains(notes, "23.0") {
		t.Errorf("nothing says how to check the file: %s", notes)
	}
	if _, err := Choose("teleport"); err == nil {
		t.Error("a setting that is none was chosen")
	}
	if slices.ContainsFunc(choose(t), func(s Setting) bool { return s.Name == "userns-remap" }) {
		t.Error("userns-remap is chosen without being asked for")
	}
}

// FuzzEdit holds that an edit of any object sets what was asked, changes nothing
// else, and changes nothing the second time.
func FuzzEdit(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"icc":true}`, "{\n\t\"a\": {\"b\": [1, {\"icc\": true}]}\n}\n", `{"log-opts":{}}`, `{"log-opts":null,"default-ulimits":7}`, "{\"é\": \"}{\"\r\n}", `{"userns-remap":""}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, before []byte) {
		settings := append(choose(t), choose(t, "userns-remap")...)
		edited, err := Edit(before, "", settings...)
		if err != nil {
			return
		}
		var after map[string]json.RawMessage
		if err := json.Unmarshal(bytes.TrimPrefix(edited.Content, bom), &after); err != nil {
			t.Fatalf("%q became %q: %v", before, edited.Content, err)
		}
		for _, key := range []string{"icc", "userland-proxy"} {
			if string(after[key]) != "false" {
				t.Errorf("%s is %s in %q", key, after[key], edited.Content)
			}
		}
		again, err := Edit(edited.Content, "", settings...)
		if err != nil || !bytes.Equal(again.Content, edited.Content) || len(again.Made) > 0 {
			t.Errorf("the second edit makes %q of %q (%v)", again.Content, edited.Content, err)
		}
	})
}
