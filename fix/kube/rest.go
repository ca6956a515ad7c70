package kube

import (
	"fmt"
	"strings"

	"bulkhead/inspect"
)

// note adds what a person should know, once.
func (t *translation) note(format string, args ...any) {
	text := inspect.Printable(fmt.Sprintf(format, args...))
	for _, n := range t.notes {
		if n == text {
			return
		}
	}
	t.notes = append(t.notes, text)
}

// limits are memory and processors; the others a pod cannot say.
func (t *translation) limits() {
	l := t.s.Limits
	if l.Memory > 0 {
		t.box.Resources.Limits.Memory, t.box.Resources.Requests.Memory = memory(l.Memory), memory(l.Memory)
		t.explain(boxPath+".resources.limits.memory", t.evidence(inspect.DialMemory, ""))
	}
	if l.CPUs > 0 {
		t.box.Resources.Limits.CPU, t.box.Resources.Requests.CPU = processors(l.CPUs), processors(l.CPUs)
		t.explain(boxPath+".resources.limits.cpu", t.evidence(inspect.DialCPUs, ""))
	}
	if l.Memory > 0 || l.CPUs > 0 {
		t.explain(boxPath+".resources.requests", "assumed: as much as it may use")
	}
	if l.PIDs > 0 {
		t.note("Kubernetes cannot limit processes for a pod; the kubelet does for all of them (podPidsLimit). It is %d here.", l.PIDs)
	}
	for _, u := range l.Ulimits {
		t.note("Kubernetes cannot say the ulimit %s=%d:%d.", u.Name, u.Soft, u.Hard)
	}
}

// namespaces that are the host's today stay so, openly.
func (t *translation) namespaces() {
	n, spec := t.s.Namespaces, &t.out.Spec
	for _, shared := range []struct {
		value, key string
		set        *bool
	}{{n.Network, "hostNetwork", &spec.HostNetwork}, {n.PID, "hostPID", &spec.HostPID}, {n.IPC, "hostIPC", &spec.HostIPC}} {
		switch {
		case shared.value == "host":
			*shared.set = true
			t.explain(podPath+"."+shared.key, "as the container is today")
			t.note("%s is on as it is today. Take it away where the service works without: the pod shares it with its whole node.", shared.key)
		case strings.Contains(shared.value, ":"):
			t.note("It shares a namespace with %s, which in Kubernetes is another container of the same pod.", shared.value)
		}
	}
	if n.UTS == "host" {
		t.note("It has the host's name (uts: host), which a pod has with hostNetwork alone.")
	}
	if t.s.Runtime != "" {
		spec.RuntimeClassName = label(t.s.Runtime)
		t.note("It runs under %s: the cluster needs a RuntimeClass %s.", t.s.Runtime, spec.RuntimeClassName)
	}
}

// ports are what it listens on; on which address of a node somebody reaches
// them is a Service's affair.
func (t *translation) ports() {
	if t.s.Namespaces.Network == "host" {
		return // they would have to be free on the node
	}
	for _, p := range t.listened() {
		protocol := strings.ToUpper(p.Protocol)
		if protocol == "TCP" {
			protocol = "" // the default
		}
		t.box.Ports = append(t.box.Ports, containerPort{p.Number, protocol})
	}
	if len(t.s.Ports) > 0 {
		t.note("Published ports are not carried over: write a Service for who needs them, rather than a hostPort.")
	}
}

// environment names each variable and the place that its value is to come
// from.
func (t *translation) environment() {
	secrets, config := t.box.Name+"-secrets", t.box.Name+"-config"
	used := map[string][]string{}
	for _, own := range t.in.Env {
		name, v := own.Name, envVar{Name: own.Name}
		if own.Secret {
			v.ValueFrom.SecretKeyRef = &keyRef{secrets, name}
			used["Secret "+secrets] = append(used["Secret "+secrets], name)
		} else {
			v.ValueFrom.ConfigMapKeyRef = &keyRef{config, name}
			used["ConfigMap "+config] = append(used["ConfigMap "+config], name)
		}
		t.box.Env = append(t.box.Env, v)
	}
	for _, object := range []string{"Secret " + secrets, "ConfigMap " + config} {
		if names := used[object]; len(names) > 0 {
			t.note("Make a %s with the keys %s; no value is written here.", object, strings.Join(names, ", "))
		}
	}
}

// unsayable are settings that no pod has.
func (t *translation) unsayable() {
	for _, d := range t.s.Devices {
		t.note("Kubernetes cannot pass the device %s in; that takes a device plugin.", d.Host)
	}
	if t.s.Limits.MemorySwap > 0 && t.s.Limits.MemorySwap != 2*t.s.Limits.Memory {
		t.note("Kubernetes cannot say how much swap the container may use.")
	}
}
