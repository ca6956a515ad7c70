package check

import "strings"

// harm is what a mount of a place gives to an intruder; without a reason it
// gives nothing worth telling.
type harm struct {
	gain gain
	door door
	why  string
}

// place is a part of the host's file system.
type place struct {
	path string
	// beneath says that what lies below is as sensitive as the place itself.
	beneath     bool
	read, write harm
}

// holds says whether a mount of the cleaned path source is of this place.
func (p place) holds(source string) bool {
	return source == p.path || p.beneath && strings.HasPrefix(source, strings.TrimSuffix(p.path, "/")+"/")
}

// credentialDirs are directories in which tools keep keys, wherever they are.
var credentialDirs = []string{".ssh", ".aws", ".azure", ".kube", ".docker", ".gnupg", ".config/gcloud", ".password-store", ".vault-token", ".netrc", ".git-credentials"}

var (
	readsKeys  = harm{others, direct, "Keys and credentials of the host's users can be read: with them the intruder is that user elsewhere, too."}
	writesKeys = harm{theHost, direct, "A line added to authorized_keys, or a changed credential, is a login on the host."}
	nothing    = harm{}
)

// credentials is any place that credentialDirs name.
var credentials = place{read: readsKeys, write: writesKeys}

// becomesRoot is what writing to a place gives that the host runs as root.
func becomesRoot(what string) harm {
	return harm{theHost, direct, what + " The host runs it as root."}
}

