package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"regexp"

	"bulkhead/inspect"
)

// tool is a program that bulkhead uses where it is there.
type tool struct {
	name, program string
	version       []string
	good, get     string
}

// tools are the programs, in the order they are shown.
var tools = []tool{
	{"Compose plugin", "docker", []string{"compose", "version"}, "starting what was written into a Compose file",
		"Install docker-compose-plugin from Docker's packages, or docker-compose-v2 (Ubuntu)."},
	{"docker-compose", "docker-compose", []string{"version"}, "the same, as a program of its own",
		"Not needed where the plugin is there."},
	{"Grype", "grype", []string{"version"}, "known vulnerabilities of images", "https://github.com/anchore/grype#installation"},
	{"Trivy", "trivy", []string{"--version"}, "known vulnerabilities of images", "https://trivy.dev/docs/latest/getting-started/installation/"},
	{"Syft", "syft", []string{"version"}, "lists of what images contain", "https://github.com/anchore/syft#installation"},
	{"cosign", "cosign", []string{"version"}, "verifying the signatures of images", "https://docs.sigstore.dev/cosign/system_config/installation/"},
	{"apparmor_parser", "apparmor_parser", []string{"--version"}, "checking and loading AppArmor profiles", "apt install apparmor"},
	{"Falco", "falco", []string{"--version"}, "noticing what a container should not do", "https://falco.org/docs/setup/"},
}

// tool asks one program for its version.
func (m Machine) tool(ctx context.Context, t tool, host inspect.Host) Item {
	it := Item{Group: "programs", Name: t.name, For: t.good, Get: t.get}
	path, err := m.LookPath(t.program)
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		it.State, it.Detail = Missing, t.program+" is not in PATH"
		return seen(it, host)
	case err != nil:
		it.State, it.Detail = Unknown, show(err.Error())
		return it
	}
	bounded, cancel := context.WithTimeout(ctx, m.Timeout)
	defer cancel()
	out, err := m.Run(bounded, path, t.version...)
	number := version.FindString(out)
	switch {
	case bounded.Err() != nil:
		it.State, it.Detail = Unknown, fmt.Sprintf("%s did not answer within %s", show(path), m.Timeout)
	case err != nil && t.program == "docker":
		// The docker command is there, and knows no such plugin.
		it.State, it.Detail = Missing, "docker has no compose plugin"
	case err != nil:
		it.State, it.Detail = Unknown, fmt.Sprintf("%s failed: %s", show(path), show(err.Error()))
	case number == "":
		it.State, it.Detail, it.Get = Present, fmt.Sprintf("%s (%s)", show(path), show(out)), ""
	default:
		it.State, it.Detail, it.Get = Present, fmt.Sprintf("%s (%s)", number, show(path)), ""
	}
	return it
}

// seen corrects an item by what was seen running: Falco needs no program in
// PATH where it runs as a container.
func seen(it Item, host inspect.Host) Item {
	switch {
	case it.Name != "Falco":
	case host.Detection == it.Name:
		it.State, it.Detail, it.Get = Present, "it runs on the engine's host", ""
	case host.DetectionUnknown != "":
		it.State, it.Detail = Unknown, it.Detail+", and "+show(host.DetectionUnknown)
	}
	return it
}

// version is a version number in what a program prints.
var version = regexp.MustCompile(`v?\d+\.\d+(\.\d+)?([-+~.][0-9A-Za-z.+~-]+)?`)
