package daemon

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"bulkhead/inspect"
)

// fact is one thing that was read, or why it was not.
type fact[T any] struct {
	value   T
	unknown string
}

func known[T any](v T) fact[T] { return fact[T]{value: v} }

func unread[T any](name string, err error) fact[T] {
	why := inspect.Printable(err.Error())
	if errors.Is(err, fs.ErrPermission) {
		why = "you may not read it; ask as root"
	}
	return fact[T]{unknown: fmt.Sprintf("/%s was not read: %s", inspect.Printable(name), why)}
}

// Account is a user of the machine.
type Account struct{ Name, UID, GID, Home string }

// Place is where a machine is read, and of whom.
type Place struct {
	// Root is the machine's "/".
	Root fs.FS
	// User is who is to run a rootless engine; "" where nobody was named.
	User string
	// Owner tells whom a file belongs to. It may be nil, where nothing tells.
	Owner func(fs.FileInfo) (uid, gid uint32, ok bool)
}

// Machine is what the steps depend on and are verified by.
type Machine struct {
	Host  inspect.Host
	Stock Stock
	// elsewhere says why nothing of the engine's machine was seen.
	elsewhere string

	user    fact[Account]
	remap   fact[Account]
	uids    fact[SubIDs]
	gids    fact[SubIDs]
	taken   []Range
	id      string // of the distribution and those it is like: "ubuntu debian"
	program map[string]string
	helpers fact[bool]

	userNamespaces, lowPort, unprivileged, restricted fact[int64]

	controllers, delegated fact[[]string]
	systemd, session       fact[bool]
	linger                 fact[bool]
	profile                fact[bool]
	setting                fact[string]
	// before are the volumes of the engine's old store, remapped and rootless
	// those of the new ones.
	before, remapped, rootless fact[[]string]
	owners                     map[string]fact[owner]
}

type owner struct{ uid, gid uint32 }

// largest bounds every file that is read.
const largest = 1 << 20

// reader reads files below a root.
type reader struct{ Place }

// ReadMachine reads what the steps depend on. It only reads, and of another
// machine than the engine's nothing.
func ReadMachine(at Place, host inspect.Host, stock Stock) Machine {
	m := Machine{Host: host, Stock: stock}
	if host.Known() && !host.Local {
		m.elsewhere = "the engine runs on another machine; run bulkhead there"
		return m
	}
	r := reader{at}
	m.users(r)
	m.programs(r)
	m.kernel(r)
	m.session = r.exists(path.Join("run/user", m.user.value.UID, "bus"))
	m.systemd = r.exists("run/systemd/system")
	m.linger = r.exists(path.Join("var/lib/systemd/linger", at.User))
	m.setting = r.remapSetting()
	m.stores(r)
	m.owners = map[string]fact[owner]{}
	for _, bind := range stock.Binds() {
		m.owners[bind] = r.owner(bind)
	}
	return m
}

func (m *Machine) users(r reader) {
	accounts := r.accounts()
	m.user = accounts.find(r.User)
	if r.User == "" {
		m.user = fact[Account]{unknown: "it is not known who is to run the engine; name the user with --as"}
	}
	m.uids, m.gids = r.subIDs("etc/subuid"), r.subIDs("etc/subgid")
	for _, ids := range []SubIDs{m.uids.value, m.gids.value} {
		for _, g := range ids.Grants {
			m.taken = append(m.taken, g.Range)
		}
	}
	for _, a := range accounts.value {
		// A user of the host within the range would own what containers write.
		if id, err := strconv.ParseUint(a.UID, 10, 32); err == nil {
			m.taken = append(m.taken, Range{id, id + 1})
		}
	}
	m.setting = r.remapSetting()
	name, _, _ := strings.Cut(m.setting.value, ":")
	if name == "" || name == "default" {
		name = "dockremap" // what "default" stands for (dockerd(8), userns-remap)
	}
	m.remap = accounts.find(name)
	if m.remap.value.Name == "" {
		m.remap.value.Name = name
	}
}

// passwd is what /etc/passwd holds, or why it is not known.
type passwd fact[[]Account]

func (r reader) accounts() passwd {
	data, err := r.read("etc/passwd")
	if err != nil {
		return passwd(unread[[]Account]("etc/passwd", err))
	}
	return passwd(known(parsePasswd(data)))
}

// parsePasswd reads the lines of passwd(5).
func parsePasswd(data []byte) []Account {
	var out []Account
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		if len(fields) == 7 && fields[0] != "" {
			out = append(out, Account{Name: fields[0], UID: fields[2], GID: fields[3], Home: fields[5]})
		}
	}
	return out
}

// find is the account of that name or number. One that is not in the file may
// stand in a directory service, so it is unknown, not missing.
func (p passwd) find(name string) fact[Account] {
	for _, a := range p.value {
		if a.Name == name || a.UID == name {
			return known(a)
		}
	}
	return fact[Account]{value: Account{Name: name},
		unknown: cmp.Or(p.unknown, fmt.Sprintf("%s has no line in /etc/passwd", inspect.Printable(name)))}
}

func (r reader) subIDs(name string) fact[SubIDs] {
	data, err := r.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return known(SubIDs{}) // nobody has any
	case err != nil:
		return unread[SubIDs](name, err)
	}
	return known(parseSubIDs(data))
}

// remapSetting is userns-remap in daemon.json, "" where it is not set.
func (r reader) remapSetting() fact[string] {
	const name = "etc/docker/daemon.json"
	data, err := r.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return known("")
	case err != nil:
		return unread[string](name, err)
	}
	var config struct {
		Remap string `json:"userns-remap"`
	}
	if err := json.Unmarshal(trimBOM(data), &config); err != nil {
		return unread[string](name, err)
	}
	return known(config.Remap)
}

func trimBOM(data []byte) []byte { return []byte(strings.TrimPrefix(string(data), string(bom))) }

// owner is whom a path of the host belongs to.
func (r reader) owner(name string) fact[owner] {
	rel := strings.TrimPrefix(path.Clean(name), "/")
	info, err := fs.Stat(r.Root, cmp.Or(rel, "."))
	if err != nil {
		return unread[owner](rel, err)
	}
	if r.Owner == nil {
		return fact[owner]{unknown: "this system does not tell owners"}
	}
	uid, gid, ok := r.Owner(info)
	if !ok {
		return fact[owner]{unknown: "this system does not tell owners"}
	}
	return known(owner{uid, gid})
}

// exists says whether something is there.
func (r reader) exists(name string) fact[bool] {
	_, err := fs.Stat(r.Root, name)
	switch {
	case err == nil:
		return known(true)
	case errors.Is(err, fs.ErrNotExist):
		return known(false)
	}
	return unread[bool](name, err)
}

// number is what a file of /proc/sys holds; missing is its value where the
// kernel has no such file.
func (r reader) number(name string, missing int64) fact[int64] {
	data, err := r.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.exists("proc/sys/kernel").value:
		return known(missing)
	case err != nil:
		return unread[int64](name, err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		return unread[int64](name, err)
	}
	return known(n)
}

// words are those of a file, none where it is not there.
func (r reader) words(name string) fact[[]string] {
	data, err := r.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return known[[]string](nil)
	case err != nil:
		return unread[[]string](name, err)
	}
	return known(strings.Fields(string(data)))
}

func (r reader) read(name string) ([]byte, error) {
	f, err := r.Root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, largest))
}
