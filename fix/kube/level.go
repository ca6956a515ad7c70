package kube

import (
	"fmt"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// Level is a Pod Security admission level: what a namespace that enforces it
// lets in.
type Level string

// The levels, from the widest to the tightest.
const (
	Privileged Level = "privileged"
	Baseline   Level = "baseline"
	Restricted Level = "restricted"
)

// Obstacle is a setting that keeps the pod from a level.
type Obstacle struct {
	From Level
	// Text names the setting and its value: "capabilities.add holds SETUID".
	Text string
}

// judge holds the pod against the Pod Security Standards of Kubernetes 1.34
// (kubernetes.io/docs/concepts/security/pod-security-standards).
func judge(pod podTemplate) (Level, []Obstacle) {
	obstacles := append(againstBaseline(pod), againstRestricted(pod)...)
	level := Restricted
	for _, o := range obstacles {
		if o.From == Baseline {
			return Privileged, obstacles
		}
		level = Baseline
	}
	return level, obstacles
}

// baselineCaps may be added under baseline: Docker's default set without
// NET_RAW.
var baselineCaps = inspect.DefaultCaps.Without(inspect.ParseCaps([]string{"NET_RAW"}))

// safeSysctls may be set under baseline.
var safeSysctls = []string{
	"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
	"net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports",
	"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}

// containerTypes are the SELinux types that confine containers; "" is the
// runtime's own.
var containerTypes = []string{"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}

func againstBaseline(pod podTemplate) []Obstacle {
	var out obstacles
	spec, sc := pod.Spec, pod.Spec.Containers[0].SecurityContext
	out.when(Baseline, spec.HostNetwork, "hostNetwork is on")
	out.when(Baseline, spec.HostPID, "hostPID is on")
	out.when(Baseline, spec.HostIPC, "hostIPC is on")
	out.when(Baseline, sc.Privileged, "privileged is on")
	for _, name := range sc.Capabilities.Add {
		set, _ := inspect.ParseCap(name)
		out.when(Baseline, set == 0 || !baselineCaps.Has(set), "capabilities.add holds %s", name)
	}
	for _, v := range spec.Volumes {
		if v.HostPath != nil {
			out.when(Baseline, true, "a hostPath volume holds %s of the node", v.HostPath.Path)
		}
	}
	out.when(Baseline, sc.SeccompProfile.Type == "Unconfined", "seccompProfile is Unconfined")
	out.when(Baseline, sc.AppArmorProfile.Type == "Unconfined", "appArmorProfile is Unconfined")
	for _, s := range spec.SecurityContext.Sysctls {
		out.when(Baseline, !slices.Contains(safeSysctls, s.Name), "the sysctl %s is none of the safe ones", s.Name)
	}
	o := sc.SELinuxOptions
	out.when(Baseline, !slices.Contains(containerTypes, o.Type), "seLinuxOptions.type is %s", o.Type)
	out.when(Baseline, o.User+o.Role != "", "seLinuxOptions sets a user or a role")
	return out
}

func againstRestricted(pod podTemplate) []Obstacle {
	var out obstacles
	sc := pod.Spec.Containers[0].SecurityContext
	out.when(Restricted, sc.AllowPrivilegeEscalation == nil || *sc.AllowPrivilegeEscalation, "allowPrivilegeEscalation is not off")
	out.when(Restricted, sc.RunAsNonRoot == nil || !*sc.RunAsNonRoot, "it starts as root")
	out.when(Restricted, !slices.Contains(sc.Capabilities.Drop, "ALL"), "capabilities.drop does not hold ALL")
	var beyond []string
	for _, name := range sc.Capabilities.Add {
		if name != "NET_BIND_SERVICE" {
			beyond = append(beyond, name)
		}
	}
	out.when(Restricted, len(beyond) > 0, "capabilities.add holds %s", strings.Join(beyond, ", "))
	out.when(Restricted, sc.SeccompProfile.Type == "", "seccompProfile is not set")
	return out
}

// obstacles are gathered here.
type obstacles []Obstacle

func (o *obstacles) when(from Level, so bool, format string, args ...any) {
	if so {
		*o = append(*o, Obstacle{from, inspect.Printable(fmt.Sprintf(format, args...))})
	}
}

// sayLevel puts the level and what keeps it from more into the notes.
func (t *translation) sayLevel(shape Shape, level Level, keeps []Obstacle) {
	next := map[Level]Level{Privileged: Baseline, Baseline: Restricted}[level]
	var texts []string
	for _, o := range keeps {
		if o.From == next {
			texts = append(texts, o.Text)
		}
	}
	text := fmt.Sprintf("Pod Security admission: this reaches the level %s", level)
	if len(texts) > 0 {
		text += fmt.Sprintf("; from %s it is kept by: %s", next, strings.Join(texts, "; "))
	}
	text += "."
	if shape == Patch {
		text += " What the Deployment says besides counts, too."
	}
	t.notes = slices.Insert(t.notes, 0, text)
}
