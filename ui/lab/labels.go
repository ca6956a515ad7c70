package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// The labels that Compose finds its own by; docker/compose pkg/api/labels.go.
const (
	projectLabel    = "com.docker.compose.project"
	serviceLabel    = "com.docker.compose.service"
	numberLabel     = "com.docker.compose.container-number"
	oneoffLabel     = "com.docker.compose.oneoff"
	hashLabel       = "com.docker.compose.config-hash"
	imageIDLabel    = "com.docker.compose.image"
	dependsLabel    = "com.docker.compose.depends_on"
	filesLabel      = "com.docker.compose.project.config_files"
	directoryLabel  = "com.docker.compose.project.working_dir"
	networkLabel    = "com.docker.compose.network"
	volumeLabel     = "com.docker.compose.volume"
	versionLabel    = "com.docker.compose.version"
	composeOfLabels = "2.40.3"
)

// containerLabels are the labels of a service's only container.
func containerLabels(p *types.Project, s types.ServiceConfig, imageID string) (map[string]string, error) {
	hash, err := configHash(s)
	if err != nil {
		return nil, err
	}
	labels := map[string]string{}
	maps.Copy(labels, s.Labels)
	maps.Copy(labels, map[string]string{
		projectLabel:   p.Name,
		serviceLabel:   s.Name,
		numberLabel:    "1",
		oneoffLabel:    "False",
		hashLabel:      hash,
		imageIDLabel:   imageID,
		dependsLabel:   dependencies(s),
		filesLabel:     strings.Join(p.ComposeFiles, ","),
		directoryLabel: p.WorkingDir,
		// Compose compares versions, so this has to be one: the one whose
		// labels these are.
		versionLabel: composeOfLabels,
	})
	return labels, nil
}

// dependencies writes what a service depends on: "web:service_started:false".
func dependencies(s types.ServiceConfig) string {
	var list []string
	for _, name := range s.GetDependencies() {
		d := s.DependsOn[name]
		list = append(list, fmt.Sprintf("%s:%s:%t", name, d.Condition, d.Restart))
	}
	return strings.Join(list, ",")
}

// configHash is the hash by which Compose sees that a service has changed: the
// SHA-256 of the service's JSON without what does not concern its container
// (docker/compose pkg/compose/hash.go). Where a release of Compose computes
// another one, it makes the containers anew, which does no harm.
func configHash(s types.ServiceConfig) (string, error) {
	s.Build, s.PullPolicy, s.Scale, s.DependsOn, s.Profiles = nil, "", nil, nil, nil
	if s.Deploy != nil {
		deploy := *s.Deploy
		deploy.Replicas = nil
		s.Deploy = &deploy
	}
	data, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("service %s: %w", s.Name, err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return "", fmt.Errorf("service %s: %w", s.Name, err)
	}
	sum := sha256.Sum256(inOrder(keys))
	return hex.EncodeToString(sum[:]), nil
}

// inOrder writes the object with its keys in the order that Compose hashes.
func inOrder(keys map[string]json.RawMessage) []byte {
	var fields []string
	for _, key := range hashOrder {
		if value, ok := keys[key]; ok {
			fields = append(fields, fmt.Sprintf("%q:%s", key, value))
		}
	}
	return []byte("{" + strings.Join(fields, ",") + "}")
}

// hashOrder are the settings that the lab can translate, in the order in which
// Compose hashes them.
var hashOrder = []string{
	"cap_add", "cap_drop", "cgroup_parent", "cgroup", "cpus", "cpuset", "cpu_shares",
	"command", "container_name", "deploy", "devices", "dns", "dns_search",
	"domainname", "entrypoint", "environment", "env_file", "expose", "extra_hosts", "group_add",
	"hostname", "healthcheck", "image", "init", "ipc", "labels", "logging",
	"mem_limit", "mem_reservation", "memswap_limit", "network_mode", "networks",
	"oom_score_adj", "pid", "pids_limit", "ports", "privileged", "read_only", "restart",
	"runtime", "security_opt", "shm_size", "stdin_open", "stop_grace_period", "stop_signal",
	"sysctls", "tmpfs", "tty", "ulimits", "user", "userns_mode", "uts", "volumes", "working_dir",
}
