package inspect

import (
	"slices"
	"strings"
)

// Secret is a variable of a service's environment as a Compose secret: a file
// that the service finds under /run/secrets. It never holds the value.
type Secret struct {
	Variable string `json:"variable"`
	// Name is the secret's name in the Compose file.
	Name string `json:"name"`
	// FileVariable takes the variable's place and holds the file's path; "" where
	// the image is not known to read such a variable.
	FileVariable string `json:"fileVariable,omitempty"`
}

// Path is where the service finds the file.
func (s Secret) Path() string { return "/run/secrets/" + s.Name }

// MoveSecret is the change that moves a variable of the service into a secret.
func MoveSecret(service, image, variable string) Change {
	file, _, _ := SecretFile(image, variable)
	return Change{Dial: DialSecret, Secret: Secret{
		Variable: variable, Name: strings.ToLower(service + "_" + variable), FileVariable: file,
	}}
}

// readsFiles is an image that reads some variables from files.
type readsFiles struct {
	suffix string
	// user is who reads the file, where that is not root.
	user string
	// variables are those it reads so; prefix are all that start like this.
	variables []string
	prefix    string
}

var (
	readsMySQL     = []string{"MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD"}
	readsWordPress = []string{
		"WORDPRESS_DB_PASSWORD", "WORDPRESS_AUTH_KEY", "WORDPRESS_SECURE_AUTH_KEY", "WORDPRESS_LOGGED_IN_KEY", "WORDPRESS_NONCE_KEY",
		"WORDPRESS_AUTH_SALT", "WORDPRESS_SECURE_AUTH_SALT", "WORDPRESS_LOGGED_IN_SALT", "WORDPRESS_NONCE_SALT",
	}
	readsGrafana = readsFiles{suffix: "__FILE", user: "472", prefix: "GF_"}
)

// filesRead are the images whose documentation says that they read a variable
// from a file, with the secrets among those variables. Where the program reads
// the file only after it gave up root, user says as whom.
var filesRead = map[string]readsFiles{
	"postgres": {suffix: "_FILE", variables: []string{"POSTGRES_PASSWORD"}},
	"mysql":    {suffix: "_FILE", variables: readsMySQL},
	"mariadb": {suffix: "_FILE", variables: append([]string{
		"MARIADB_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD_HASH", "MARIADB_PASSWORD", "MARIADB_PASSWORD_HASH",
	}, readsMySQL...)},
	"mongo":                      {suffix: "_FILE", user: "999", variables: []string{"MONGO_INITDB_ROOT_PASSWORD"}},
	"wordpress":                  {suffix: "_FILE", user: "33", variables: readsWordPress},
	"nextcloud":                  {suffix: "_FILE", variables: []string{"NEXTCLOUD_ADMIN_PASSWORD", "MYSQL_PASSWORD", "POSTGRES_PASSWORD"}},
	"grafana/grafana":            readsGrafana,
	"grafana/grafana-oss":        readsGrafana,
	"grafana/grafana-enterprise": readsGrafana,
}

// SecretFile says which variable the image takes the path of a file with the
// variable's value from, and which user reads the file, "" for root. known is
// false where the image's documentation does not say so.
func SecretFile(image, variable string) (file, user string, known bool) {
	reads, ok := filesRead[repository(image)]
	if !ok || !slices.Contains(reads.variables, variable) && (reads.prefix == "" || !strings.HasPrefix(variable, reads.prefix)) {
		return "", "", false
	}
	return variable + reads.suffix, reads.user, true
}

// repository is an image's name as Docker Hub knows it, without tag and digest.
// The name of another registry stays in it.
func repository(image string) string {
	name, _, _ := strings.Cut(image, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	for _, prefix := range []string{"index.", "docker.io/", "library/"} {
		name = strings.TrimPrefix(name, prefix)
	}
	return name
}
