package kube

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// The paths at which comments stand.
const (
	podPath      = "spec"
	boxPath      = "spec.containers.0"
	securityPath = boxPath + ".securityContext"
)

// privileges: capabilities, escalation, privileged, the root filesystem.
func (t *translation) privileges() {
	sc := &t.box.SecurityContext
	sc.Privileged = t.s.Privileged
	if sc.Privileged {
		t.explain(securityPath+".privileged", t.evidence(inspect.DialPrivileged, ""))
	}
	sc.ReadOnlyRootFilesystem = t.s.ReadOnlyRoot
	t.explain(securityPath+".readOnlyRootFilesystem", t.evidence(inspect.DialReadOnlyRoot, ""))
	t.capabilities()
	t.escalation()
}

// capabilities are written as they are set: what a runtime gives by default is
// its own affair.
func (t *translation) capabilities() {
	caps := &t.box.SecurityContext.Capabilities
	caps.Drop, caps.Add = t.sayable(t.s.CapDrop), t.sayable(t.s.CapAdd)
	for i, name := range caps.Add {
		t.explain(fmt.Sprintf("%s.capabilities.add.%d", securityPath, i), t.evidence(inspect.DialCapabilities, name))
	}
	if len(caps.Drop) > 0 {
		t.explain(securityPath+".capabilities.drop", t.evidence(inspect.DialCapabilities, ""))
	} else if !t.s.Privileged {
		t.note("No capability is dropped, so the container gets the default set of the cluster's runtime; CRI-O's is smaller than Docker's.")
	}
}

// sayable are the names that mean something to a runtime.
func (t *translation) sayable(names []string) []string {
	var out []string
	for _, name := range names {
		if _, err := inspect.ParseCap(name); err != nil && name != "ALL" {
			t.note("The capability %s has no name that Kubernetes knows; it is left out.", name)
			continue
		}
		out = append(out, name)
	}
	return out
}

// escalation is no-new-privileges. Kubernetes refuses it beside privileged and
// beside SYS_ADMIN (k8s.io/kubernetes pkg/apis/core/validation,
// ValidateSecurityContext; the documentation of allowPrivilegeEscalation).
func (t *translation) escalation() {
	allow := !t.s.NoNewPrivileges
	switch {
	case allow:
	case t.s.Privileged:
		t.note("Kubernetes cannot say no-new-privileges of a privileged container; it is left out.")
		return
	case slices.Contains(t.s.CapAdd, "SYS_ADMIN") || slices.Contains(t.s.CapAdd, "ALL"):
		t.note("Kubernetes cannot say no-new-privileges beside SYS_ADMIN; it is left out.")
		return
	}
	t.box.SecurityContext.AllowPrivilegeEscalation = &allow
	t.explain(securityPath+".allowPrivilegeEscalation", t.evidence(inspect.DialNoNewPrivileges, ""))
}

// profiles: seccomp, AppArmor, SELinux.
func (t *translation) profiles() {
	t.seccomp()
	t.appArmor()
	t.selinux()
	if t.s.UnmaskedPaths {
		t.note("/proc and /sys are unmasked today. This is not carried over: Kubernetes masks them.")
	}
}

// seccomp is always said: without a word Kubernetes applies no filter, unless
// the kubelet was told to.
func (t *translation) seccomp() {
	p, at := &t.box.SecurityContext.SeccompProfile, securityPath+".seccompProfile"
	switch {
	case t.s.Privileged:
		return // privileged containers run without a filter
	case t.s.Seccomp == "":
		p.Type = "RuntimeDefault"
		t.explain(at, "as the container is today: the runtime's own filter, which may differ from Docker's")
	case t.s.Seccomp == "unconfined":
		p.Type = "Unconfined"
		t.explain(at, t.evidence(inspect.DialSeccomp, ""))
	default:
		p.Type, p.LocalhostProfile = "Localhost", "profiles/"+t.seccompFile()
		t.explain(at, t.evidence(inspect.DialSeccomp, ""))
		t.note("Put the seccomp profile on every node as /var/lib/kubelet/seccomp/%s. Kubernetes takes the runtime's plain form: includes, excludes and archMap of Docker's are not understood there.", p.LocalhostProfile)
	}
}

