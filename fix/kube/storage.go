package kube

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"bulkhead/inspect"
)

// tmpfs are memory volumes. An emptyDir belongs to root with mode 0777, so
// everybody inside may write it; a group is the one thing that it can be given.
func (t *translation) tmpfs() {
	var groups []int64
	for _, m := range t.s.Tmpfs {
		options := tmpfsOptions(m.Options)
		dir := &emptyDir{Medium: "Memory"}
		if size, ok := quantity(options["size"]); ok {
			dir.SizeLimit = size
		} else if options["size"] != "" {
			t.note("The size %s of the tmpfs on %s is not one that Kubernetes can say.", options["size"], m.Path)
		}
		t.mount(volume{EmptyDir: dir}, m.Path, false, t.evidence(inspect.DialTmpfs, m.Path))
		if gid, ok := number(options["gid"]); ok && !slices.Contains(groups, gid) {
			groups = append(groups, gid)
		}
		t.tmpfsLoss(m.Path, options)
	}
	if len(groups) == 1 {
		t.out.Spec.SecurityContext.FSGroup = &groups[0]
		t.explain(podPath+".securityContext.fsGroup", "the group of the tmpfs mounts")
	} else if len(groups) > 1 {
		t.note("The tmpfs mounts have different groups. A pod can give its volumes one alone (fsGroup), so none is written.")
	}
	if len(t.s.Tmpfs) > 0 && t.s.Limits.Memory > 0 {
		t.note("What is written to the memory volumes counts against the container's memory limit.")
	}
}

// tmpfsLoss notes what an emptyDir has not. Docker's tmpfs is nosuid, nodev and
// noexec unless told otherwise.
func (t *translation) tmpfsLoss(at string, options map[string]string) {
	var lost []string
	for _, key := range []string{"uid", "mode"} {
		if value, ok := options[key]; ok {
			lost = append(lost, key+"="+value)
		}
	}
	if len(lost) > 0 {
		t.note("The tmpfs on %s has %s, which an emptyDir cannot have: it belongs to root with mode 0777. A program that wants its directory closed to others refuses it.",
			at, strings.Join(lost, ", "))
	}
	if _, exec := options["exec"]; !exec {
		t.note("The tmpfs on %s is noexec, which an emptyDir cannot be.", at)
	}
}

// mounts are volumes and bind mounts.
func (t *translation) mounts() {
	for _, m := range t.s.Mounts {
		dial := inspect.DialReadOnlyMount
		if t.in.Plan.Has(inspect.DialVolume) && m.Source == "" {
			dial = inspect.DialVolume
		}
		why := t.evidence(dial, m.Target)
		switch {
		case m.Type == inspect.BindMount:
			t.mount(volume{HostPath: &hostPath{m.Source}}, m.Target, m.ReadOnly, why)
			t.note("%s of the node is mounted on %s, as Docker's host has it today. Make it a ConfigMap, a Secret or a claim instead: a pod that reaches into its node stays at the level privileged.", m.Source, m.Target)
		case m.Source == "":
			t.mount(volume{EmptyDir: &emptyDir{}}, m.Target, m.ReadOnly, why)
			t.note("The volume on %s has no name, so it became an emptyDir: what it holds goes with the pod, and it starts empty, without what the image has there.", m.Target)
		default:
			name := label(m.Source)
			t.mount(volume{PersistentVolumeClaim: &claim{ClaimName: name, ReadOnly: m.ReadOnly}}, m.Target, m.ReadOnly, why)
			t.note("Make a PersistentVolumeClaim %s for the volume on %s. It starts empty, without what the image has there, and belongs to root unless fsGroup says otherwise.", name, m.Target)
		}
	}
}

// mount adds a volume and where it is mounted.
func (t *translation) mount(v volume, at string, readOnly bool, why string) {
	v.Name = t.free(label(strings.Trim(path.Clean(at), "/")))
	t.out.Spec.Volumes = append(t.out.Spec.Volumes, v)
	t.explain(fmt.Sprintf("%s.volumeMounts.%d", boxPath, len(t.box.VolumeMounts)), why)
	t.box.VolumeMounts = append(t.box.VolumeMounts, volumeMount{Name: v.Name, MountPath: path.Clean(at), ReadOnly: readOnly})
}

// claimed says that the group of the memory volumes reaches claims, too.
func (t *translation) claimed() {
	isClaim := func(v volume) bool { return v.PersistentVolumeClaim != nil }
	if t.out.Spec.SecurityContext.FSGroup != nil && slices.ContainsFunc(t.out.Spec.Volumes, isClaim) {
		t.note("fsGroup gives what the claims hold to its group, too, where their storage lets it.")
	}
}

// free makes the name one that no other volume has.
func (t *translation) free(name string) string {
	free := name
	for n := 2; t.names[free]; n++ {
		suffix := fmt.Sprintf("-%d", n)
		free = name[:min(len(name), longest-len(suffix))] + suffix
	}
	t.names[free] = true
	return free
}

// tmpfsOptions are the options by name, the last of each.
func tmpfsOptions(text string) map[string]string {
	options := map[string]string{}
	for option := range strings.SplitSeq(text, ",") {
		if key, value, _ := strings.Cut(option, "="); key != "" {
			options[key] = value
		}
	}
	return options
}
