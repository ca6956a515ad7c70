package probe

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bulkhead/fix/health"
	"bulkhead/inspect"
)

// mostProcesses bounds how many processes one look reads.
const mostProcesses = 2048

// processes reads who runs in the process namespace that procDir shows, but
// for the process self and those of other containers than the one named. The
// IDs are as the reader's user namespace sees them.
// A process that ends while it is read, and one that has ended and is not yet
// waited for, is passed over.
func processes(procDir string, self int, container string) ([]health.Process, error) {
	dir, err := os.Open(procDir)
	if err != nil {
		return nil, fmt.Errorf("listing the processes: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("listing the processes: %w", err)
	}
	var found []health.Process
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == self || len(found) == mostProcesses {
			continue
		}
		dir := filepath.Join(procDir, name)
		if container != "" && ofAnother(dir, container) {
			continue
		}
		if i, ok := process(dir); ok {
			found = append(found, health.Process{PID: pid, Start: started(dir), Identity: i})
		}
	}
	return found, nil
}

// started is when a process started, in clock ticks since boot: field 22 of
// /proc/PID/stat (proc_pid_stat(5)); "" where that cannot be read.
func started(dir string) string {
	text, err := readBounded(filepath.Join(dir, "stat"))
	if err != nil {
		return ""
	}
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // from the third on
	if len(fields) < 20 {
		return ""
	}
	return fields[19]
}

// ofAnother says that the process is in the cgroup of another container than the
// one with the ID. Engines name cgroups by the whole ID (cgroups(7), runc's
// cgroupsPath); where none is named, nothing is known.
func ofAnother(dir, id string) bool {
	text, err := readBounded(filepath.Join(dir, "cgroup"))
	return err == nil && !strings.Contains(text, id) && containerID.MatchString(text)
}

var containerID = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// readBounded reads a small file.
func readBounded(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 64<<10))
	return string(text), err
}

// process reads the directory of one process.
func process(dir string) (health.Identity, bool) {
	status, err := readBounded(filepath.Join(dir, "status"))
	if err != nil {
		return health.Identity{}, false
	}
	i, ok := parseStatus(status)
	i.Powers.Root = rootOf(dir)
	return i, ok
}

// rootOf is the root directory of a process. Only the process's own user may
// read the link (PTRACE_MODE_READ, proc(5)); but everybody may read which mounts
// it sees, as paths below its root (Linux fs/proc_namespace.c,
// mounts_open_common and show_mountinfo).
func rootOf(dir string) string {
	if root, err := os.Readlink(filepath.Join(dir, "root")); err == nil {
		return inspect.Printable(root)
	}
	mounts, err := readBounded(filepath.Join(dir, "mountinfo"))
	switch {
	case err != nil:
		return ""
	case seesContainer(mounts):
		return "/"
	}
	return health.Elsewhere
}

// seesContainer says that a process that sees these mounts has the container's
// root: a root that is a mount, and below it the /proc that every runtime mounts
// there (OCI runtime specification, config-linux.md, Default Filesystems). A
// directory that a process locked itself into has neither, or only the first.
func seesContainer(mountinfo string) bool {
	root, proc := false, false
	for line := range strings.Lines(mountinfo) {
		before, after, _ := strings.Cut(line, " - ") // proc_pid_mountinfo(5)
		fields := strings.Fields(before)
		if len(fields) < 5 {
			continue
		}
		root = root || fields[4] == "/"
		proc = proc || fields[4] == "/proc" && strings.HasPrefix(after, "proc ")
	}
	return root && proc
}

// parseStatus reads /proc/PID/status (proc_pid_status(5)) of a process that
// has not ended. Uid and Gid are "real effective saved file-system".
func parseStatus(text string) (health.Identity, bool) {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields[name] = strings.TrimSpace(value)
		}
	}
	uids, gids := strings.Fields(fields["Uid"]), strings.Fields(fields["Gid"])
	effective, err := strconv.ParseUint(fields["CapEff"], 16, 64)
	ended := strings.HasPrefix(fields["State"], "Z") || strings.HasPrefix(fields["State"], "X")
	if err != nil || ended || len(uids) != 4 || len(gids) != 4 {
		return health.Identity{}, false
	}
	return health.Identity{
		Command: inspect.Printable(fields["Name"]), UID: uids[1], GID: gids[1],
		Powers: health.Powers{Known: true, Groups: ascending(fields["Groups"]), Effective: inspect.CapSet(effective)},
	}, true
}

// ascending puts numbers in order, each once.
func ascending(numbers string) string {
	all := strings.Fields(numbers)
	slices.SortFunc(all, func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return x - y
	})
	return strings.Join(slices.Compact(all), " ")
}