// seccompFile is the base name of the profile: the planned one's, the one that
// the Compose file names, or one made of the container's name.
func (t *translation) seccompFile() string {
	for _, c := range t.in.Plan.Of(inspect.DialSeccomp) {
		if c.Profile.Path != "" {
			return label(strings.TrimSuffix(path.Base(c.Profile.Path), ".json")) + ".json"
		}
	}
	if name := t.s.Seccomp; name != inspect.CustomProfile {
		return label(strings.TrimSuffix(path.Base(name), ".json")) + ".json"
	}
	return t.box.Name + ".json"
}

// plannedSeccomp is the profile that the plan brings.
func (t *translation) plannedSeccomp() File {
	for _, c := range t.in.Plan.Of(inspect.DialSeccomp) {
		if c.Profile.Text != "" && !t.s.Privileged {
			return File{Name: t.seccompFile(), Data: []byte(c.Profile.Text)}
		}
	}
	return File{}
}

// appArmorAnnotation is how a pod names a profile to Kubernetes before 1.30;
// newer ones want it to agree with the field.
const appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/"

// appArmor says nothing of the default: said aloud, it would keep the pod from
// nodes without AppArmor.
func (t *translation) appArmor() {
	p, annotation := &t.box.SecurityContext.AppArmorProfile, ""
	switch name := t.s.AppArmor; {
	case name == "" || name == "docker-default" || t.s.Privileged:
		return
	case name == "unconfined":
		p.Type, annotation = "Unconfined", "unconfined"
	default:
		p.Type, p.LocalhostProfile, annotation = "Localhost", name, "localhost/"+name
		t.note("The AppArmor profile %s must be loaded on every node.", name)
	}
	t.out.Metadata.Annotations = map[string]string{appArmorAnnotation + t.box.Name: annotation}
	t.explain("metadata.annotations", "for Kubernetes before 1.30; newer ones read the field appArmorProfile")
	t.explain(securityPath+".appArmorProfile", t.evidence(inspect.DialAppArmor, ""))
}

// selinux turns label options into Kubernetes' four fields.
func (t *translation) selinux() {
	o := &t.box.SecurityContext.SELinuxOptions
	fields := map[string]*string{"user": &o.User, "role": &o.Role, "type": &o.Type, "level": &o.Level}
	for _, option := range t.s.SELinux {
		key, value, _ := strings.Cut(option, ":")
		switch field := fields[key]; {
		case field != nil:
			*field = value
		case option == "disable":
			o.Type = "spc_t" // what a runtime runs unconfined containers as
		default:
			t.note("Kubernetes cannot say the SELinux option %s; it is left out.", option)
		}
	}
}

// sysctls are written as they are; below port 1024 one is added that Docker
// sets by itself.
func (t *translation) sysctls() {
	sc := &t.out.Spec.SecurityContext
	for _, name := range sortedKeys(t.s.Sysctls) {
		sc.Sysctls = append(sc.Sysctls, sysctl{name, t.s.Sysctls[name]})
	}
	const unprivileged = "net.ipv4.ip_unprivileged_port_start"
	_, own := t.s.Sysctls[unprivileged]
	if own || t.s.Namespaces.Network == "host" || !t.lowPort() || t.mayBindLow() {
		return
	}
	// The engine sets it in each network namespace of its own since 20.10 (moby
	// daemon/oci_linux.go, WithSysctls).
	sc.Sysctls = append(sc.Sysctls, sysctl{unprivileged, "0"})
	t.explain(fmt.Sprintf("%s.securityContext.sysctls.%d", podPath, len(sc.Sysctls)-1),
		"assumed: Docker sets it, so that ports below 1024 need no NET_BIND_SERVICE; not every cluster does")
}

func (t *translation) lowPort() bool {
	return slices.ContainsFunc(t.listened(), func(p Port) bool { return p.Number < 1024 })
}

func (t *translation) mayBindLow() bool {
	bind, _ := inspect.ParseCap("NET_BIND_SERVICE")
	return t.s.Capabilities().Has(bind) && t.s.Root()
}

// listened are the ports that are published and those that are known besides.
func (t *translation) listened() []Port {
	ports := slices.Clone(t.in.Ports)
	for _, p := range t.s.Ports {
		ports = append(ports, Port{p.Container, p.Protocol})
	}
	slices.SortFunc(ports, func(a, b Port) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Protocol, b.Protocol))
	})
	return slices.Compact(ports)
}
