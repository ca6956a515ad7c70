#!/bin/bash
set -Eeo pipefail
if [ "$1" = postgres ]; then
	mkdir -p "$PGDATA"
	chmod 00700 "$PGDATA" 2>/dev/null || :
	mkdir -p /var/run/postgresql 2>/dev/null || :
	chmod 03775 /var/run/postgresql 2>/dev/null || :
	if [ "$(id -u)" = 0 ]; then
		find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
		find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
		exec gosu postgres "$BASH_SOURCE" "$@"
	fi
	if [ ! -s "$PGDATA/PG_VERSION" ]; then
		initdb --username=postgres --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") >/dev/null
		echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
		pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
		psql -v ON_ERROR_STOP=1 --no-psqlrc -U postgres -d postgres \
			-c "CREATE DATABASE \"${POSTGRES_DB:-app}\"" >/dev/null
		pg_ctl -D "$PGDATA" -m fast -w stop
		echo "entrypoint: init process complete; ready for start up"
	fi
	set -- "$@" -c listen_addresses='*'
fi
exec "$@"
