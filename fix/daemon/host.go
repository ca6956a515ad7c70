package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bulkhead/inspect"
)

// folders are where programs are looked for: what one user finds in his PATH
// says nothing of another's.
var folders = []string{"usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"}

// wanted are the programs that a rootless engine is made of, and its network
// programs, the best first.
var (
	wanted   = []string{"newuidmap", "newgidmap", "rootlesskit", "dockerd-rootless.sh", "dockerd-rootless-setuptool.sh", "fuse-overlayfs"}
	networks = []string{"pasta", "slirp4netns", "vpnkit"}
)

// contrib is where Debian's docker.io keeps the scripts.
const contrib = "usr/share/docker.io/contrib"

// programs looks for them, also where the user keeps his own.
func (m *Machine) programs(r reader) {
	m.program = map[string]string{}
	where := slices.Concat(folders, []string{contrib})
	if home := strings.TrimPrefix(m.user.value.Home, "/"); fs.ValidPath(home) {
		where = append(where, path.Join(home, "bin"))
	}
	for _, name := range slices.Concat(wanted, networks) {
		for _, dir := range where {
			if info, err := fs.Stat(r.Root, path.Join(dir, name)); err == nil && info.Mode()&0o111 != 0 {
				m.program[name] = "/" + path.Join(dir, name)
				break
			}
		}
	}
	m.helpers = r.setuid(m.program["newuidmap"], m.program["newgidmap"])
	m.id = r.distribution()
}

// setuid says whether the programs are; without it they may still have the
// capability in an attribute that fs.FS does not show.
func (r reader) setuid(programs ...string) fact[bool] {
	for _, p := range programs {
		if p == "" {
			return known(false)
		}
		info, err := fs.Stat(r.Root, strings.TrimPrefix(p, "/"))
		if err != nil {
			return unread[bool](p, err)
		}
		if info.Mode()&fs.ModeSetuid == 0 {
			return fact[bool]{unknown: p + " is not setuid; it works only if it has the file capability cap_setuid or cap_setgid (`getcap " + p + "`)"}
		}
	}
	return known(true)
}

// distribution is ID and ID_LIKE of os-release(5).
func (r reader) distribution() string {
	data, err := r.read("etc/os-release")
	if err != nil {
		return ""
	}
	var ids []string
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if name == "ID" || name == "ID_LIKE" {
			ids = append(ids, strings.Fields(strings.Trim(value, `"'`))...)
		}
	}
	return strings.Join(ids, " ")
}

// kernel reads what it lets ordinary users do.
func (m *Machine) kernel(r reader) {
	const absent = -1
	m.userNamespaces = r.number("proc/sys/user/max_user_namespaces", 0)
	m.unprivileged = r.number("proc/sys/kernel/unprivileged_userns_clone", absent)
	m.restricted = r.number("proc/sys/kernel/apparmor_restrict_unprivileged_userns", absent)
	m.lowPort = r.number("proc/sys/net/ipv4/ip_unprivileged_port_start", 1024)
	m.profile = r.confined()
	// The root of a unified hierarchy has this file (kernel documentation,
	// cgroup-v2.rst); that of version 1 is a tmpfs.
	m.controllers = r.words("sys/fs/cgroup/cgroup.controllers")
	if uid := m.user.value.UID; uid != "" {
		m.delegated = r.words(fmt.Sprintf("sys/fs/cgroup/user.slice/user-%s.slice/user@%[1]s.service/cgroup.controllers", uid))
	} else {
		m.delegated = fact[[]string]{unknown: m.user.unknown}
	}
}

// confined says whether some AppArmor profile is for rootlesskit.
func (r reader) confined() fact[bool] {
	entries, err := fs.ReadDir(r.Root, "etc/apparmor.d")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return known(false)
	case err != nil:
		return unread[bool]("etc/apparmor.d", err)
	}
	return known(slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return strings.HasSuffix(e.Name(), "rootlesskit") }))
}

