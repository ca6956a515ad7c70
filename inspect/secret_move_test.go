package inspect

import "testing"

func TestSecretFile(t *testing.T) {
	for _, test := range []struct{ image, variable, file, user string }{
		{"postgres", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", ""},
		{"docker.io/library/postgres:16@sha256:ab", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", ""},
		{"index.docker.io/library/mysql:8", "MYSQL_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD_FILE", ""},
		{"mariadb:11", "MYSQL_PASSWORD", "MYSQL_PASSWORD_FILE", ""},
		{"mongo:7", "MONGO_INITDB_ROOT_PASSWORD", "MONGO_INITDB_ROOT_PASSWORD_FILE", "999"},
		{"wordpress:6-apache", "WORDPRESS_DB_PASSWORD", "WORDPRESS_DB_PASSWORD_FILE", "33"},
		{"grafana/grafana-oss", "GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD__FILE", "472"},
		{"grafana/grafana", "ADMIN_PASSWORD", "", ""},
		{"postgres", "PGPASSWORD", "", ""},
		{"redis", "REDIS_PASSWORD", "", ""},
		{"rabbitmq", "RABBITMQ_DEFAULT_PASS", "", ""},
		{"localhost:5000/postgres", "POSTGRES_PASSWORD", "", ""},
		{"bitnami/postgres", "POSTGRES_PASSWORD", "", ""},
		{"", "POSTGRES_PASSWORD", "", ""},
	} {
		file, user, known := SecretFile(test.image, test.variable)
		if file != test.file || user != test.user || known != (test.file != "") {
			t.Errorf("%s, %s: got %q, %q, %t", test.image, test.variable, file, user, known)
		}
	}
}

// A finding that only a moved secret mends is not for a trial.
func TestMovedSecretIsNotTryable(t *testing.T) {
	move := MoveSecret("db", "postgres", "POSTGRES_PASSWORD")
	if move.Tryable() || !(Change{Dial: DialReadOnlyRoot}).Tryable() {
		t.Error("tryable is the wrong one")
	}
	if move.Name() != "secret:POSTGRES_PASSWORD" {
		t.Errorf("got %q", move.Name())
	}
}
