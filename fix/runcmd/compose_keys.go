package runcmd

// singles are flags that Compose says with a key and one value.
var singles = map[string]string{
	"--name": "container_name", "--hostname": "hostname", "--domainname": "domainname", "--restart": "restart",
	"--platform": "platform", "--user": "user", "--workdir": "working_dir", "--stop-signal": "stop_signal",
	"--pid": "pid", "--ipc": "ipc", "--uts": "uts", "--userns": "userns_mode", "--cgroupns": "cgroup",
	"--runtime": "runtime", "--isolation": "isolation", "--oom-score-adj": "oom_score_adj",
	"--memory": "mem_limit", "--memory-reservation": "mem_reservation", "--memory-swap": "memswap_limit",
	"--memory-swappiness": "mem_swappiness", "--cpus": "cpus", "--cpu-shares": "cpu_shares",
	"--cpu-period": "cpu_period", "--cpu-quota": "cpu_quota", "--cpu-rt-period": "cpu_rt_period",
	"--cpu-rt-runtime": "cpu_rt_runtime", "--cpuset-cpus": "cpuset", "--pids-limit": "pids_limit",
	"--shm-size": "shm_size", "--cgroup-parent": "cgroup_parent", "--mac-address": "mac_address",
}

// switches are flags without a value.
var switches = map[string]string{
	"-i": "stdin_open", "-t": "tty", "--privileged": "privileged", "--read-only": "read_only", "--init": "init",
	"--oom-kill-disable": "oom_kill_disable",
}

// lists are flags that may be repeated.
var lists = map[string]string{
	"--group-add": "group_add", "--label": "labels", "--annotation": "annotations",
	"--sysctl": "sysctls", "--cap-drop": "cap_drop", "--cap-add": "cap_add", "--security-opt": "security_opt",
	"--device": "devices", "--device-cgroup-rule": "device_cgroup_rules", "--tmpfs": "tmpfs",
	"--link": "external_links", "--publish": "ports", "--dns": "dns", "--dns-option": "dns_opt",
	"--dns-search": "dns_search", "--add-host": "extra_hosts",
}

// under are flags whose key stands under another.
var under = map[string][2]string{
	"--log-driver":   {"logging", "driver"},
	"--blkio-weight": {"blkio_config", "weight"},
}

// order is how the keys follow each other in the file.
var order = []string{
	"image", "container_name", "platform", "hostname", "domainname", "entrypoint", "command", "working_dir", "user", "group_add",
	"environment", "labels", "annotations", "stdin_open", "tty", "init", "restart", "stop_signal", "stop_grace_period", "healthcheck",
	"privileged", "read_only", "tmpfs", "cap_drop", "cap_add", "security_opt", "userns_mode", "pid", "ipc", "uts", "cgroup",
	"runtime", "isolation", "sysctls", "devices", "device_cgroup_rules", "volumes", "network_mode", "mac_address", "networks",
	"ports", "expose", "external_links", "dns", "dns_opt", "dns_search", "extra_hosts", "mem_limit", "mem_reservation",
	"memswap_limit", "mem_swappiness", "oom_kill_disable", "oom_score_adj", "cpus", "cpu_shares", "cpu_period", "cpu_quota",
	"cpu_rt_period", "cpu_rt_runtime", "cpuset", "pids_limit", "shm_size", "ulimits", "blkio_config", "cgroup_parent",
	"storage_opt", "logging",
}
