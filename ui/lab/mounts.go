package lab

import (
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/moby/api/types/mount"
)

// mounted is what a service mounts, in the three ways the API takes it.
type mounted struct {
	binds  []string
	mounts []mount.Mount
	tmpfs  map[string]string
}

// mounts translates the volumes and tmpfs of a service. Bind mounts and volumes
// become bind strings, as in Compose: only so does the engine make a missing
// directory on the host, and fill an empty volume from the image.
func mounts(p *types.Project, s types.ServiceConfig) (mounted, error) {
	var m mounted
	for _, t := range s.Tmpfs {
		path, options, _ := strings.Cut(t, ":")
		if m.tmpfs == nil {
			m.tmpfs = map[string]string{}
		}
		m.tmpfs[path] = options
	}
	for _, v := range s.Volumes {
		source := v.Source
		var options []string
		switch {
		case v.Type == types.VolumeTypeTmpfs:
			t := mount.Mount{Type: mount.TypeTmpfs, Target: v.Target, ReadOnly: v.ReadOnly}
			if v.Tmpfs != nil {
				t.TmpfsOptions = &mount.TmpfsOptions{SizeBytes: int64(v.Tmpfs.Size), Mode: os.FileMode(v.Tmpfs.Mode)}
			}
			m.mounts = append(m.mounts, t)
			continue
		case v.Type == types.VolumeTypeVolume && source == "":
			continue
		case v.Type == types.VolumeTypeVolume:
			source = p.Volumes[source].Name
			if v.Volume != nil && v.Volume.NoCopy {
				options = append(options, "nocopy")
			}
		case v.Bind != nil && v.Bind.SELinux != "":
			options = append(options, v.Bind.SELinux)
		}
		if v.Bind != nil && v.Bind.Propagation != "" {
			options = append(options, v.Bind.Propagation)
		}
		if strings.Contains(source, ":") || strings.Contains(v.Target, ":") {
			return m, fmt.Errorf("service %s: the volume %q has a colon in its path", s.Name, v.Target)
		}
		access := "rw"
		if v.ReadOnly {
			access = "ro"
		}
		access = strings.Join(append([]string{access}, options...), ",")
		m.binds = append(m.binds, source+":"+v.Target+":"+access)
	}
	return m, nil
}

// anonymous returns the volumes without a name.
func anonymous(s types.ServiceConfig) map[string]struct{} {
	var volumes map[string]struct{}
	for _, v := range s.Volumes {
		if v.Type == types.VolumeTypeVolume && v.Source == "" {
			if volumes == nil {
				volumes = map[string]struct{}{}
			}
			volumes[v.Target] = struct{}{}
		}
	}
	return volumes
}
