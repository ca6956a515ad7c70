#!/bin/sh
set -e
if [ "$1" = nginx ]; then
	for hook in /docker-entrypoint.d/*.sh; do
		[ -x "$hook" ] && "$hook"
	done
	echo "entrypoint: configuration complete; ready for start up"
fi
exec "$@"
