package clone

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"bulkhead/fix"
	"bulkhead/inspect"
)

// hash is that of the archive of a path in a container: names, owners, modes,
// times and contents.
func (p project) hash(id, path string) string {
	p.Helper()
	result, err := p.API.CopyFromContainer(p.Context(), id, client.CopyFromContainerOptions{SourcePath: path})
	if err != nil {
		p.Fatal(err)
	}
	defer result.Content.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, result.Content); err != nil {
		p.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// writer overwrites, deletes, renames and adds in /data as a user who owns it.
const writer = `set -e
cat /data/seed
stat -c 'owned by %u mode %a' /data
setpriv --reuid 33 --regid 33 --clear-groups bash -ec 'echo changed >/data/seed; mv /data/seed /data/moved; mkdir /data/new; touch /data/new/file'
echo wrote`

// ownVolume makes a volume of the person's, which the user 33 owns.
func (p project) ownVolume() mount.Mount {
	p.Helper()
	p.Cleanup(func() { removeVolume(p.T, p.Engine, p.name) })
	p.fillVolume("echo from the volume >seed; chown -R 33:33 .; chmod 2750 .")
	return mount.Mount{Type: mount.TypeVolume, Source: p.name, Target: "/data"}
}

func TestVolumeUnderALayerIsNotWritten(t *testing.T) {
	p := newProject(t)
	data := p.ownVolume()
	web := p.service("web", "", script(writer), container.HostConfig{Mounts: []mount.Mount{data}}, false)
	before := p.hash(web, "/data")
	s := p.open(web, Options{CopyVolumes: true})
	if _, layered := s.layers[p.name]; !layered {
		t.Skipf("this engine mounts no overlay volumes: %q", s.found)
	}
	p.noted(s, "/data is a copy on write of the volume")
	for range 2 { // what the first copy wrote must not be seen by the second
		c := p.run(s, fix.Plan{}, "wrote")
		if lines := c.log.lines(); !slices.Contains(lines, "from the volume") || !slices.Contains(lines, "owned by 33 mode 2750") {
			t.Errorf("it saw %q", lines)
		}
	}
	if after := p.hash(web, "/data"); after != before {
		t.Error("the person's volume changed")
	}
}

func TestVolumeInUseIsCopiedAsItStands(t *testing.T) {
	p := newProject(t)
	data := p.ownVolume()
	web := p.service("web", "", script("echo up"), container.HostConfig{Mounts: []mount.Mount{data}}, true)
	before := p.hash(web, "/data")
	s := p.open(web, Options{CopyVolumes: true})
	p.noted(s, "/data was in use by "+p.name+"-web while it was copied", "/data is a bounded copy of the volume")
	p.run(s, fix.Plan{}, "up")
	// Under a plan that closes the mount the copy has the data all the same.
	closed := fix.NewPlan(inspect.Change{Dial: inspect.DialReadOnlyMount, Path: "/data"})
	c := p.run(s, closed, "up")
	copied, _, err := p.Inspect(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(copied.Mounts, mountedOn("/data")); i < 0 || copied.Mounts[i].RW {
		t.Errorf("mounts %+v", copied.Mounts)
	}
	if stat, err := p.API.ContainerStatPath(t.Context(), c.id, client.ContainerStatPathOptions{Path: "/data/seed"}); err != nil || stat.Stat.Size == 0 {
		t.Errorf("the read-only copy lacks the data: %+v, %v", stat.Stat, err)
	}
	if after := p.hash(web, "/data"); after != before {
		t.Error("the person's volume changed")
	}
}

// A companion that writes the volume that the subject reads, a bind-mounted
// directory and a secret: the person's are the same before and after.
func TestCompanionsLeaveDataAlone(t *testing.T) {
	p := newProject(t)
	if !p.Host.Local {
		t.Skip("looks at bind-mounted files, which needs an engine on this machine")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"counter": "start\n", "secret": "hush\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	data := p.ownVolume()
	bind := mount.Mount{Type: mount.TypeBind, Source: dir, Target: "/srv"}
	secret := mount.Mount{Type: mount.TypeBind, Source: filepath.Join(dir, "secret"), Target: "/run/secrets/key", ReadOnly: true}
	p.service("db", "", script("echo x >>/srv/counter; echo x >>/data/seed; cat /run/secrets/key >/data/copied; ! echo x >>/run/secrets/key"),
		container.HostConfig{Mounts: []mount.Mount{bind, secret, data}}, false)
	web := p.service("web", "db:service_started:false", script("until test -s /data/copied; do sleep .1; done; echo x >>/srv/counter; cat /srv/counter /data/copied; echo done"),
		container.HostConfig{Mounts: []mount.Mount{bind, data}}, false)
	before, volume := p.hash(web, "/srv"), p.hash(web, "/data")
	for _, opt := range []Options{{}, {CopyVolumes: true}} {
		s := p.open(web, opt)
		c := p.run(s, fix.Plan{}, "done")
		if lines := c.log.lines(); !slices.Contains(lines, "hush") {
			t.Errorf("the secret did not come through the volume they share: %q", lines)
		}
	}
	if p.hash(web, "/srv") != before || p.hash(web, "/data") != volume {
		t.Error("the person's data changed")
	}
}

func TestPlanVolumesGoWithTheCopy(t *testing.T) {
	p := newProject(t)
	web := p.service("web", "", script("echo up"), container.HostConfig{}, false)
	s := p.open(web, Options{})
	c := p.run(s, fix.NewPlan(inspect.Change{Dial: inspect.DialVolume, Path: "/var/cache"}), "up")
	made, _, err := p.Inspect(t.Context(), c.id)
	if err != nil || len(made.Mounts) != 1 {
		t.Fatalf("mounts %+v, %v", made.Mounts, err)
	}
	if err := c.remove(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.API.VolumeInspect(t.Context(), made.Mounts[0].Name, client.VolumeInspectOptions{}); err == nil {
		t.Errorf("the volume %s stays", made.Mounts[0].Name)
	}
}
