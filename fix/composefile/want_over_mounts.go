package composefile

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bulkhead/inspect"

	"github.com/compose-spec/compose-go/v2/types"
)

// overVolumes says mounts anew: Compose takes the last one of each target. Where
// one has to go, all that stay are said.
func (w *wanted) overVolumes() error {
	changes := slices.DeleteFunc(w.mountChanges(), func(c inspect.Change) bool { return c.Dial == inspect.DialTmpfs })
	if len(changes) == 0 {
		return nil
	}
	items, _, err := w.listOrInherited(volumesKey)
	if err != nil {
		return err
	}
	if len(items) > 0 {
		// The override's own mounts are changed where they stand.
		return w.volumes()
	}
	stay, changed, gone, err := w.mountsUnder(changes)
	if err != nil {
		return err
	}
	if len(gone) == 0 {
		stay = changed
	}
	o := outcome{key: volumesKey}
	for _, v := range stay {
		w.addMount(&o, v)
	}
	if len(gone) > 0 {
		return w.replaceWhole(o, gone)
	}
	w.add(o)
	return nil
}

// mountsUnder are the mounts that are left under the changes, those of them that
// are not as they were, and the paths of those that go.
func (w *wanted) mountsUnder(changes []inspect.Change) (stay, changed []types.ServiceVolumeConfig, gone []string, err error) {
	stay = slices.Clone(w.model.Volumes)
	for _, c := range changes {
		i := slices.IndexFunc(stay, func(v types.ServiceVolumeConfig) bool { return v.Target == c.Path })
		switch {
		case i < 0 && c.Dial == inspect.DialVolume:
			i, stay = len(stay), append(stay, anonymous(c.Path))
		case i < 0:
			return nil, nil, nil, refuse(0, byHand, "the mount on %s does not stand under volumes", c.Path)
		case c.Dial == inspect.DialVolume:
			stay[i] = anonymous(c.Path)
		case c.Dial == inspect.DialRemoveMount:
			gone, stay = append(gone, c.Path), slices.Delete(stay, i, i+1)
			continue
		default:
			stay[i].ReadOnly = true
		}
		changed = append(changed, stay[i])
	}
	return stay, changed, gone, nil
}

// anonymous is a volume without a name.
func anonymous(at string) types.ServiceVolumeConfig {
	return types.ServiceVolumeConfig{Type: types.VolumeTypeVolume, Target: at}
}

// addMount adds a mount of the model: short where that says all of it. What the
// long syntax here leaves out is lost, which the reading back notices.
func (w *wanted) addMount(o *outcome, v types.ServiceVolumeConfig) {
	if v.Type == types.VolumeTypeBind {
		if rel, err := filepath.Rel(w.project.Dir, v.Source); err == nil && filepath.IsLocal(rel) {
			v.Source = strings.TrimSuffix("./"+filepath.ToSlash(rel), "/.")
		}
	}
	switch {
	case v.Type == types.VolumeTypeVolume && v.Source == "":
		o.add = append(o.add, escape(v.Target))
	case shortBind(v), v.Type == types.VolumeTypeVolume && plainVolume(v):
		short := strings.Replace(v.String(), ":rw,", ":", 1)
		o.add = append(o.add, escape(strings.TrimSuffix(short, ":rw")))
	default:
		o.addLong = append(o.addLong, longMount(v))
	}
}

// shortBind says whether a bind mount is what the short syntax makes: it lets the
// engine create the host's directory, the long one does not.
func shortBind(v types.ServiceVolumeConfig) bool {
	return v.Type == types.VolumeTypeBind && v.Bind != nil && bool(v.Bind.CreateHostPath) && v.Bind.Recursive == ""
}

func plainVolume(v types.ServiceVolumeConfig) bool {
	return v.Volume == nil || v.Volume.Subpath == "" && len(v.Volume.Labels) == 0
}

// longMount is a mount in the long syntax.
func longMount(v types.ServiceVolumeConfig) []outcome {
	long := []outcome{{key: "type", text: v.Type}, {key: "source", text: escape(v.Source)}, {key: "target", text: escape(v.Target)}}
	if v.Source == "" {
		long = slices.Delete(long, 1, 2)
	}
	if v.ReadOnly {
		long = append(long, outcome{key: "read_only", scalar: "true"})
	}
	if v.Bind != nil && v.Bind.Propagation != "" {
		long = append(long, outcome{key: "bind", below: []outcome{{key: "propagation", text: v.Bind.Propagation}}})
	}
	if v.Tmpfs != nil && v.Tmpfs.Size > 0 {
		long = append(long, outcome{key: "tmpfs", below: []outcome{{key: "size", scalar: strconv.FormatInt(int64(v.Tmpfs.Size), 10)}}})
	}
	return long
}

// overPorts says all ports anew: a port under another address would stand
// beside the one of the earlier file.
func (w *wanted) overPorts() error {
	if !slices.ContainsFunc(w.today.Ports, w.closes) {
		return nil
	}
	if items, _, err := w.listOrInherited(portsKey); err != nil {
		return err
	} else if len(items) > 0 {
		return w.ports()
	}
	var today, want []string
	for _, p := range w.model.Ports {
		today = append(today, portText(p))
		port := inspect.Port{HostIP: p.HostIP, Container: uint16(p.Target), Protocol: p.Protocol}
		if w.closes(port) {
			p.HostIP = inspect.Loopback
		}
		want = append(want, portText(p))
	}
	slices.Sort(want)
	return w.over(portsKey, today, slices.Compact(want), asWritten)
}

// portText is a port in the short syntax.
func portText(p types.ServicePortConfig) string {
	text := fmt.Sprintf("%d/%s", p.Target, p.Protocol)
	text = strings.TrimSuffix(text, "/tcp")
	if p.Published == "" && p.HostIP == "" {
		return text
	}
	text = p.Published + ":" + text
	switch {
	case strings.Contains(p.HostIP, ":"):
		text = "[" + strings.Trim(p.HostIP, "[]") + "]:" + text
	case p.HostIP != "":
		text = p.HostIP + ":" + text
	}
	return text
}

// overLimits writes each limit in the form that counts today.
func (w *wanted) overLimits() error {
	if !w.deploys() || own(w.mapping, "deploy") != nil {
		return w.limits()
	}
	var deployed []outcome
	err := w.eachLimit(func(l limit) error {
		deployed = append(deployed, l.deployed)
		return nil
	})
	if err == nil && len(deployed) > 0 {
		w.add(deployOutcome(deployed))
	}
	return err
}
