#!/bin/sh
# Makes debian:bookworm-slim available to the engine: pulled where a registry
# answers, else made with debootstrap from the Debian mirror of this machine
# (root is needed for that; about two minutes).
set -eu
image=debian:bookworm-slim
if docker image inspect "$image" >/dev/null 2>&1; then
	exit 0
fi
if timeout 120 docker pull "$image"; then
	exit 0
fi
echo "$image cannot be pulled; making it with debootstrap" >&2
command -v debootstrap >/dev/null || {
	echo "base.sh: debootstrap is missing: apt-get install debootstrap" >&2
	exit 1
}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT INT TERM
debootstrap --variant=minbase bookworm "$root"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
tar -C "$root" -c . | docker import - "$image"
