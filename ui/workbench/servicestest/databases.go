package servicestest

import (
	"context"
	"strings"
)

// SQL that may run any number of times on the same data.
const (
	keep = "CREATE TABLE IF NOT EXISTS kept (text varchar(20)); INSERT INTO kept VALUES ('kept');"
	look = "SELECT DISTINCT text FROM kept;"
)

// psql runs SQL with the image's own client and prints rows alone.
func psql(sql string) string {
	return `psql --username postgres --dbname app --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --command "` + sql + `"`
}

// mysql does the same for mariadb, with the password that the container has in
// its environment.
func mysql(sql string) string {
	return `MYSQL_PWD=$MARIADB_ROOT_PASSWORD mariadb --user root --batch --skip-column-names app --execute "` + sql + `"`
}

func postgresWork(ctx context.Context, c Copy) error {
	return c.keeps(ctx, psql(keep), psql("VACUUM FULL kept"), psql("CHECKPOINT"), psql(look))
}

func postgresRemember(ctx context.Context, c Copy) error { return c.keeps(ctx, psql(look)) }

func mariadbWork(ctx context.Context, c Copy) error {
	optimize := mysql("OPTIMIZE TABLE kept") + " >/dev/null" // it answers with rows
	return c.keeps(ctx, mysql(keep), optimize, mysql("FLUSH TABLES; FLUSH LOGS"), mysql(look))
}

func mariadbRemember(ctx context.Context, c Copy) error { return c.keeps(ctx, mysql(look)) }

// keeps runs commands inside the copy, which must print what was to be kept.
func (c Copy) keeps(ctx context.Context, commands ...string) error {
	got, err := c.shell(ctx, strings.Join(commands, "\n"))
	if err == nil && strings.TrimSpace(got) != "kept" {
		err = differs("the table", got, "kept")
	}
	return err
}
