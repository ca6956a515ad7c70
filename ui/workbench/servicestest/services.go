// Package servicestest knows the real services of testdata/images that trials
// are tested with: what each must be told to start, and an exercise that makes
// it do its work. Only tests import it.
//
// An exercise is a command on the host. So that no clients need be there, the
// test's own binary is that command: it calls Run, which speaks the service's
// protocol to the copy that the environment names.
package servicestest

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// Service is one service.
type Service struct {
	// Name is its directory below testdata/images.
	Name string
	// Env is what the container needs in its environment.
	Env []string
	// quick services are those that every run of the tests tries.
	quick bool
	// work makes the service do its work; where it keeps data, some is left.
	work exercise
	// remember checks after a restart that what work left is still there. A
	// service that keeps nothing does its work again.
	remember exercise
}

// exercise talks to a copy, and returns nil when it did as it should.
type exercise func(context.Context, Copy) error

// All are the services, sorted by name.
func All() []Service {
	return []Service{
		{Name: "bind9", work: resolve, remember: resolve},
		{Name: "caddy", work: caddyBody, remember: caddyBody},
		{Name: "haproxy", work: haproxyGets, remember: haproxyGets},
		{Name: "httpd", work: httpdParallel, remember: httpdParallel},
		{Name: "mariadb", Env: []string{"MARIADB_ROOT_PASSWORD=correct-horse"}, work: mariadbWork, remember: mariadbRemember},
		{Name: "memcached", work: memcachedWork, remember: memcachedWork},
		{Name: "mosquitto", work: mosquittoWork, remember: mosquittoRemember},
		{Name: "nginx", quick: true, work: nginxWork, remember: nginxWork},
		{Name: "php-fpm", work: fastCGI, remember: fastCGI},
		{Name: "postgres", quick: true, Env: []string{"POSTGRES_PASSWORD=correct-horse"}, work: postgresWork, remember: postgresRemember},
		{Name: "redis", quick: true, work: redisWork, remember: redisRemember},
		{Name: "sshd", work: sshdWork, remember: sshdRemember},
	}
}

// Chosen are the services that BULKHEAD_SERVICES names, with commas between
// them, or all where it says "all". Without it they are those that are quick.
func Chosen(t testing.TB) []Service {
	t.Helper()
	all, names := All(), os.Getenv("BULKHEAD_SERVICES")
	switch names {
	case "all":
		return all
	case "":
		return slices.DeleteFunc(all, func(s Service) bool { return !s.quick })
	}
	var chosen []Service
	for name := range strings.SplitSeq(names, ",") {
		s, err := find(name)
		if err != nil {
			t.Fatalf("BULKHEAD_SERVICES: %v", err)
		}
		chosen = append(chosen, s)
	}
	return chosen
}

func find(name string) (Service, error) {
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
	}
	return Service{}, fmt.Errorf("there is no service %q", name)
}

// Run runs the exercise of the named service against the copy that the
// BULKHEAD_ variables name. BULKHEAD_PHASE says which part: after "restart"
// what the work had left must still be there, anything else is the work.
func Run(ctx context.Context, name string, getenv func(string) string) error {
	s, err := find(name)
	if err != nil {
		return err
	}
	part := s.work
	if getenv("BULKHEAD_PHASE") == "restart" {
		part = s.remember
	}
	c := Copy{Container: getenv("BULKHEAD_CONTAINER"), Address: getenv("BULKHEAD_ADDRESS"), getenv: getenv}
	if err := part(ctx, c); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
