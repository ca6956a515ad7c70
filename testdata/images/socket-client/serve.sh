#!/bin/sh
# BULKHEAD_TEST_VICTIM is a container that is asked to be restarted.
set -u
call() {
	if [ -n "${DOCKER_HOST:-}" ]; then
		curl -sS "$@" --connect-to "engine:80:${DOCKER_HOST#tcp://}"
	else
		curl -sS --unix-socket /var/run/docker.sock "$@"
	fi
}
trap 'kill $events 2>/dev/null; exit 0' TERM
call -I http://engine/_ping >/dev/null
call http://engine/v1.41/version >/dev/null
id=$(call http://engine/v1.41/containers/json | sed -n 's/.*"Id":"\([0-9a-f]\{64\}\)".*/\1/p')
call "http://engine/v1.41/containers/${id:-none}/json" >/dev/null
call "http://engine/v1.41/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D" >/dev/null &
events=$!
printf 'restart: '
call -o /dev/null -w '%{http_code}\n' -X POST "http://engine/v1.41/containers/${BULKHEAD_TEST_VICTIM:-none}/restart?t=0"
printf 'create: '
call -o /dev/null -w '%{http_code}\n' -X POST -H 'Content-Type: application/json' -d '{"Image":"debian:bookworm-slim","HostConfig":{"Binds":["/:/host"]}}' "http://engine/v1.41/containers/create?name=never-there"
echo ready
while :; do sleep 1 & wait $!; done