// places are the sensitive parts of a Linux host. Where several hold a path the
// longest counts.
var places = []place{
	{"/", false, harm{others, direct, "Every file of the host can be read: password hashes, private keys, the data of all containers."},
		harm{theHost, direct, "Every file of the host can be changed: a line in /etc/cron.d or authorized_keys makes the intruder root there."}},

	{"/etc", false, harm{others, direct, "The host's configuration can be read, password hashes and private keys with it."},
		becomesRoot("Users, services and timed jobs of the host can be changed.")},
	{"/etc/shadow", false, harm{others, direct, "Password hashes of the host can be read and cracked."}, becomesRoot("Passwords of the host can be set.")},
	{"/etc/passwd", false, nothing, becomesRoot("Users of the host can be made root.")},
	{"/etc/ssh", true, harm{others, direct, "The host's private keys can be read: it can be impersonated."}, becomesRoot("The host's SSH server can be told whom to let in.")},
	{"/etc/sudoers", false, nothing, becomesRoot("Users of the host can be given root.")},
	{"/etc/sudoers.d", true, nothing, becomesRoot("Users of the host can be given root.")},
	{"/etc/cron.d", true, nothing, becomesRoot("Timed jobs can be added.")},
	{"/etc/crontab", false, nothing, becomesRoot("Timed jobs can be added.")},
	{"/etc/systemd", true, nothing, becomesRoot("Services of the host can be added and changed.")},
	{"/etc/pam.d", true, nothing, becomesRoot("The host's logins can be told to accept anyone.")},
	{"/etc/ld.so.preload", false, nothing, becomesRoot("A library can be loaded into every program of the host.")},
	{"/etc/profile.d", true, nothing, becomesRoot("Commands can be added to every login.")},
	{"/etc/docker", true, nothing, becomesRoot("The engine's own configuration can be changed.")},
	{"/etc/kubernetes", true, readsKeys, becomesRoot("Pods of the node can be added.")},
	{"/etc/letsencrypt", true, harm{others, withStep, "Private keys of the host's certificates can be read."}, harm{others, withStep, "Private keys of the host's certificates can be read and replaced."}},

	{"/proc", true, harm{others, withStep, "Command lines and settings of the host's processes can be read."},
		harm{theHost, direct, "Writing kernel settings such as core_pattern runs a program on the host."}},
	{"/sys", true, harm{itself, withStep, "The host's hardware and kernel settings can be read."},
		harm{theHost, direct, "Writing kernel settings such as uevent_helper runs a program on the host."}},
	{"/sys/fs/cgroup", true, nothing,
		harm{theHost, withStep, "With cgroup version 1 a release_agent runs a program on the host."}},
	{"/sys/kernel/debug", true, harm{others, withStep, "Kernel internals can be read and traced."}, harm{theHost, withStep, "Kernel internals can be changed."}},

	{"/root", true, readsKeys, writesKeys},
	{"/home", false, readsKeys, writesKeys},
	{"/Users", false, readsKeys, writesKeys},

	{"/var/lib/docker", true, harm{others, direct, "The files of every container and image can be read, their secrets with them."},
		harm{theHost, direct, "Programs and settings of every container can be changed, to privileged ones for instance."}},
	{"/var/lib/containerd", true, harm{others, direct, "The files of every container and image can be read, their secrets with them."},
		harm{theHost, direct, "Programs of every container can be changed."}},
	{"/var/lib/containers", true, harm{others, direct, "The files of every container and image can be read, their secrets with them."},
		harm{theHost, direct, "Programs of every container can be changed."}},
	{"/var/lib/kubelet", true, harm{others, direct, "Credentials and secrets of every pod of the node can be read."},
		harm{theHost, direct, "Pods of the node can be changed."}},
	{"/var/lib", false, harm{others, direct, "The data of the host's services and of every container can be read."},
		harm{theHost, direct, "The data of the host's services and of every container can be changed."}},
	{"/var", false, harm{others, direct, "The data of the host's services, its logs and the files of every container can be read."},
		harm{theHost, direct, "Timed jobs and the files of every container can be changed."}},
	{"/var/log", true, harm{others, withStep, "Logs of the host and of other containers can be read, and secrets that stand in them."},
		harm{others, withStep, "Logs of the host can be read, and traces removed."}},
	{"/var/spool/cron", true, nothing, becomesRoot("Timed jobs can be added.")},

	{"/boot", true, harm{itself, withStep, "The kernel's image and addresses can be read, which kernel exploits need."},
		harm{theHost, withStep, "The kernel that the host starts next can be replaced."}},
	{"/dev", false, harm{theHost, withStep, "The host's device files are inside, and read-only does not keep them from being used; only the device rules of the cgroup do."},
		harm{theHost, withStep, "The host's device files are inside; only the device rules of the cgroup keep them from being used."}},

	{"/usr", false, nothing, becomesRoot("Programs of the host can be replaced.")},
	{"/usr/bin", true, nothing, becomesRoot("Programs of the host can be replaced.")},
	{"/usr/sbin", true, nothing, becomesRoot("Programs of the host can be replaced.")},
	{"/usr/lib", true, nothing, becomesRoot("Programs and libraries of the host can be replaced.")},
	{"/usr/local/bin", true, nothing, becomesRoot("Programs of the host can be replaced.")},
	{"/bin", true, nothing, becomesRoot("Programs of the host can be replaced.")},
	{"/sbin", true, nothing, becomesRoot("Programs of the host can be replaced.")},
	{"/lib", true, nothing, becomesRoot("Libraries and kernel modules of the host can be replaced.")},
	{"/lib64", true, nothing, becomesRoot("Libraries of the host can be replaced.")},

	{"/tmp", false, harm{others, withStep, "Temporary files of the host's programs can be read."},
		harm{others, withStep, "Temporary files and sockets of the host's programs can be read, replaced and used."}},
	{"/run/systemd", true, harm{others, withStep, "The host's service manager can be asked."}, harm{theHost, withStep, "The host's service manager can be commanded."}},
	{"/run/dbus", true, harm{theHost, withStep, "The host's message bus can be used, and with it the service manager; read-only does not keep a socket from being used."},
		harm{theHost, withStep, "The host's message bus can be used, and with it the service manager."}},
	{"/var/run/dbus", true, harm{theHost, withStep, "The host's message bus can be used, and with it the service manager; read-only does not keep a socket from being used."},
		harm{theHost, withStep, "The host's message bus can be used, and with it the service manager."}},
}
