package engine

import (
	"path/filepath"
	"strconv"
	"strings"
)

// The labels Compose writes (compose-spec and docker/compose pkg/api/labels.go;
// the same names since docker-compose 1.25 in Python).
const (
	labelProject    = "com.docker.compose.project"
	labelService    = "com.docker.compose.service"
	labelOneOff     = "com.docker.compose.oneoff"
	labelNumber     = "com.docker.compose.container-number"
	labelFiles      = "com.docker.compose.project.config_files"
	labelWorkingDir = "com.docker.compose.project.working_dir"
)

// labelSession marks what bulkhead itself created; its value names the run.
const labelSession = "bulkhead.session"

// service names one service of one project.
type service struct{ project, name string }

// String is what a person types: project/service.
func (s service) String() string { return s.project + "/" + s.name }

// composeService says which service the container is a replica of. A container
// of `compose run` is nobody's replica.
func composeService(labels map[string]string) (service, bool) {
	s := service{labels[labelProject], labels[labelService]}
	oneOff, _ := strconv.ParseBool(labels[labelOneOff])
	return s, s.project != "" && s.name != "" && !oneOff
}

// replica is the container's number within its service.
func replica(labels map[string]string) int {
	n, _ := strconv.Atoi(labels[labelNumber])
	return n
}

// composeFiles are the files the service was read from. Version 1 wrote them
// relative to the working directory, version 2 writes absolute paths; "-" is
// standard input and no file.
func composeFiles(labels map[string]string) []string {
	var files []string
	dir := labels[labelWorkingDir]
	for file := range strings.SplitSeq(labels[labelFiles], ",") {
		file = strings.TrimSpace(file)
		if file == "" || file == "-" {
			continue
		}
		if !absolute(file) && absolute(dir) {
			file = filepath.Join(dir, file)
		}
		files = append(files, file)
	}
	return files
}

// absolute says whether the path is absolute on the system that wrote it, which
// need not be this one.
func absolute(path string) bool {
	windows := len(path) > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/')
	return filepath.IsAbs(path) || windows || strings.HasPrefix(path, `\\`)
}
