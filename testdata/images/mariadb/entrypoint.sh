#!/bin/bash
set -eo pipefail
data=/var/lib/mysql
if [ "$1" = mariadbd ] && [ "$(id -u)" = 0 ]; then
	mkdir -p "$data" /run/mysqld
	# On filled data this walks into directories that only mysql may read.
	find "$data" /run/mysqld \! -user mysql -exec chown mysql: '{}' +
	exec gosu mysql "$BASH_SOURCE" "$@"
fi
if [ "$1" = mariadbd ] && [ ! -d "$data/mysql" ]; then
	mariadb-install-db --datadir="$data" --skip-test-db --auth-root-authentication-method=normal >/dev/null
	"$@" --skip-networking &
	server=$!
	until mariadb-admin --user=root --silent ping >/dev/null 2>&1; do sleep 0.1; done
	mariadb --user=root <<-SQL
		CREATE DATABASE \`${MARIADB_DATABASE:-app}\`;
		ALTER USER root@localhost IDENTIFIED BY '$MARIADB_ROOT_PASSWORD';
	SQL
	kill "$server"
	wait "$server"
	echo "entrypoint: init process complete; ready for start up"
fi
exec "$@"