// remapped is the directory of a store for one mapping: UID.GID (moby
// daemon/daemon_unix.go, setupDaemonRoot).
var remapped = regexp.MustCompile(`^\d+\.\d+$`)

// base is the data directory that the engine has, or had, without a mapping.
func (m Machine) base() string {
	root := m.Stock.Root
	switch {
	case m.Host.Rootless || root == "":
		return "/var/lib/docker"
	case remapped.MatchString(path.Base(root)):
		return path.Dir(root)
	}
	return root
}

// mappedRoot is the directory of the store under the mapping; false where the
// ranges are not known.
func (m Machine) mappedRoot() (string, bool) {
	uid, okUID := mapped(m.uids.value.Of(m.remap.value.Name, m.remap.value.UID), 0)
	gid, okGID := mapped(m.gids.value.Of(m.remap.value.Name, m.remap.value.UID), 0)
	return fmt.Sprintf("%s/%d.%d", m.base(), uid, gid), okUID && okGID
}

// rootlessRoot is where a rootless engine keeps its data.
func (m Machine) rootlessRoot() string {
	if m.Host.Rootless && m.Stock.Root != "" {
		return m.Stock.Root
	}
	return path.Join(m.user.value.Home, ".local/share/docker")
}

func (m *Machine) stores(r reader) {
	m.before = r.volumes(m.base())
	if root, ok := m.mappedRoot(); ok {
		m.remapped = r.volumes(root)
	}
	m.rootless = r.volumes(m.rootlessRoot())
}

// volumes are the names of those in a store of the engine's local driver.
func (r reader) volumes(root string) fact[[]string] {
	name := path.Join(strings.TrimPrefix(root, "/"), "volumes")
	if !fs.ValidPath(name) {
		return fact[[]string]{unknown: "it is not known where the engine keeps its data"}
	}
	entries, err := fs.ReadDir(r.Root, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return known[[]string](nil)
	case err != nil:
		return unread[[]string](name, err)
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return known(out)
}

// release is the kernel's version as two numbers.
func release(kernel string) (major, minor int, ok bool) {
	fields := strings.SplitN(kernel, ".", 3)
	if len(fields) < 2 {
		return 0, 0, false
	}
	major, err := strconv.Atoi(fields[0])
	minor, err2 := strconv.Atoi(strings.TrimRight(strings.SplitN(fields[1], "-", 2)[0], "+"))
	return major, minor, err == nil && err2 == nil
}

// install is the command that gets the packages, by the distribution's own name
// of each; "" where the distribution is not known.
func (m Machine) install(missing ...string) string {
	for _, d := range []struct {
		id, command string
		packages    map[string]string
	}{
		{"debian", "sudo apt-get install", map[string]string{"newuidmap": "uidmap", "bus": "dbus-user-session"}},
		{"fedora", "sudo dnf install", map[string]string{"newuidmap": "shadow-utils", "bus": "dbus-daemon"}},
		{"rhel", "sudo dnf install", map[string]string{"newuidmap": "shadow-utils", "bus": "dbus-daemon"}},
		{"arch", "sudo pacman -S", map[string]string{"newuidmap": "shadow", "bus": "dbus"}},
		{"suse", "sudo zypper install", map[string]string{"newuidmap": "shadow", "bus": "dbus-1"}},
	} {
		if !slices.Contains(strings.Fields(m.id), d.id) {
			continue
		}
		names := []string{}
		for _, name := range missing {
			if p, ok := d.packages[name]; ok {
				name = p
			}
			names = append(names, name)
		}
		return d.command + " " + strings.Join(names, " ")
	}
	return ""
}

// list names things, the first ones of many.
func list(names []string) string {
	const most = 6
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// count is a number of things.
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// plainName is a user's name that needs no quoting in a shell.
func plainName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == "" &&
		!strings.HasPrefix(name, "-") && inspect.Printable(name) == name
}
