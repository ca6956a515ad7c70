package daemon

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// readGroup finds who may use the socket through its group: those whom
// /etc/group lists, and those whose own group it is (/etc/passwd).
func readGroup(at Place, d *inspect.Daemon) {
	unread := func(why string) {
		d.Unread = append(d.Unread, fmt.Sprintf("Who may use the engine's socket through its group is not known: %s.", why))
	}
	if at.Socket == "" {
		unread("the engine was not reached through a unix socket")
		return
	}
	gid, err := group(at.Socket)
	if err != nil {
		unread(clause(err))
		return
	}
	path := filepath.Join(at.Etc, "group")
	groups, err := readBounded(path)
	if err != nil {
		unread(clause(err))
		return
	}
	members := membersOf(string(groups), gid)
	if passwd, err := readBounded(filepath.Join(at.Etc, "passwd")); err != nil {
		unread(clause(err))
	} else {
		members = append(members, ownersOf(string(passwd), gid)...)
	}
	members = slices.DeleteFunc(members, func(name string) bool { return name == "" || name == "root" })
	slices.Sort(members)
	d.GroupMembers = slices.Compact(members)
	d.Sources = append(d.Sources, show(path))
	if source := directory(at.Etc); source != "" {
		d.Unread = append(d.Unread, fmt.Sprintf("Group members that %s knows of were not read (nsswitch.conf).", show(source)))
	}
}

// membersOf reads group(5): name:password:gid:member,member.
func membersOf(groups, gid string) []string {
	var members []string
	for line := range strings.Lines(groups) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) >= 4 && fields[2] == gid {
			members = append(members, strings.Split(fields[3], ",")...)
		}
	}
	return members
}

// ownersOf reads passwd(5): name:password:uid:gid:…
func ownersOf(passwd, gid string) []string {
	var names []string
	for line := range strings.Lines(passwd) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) >= 4 && fields[3] == gid {
			names = append(names, fields[0])
		}
	}
	return names
}

// directory names the services besides the files that know groups
// (nsswitch.conf(5)); a machine without the file uses files alone.
func directory(etc string) string {
	data, err := readBounded(filepath.Join(etc, "nsswitch.conf"))
	if err != nil {
		return ""
	}
	var beyond []string
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		services, ok := strings.CutPrefix(strings.TrimSpace(line), "group:")
		if !ok {
			continue
		}
		for _, service := range strings.Fields(services) {
			if service != "files" && service != "compat" && service != "systemd" && !strings.HasPrefix(service, "[") {
				beyond = append(beyond, service)
			}
		}
	}
	return strings.Join(beyond, " and ")
}
