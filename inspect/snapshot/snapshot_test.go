package snapshot

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bulkhead/inspect"

	"github.com/google/go-cmp/cmp"
)

func sample() Snapshot {
	yes := true
	return Snapshot{
		Taken: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Host: inspect.Host{Endpoint: "ssh://user@host", Version: "20.10.24", Daemon: &inspect.Daemon{ICC: &yes, Unread: []string{"x."}},
			DetectionUnknown: "remote"},
		Workloads: []inspect.Workload{
			{
				Name: "shop/web", Project: "shop", Service: "web", ID: "ab", Image: "nginx:1", State: inspect.Running,
				Files: []string{"/c.yaml"},
				Settings: inspect.Settings{
					User: "app", CapDrop: []string{"ALL"}, Env: []string{"DB_PASSWORD"},
					Mounts: []inspect.Mount{
						{Type: inspect.BindMount, Source: "/a", Target: "/a", Setting: "volumes.0"},
						{Type: inspect.VolumeMount, Target: "/b"},
						{Type: inspect.VolumeMount, Target: "/c", Setting: "volumes.1"},
					},
					Ports:   []inspect.Port{{Container: 80, Protocol: "tcp"}, {Container: 81, Protocol: "tcp", Setting: "ports.0"}},
					Sysctls: map[string]string{"net.core.somaxconn": "1"},
				},
				LabelNames: []string{"api_token"}, SecretLabels: []string{"api_token"},
				Declared:   inspect.Declared{Exercises: []string{"curl web"}, Reload: "HUP"},
				ImageFacts: &inspect.ImageFacts{User: "app", Tags: []string{"nginx:1"}},
				Processes: []inspect.Process{{PID: 4, Command: "nginx", UID: 1, HostUID: 100001, Effective: inspect.DefaultCaps,
					Bounding: inspect.AllCaps | 1<<45, NoNewPrivileges: true, Seccomp: 2, Label: "docker-default", Executed: true}},
				Sources:    inspect.Sources{"": {Origin: inspect.FromCompose, File: "/c.yaml", Line: 2, Column: 3}},
				Unresolved: map[string]string{"user": "${X} is not set"},
			},
			{Name: "gone\x1b[2J", State: inspect.Exited, ProcessesUnknown: "it is not running"},
		},
		Problems: []string{"x could not be inspected."},
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host.json")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, sample()); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("%d files were left beside it", len(entries)-1)
	}
}

func TestASnapshotIsNeverOfThisMachine(t *testing.T) {
	s := sample()
	s.Host.Local, s.Host.Endpoint = true, "ssh://user:hunter22@host:22"
	var text bytes.Buffer
	if err := Encode(&text, s); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String(), "hunter22") {
		t.Error("the address keeps its password")
	}
	got, err := Decode(&text)
	if err != nil || got.Host.Local || got.Host.Endpoint != "ssh://user@host:22" {
		t.Errorf("%+v, %v", got.Host, err)
	}
}

func TestWhatIsNoSnapshotIsRefused(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "line 1 is not JSON"},
		{"cut short", "{\n\"kind\": \"bulkhead snapshot\",\n", "line 2 is not JSON"},
		{"another shape", `{"schemaVersion": 1, "workloads": []}`, "it is JSON, but no snapshot"},
		{"a list", "[]", "line 1 holds the wrong kind of value (array"},
		{"newer", `{"schemaVersion": 2, "kind": "bulkhead snapshot"}`, "its schema version is 2"},
		{"wrong kinds", "{\"schemaVersion\": 1, \"kind\": \"bulkhead snapshot\",\n\"workloads\": [{\"name\": 5}]}", "line 2 holds the wrong kind of value (number"},
		{"an unknown capability", `{"schemaVersion": 1, "kind": "bulkhead snapshot", "workloads": [{"processes": [{"capEff": ["CAP_99"]}]}]}`, "unknown capability"},
		{"more behind it", `{"schemaVersion": 1, "kind": "bulkhead snapshot"} {}`, "is not JSON"},
		{"hostile", "\x1b[2J", "is not JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(dir, strings.ReplaceAll(tt.name, " ", "-")+".json")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Read(path)
			var format *FormatError
			if !errors.As(err, &format) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("the error is %v", err)
			}
			if err != nil && strings.ContainsRune(err.Error(), 0x1b) {
				t.Errorf("a control sequence got through: %q", err)
			}
		})
	}
	if _, err := Read(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	var format *FormatError
	if _, err := Read(dir); !errors.As(err, &format) {
		t.Errorf("a directory gives %v", err)
	}
}

// endless is a file without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestReadingIsBounded(t *testing.T) {
	if _, err := Decode(endless{}); err == nil || !strings.Contains(err.Error(), "larger than 64 MB") {
		t.Errorf("the error is %v", err)
	}
}

func TestAFailedWriteLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "d")
	if err := os.MkdirAll(filepath.Join(path, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, sample()); err == nil {
		t.Error("a directory was replaced")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files were left", len(entries)-1)
	}
}

func FuzzDecode(f *testing.F) {
	var text bytes.Buffer
	if err := Encode(&text, sample()); err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes())
	f.Add([]byte(`{"schemaVersion": 1, "kind": "bulkhead snapshot", "workloads": [{"mountSettings": ["a","b"]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode(bytes.NewReader(data))
		if err != nil {
			if strings.ContainsRune(err.Error(), 0x1b) {
				t.Errorf("a control sequence got through: %q", err)
			}
			return
		}
		var first, second bytes.Buffer
		if err := Encode(&first, s); err != nil {
			// A year beyond 9999 is read and cannot be written.
			return
		}
		again, err := Decode(bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if err := Encode(&second, again); err != nil || first.String() != second.String() {
			t.Errorf("written again it is another: %v\n%s\n%s", err, first.String(), second.String())
		}
	})
}
