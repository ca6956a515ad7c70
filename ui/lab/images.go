package lab

import (
	"io/fs"

	"bulkhead/inspect/agent"
	"bulkhead/ui/lab/service"
)

// imageLabel marks the images of the practice services.
const imageLabel = "bulkhead.lab"

// images describes the practice services' images, by the names that
// compose.yaml uses. They look like the images
// that they stand for: root is the user, and the entrypoint does the rest.
func (o Options) images() []agent.Image {
	dir := func(path string) agent.File { return agent.File{Path: path, Mode: fs.ModeDir | 0o755} }
	temporary := agent.File{Path: "/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777}
	all := []agent.Image{
		image("web", []string{"80/tcp"}, nil, dir("/run"), dir("/var/cache"), temporary),
		image("store", []string{"6379/tcp"}, []string{"/data"}, dir("/data"), temporary),
		image("ping", nil, nil, temporary),
		image("admin", []string{"8080/tcp"}, nil, dir("/var/run"), temporary),
	}
	for i := range all {
		all[i].Name = o.imagePrefix + all[i].Labels[imageLabel] + ":1"
	}
	return all
}

// image describes one service's image. It knows the users that the services
// switch to by name, as real images do.
func image(name string, ports, volumes []string, files ...agent.File) agent.Image {
	return agent.Image{
		Entrypoint:   append([]string{agent.Path}, service.Command(name)...),
		ExposedPorts: ports,
		Volumes:      volumes,
		WorkingDir:   "/",
		Labels:       map[string]string{imageLabel: name},
		Files: append(files,
			agent.File{Path: "/etc/passwd", Mode: 0o644, Data: []byte(passwd)},
			agent.File{Path: "/etc/group", Mode: 0o644, Data: []byte(group)},
		),
	}
}

const (
	passwd = "root:x:0:0:root:/:\nweb:x:101:101:web:/:\nstore:x:999:999:store:/:\n"
	group  = "root:x:0:\nweb:x:101:\nstore:x:999:\n"
)
