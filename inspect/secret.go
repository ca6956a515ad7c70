package inspect

// LooksSecret says whether a named value is taken for a secret: its name says
// so, or it is a URL with a password inside. An empty value is no secret.
func LooksSecret(name, value string) bool {
	return value != "" && (SecretName(name) || urlPassword(value) != "")
}
