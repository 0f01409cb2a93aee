package config

import (
	"slices"
	"strings"
)

// WithoutSecrets is an environment, as os.Environ gives it, for programs that
// kvist starts: an editor and a command for a password need none of the
// secrets that kvist was given, and whatever they start in turn does not
// either. others are names of further variables that hold a secret, as a
// profile's password_env says.
func WithoutSecrets(environ []string, others ...string) []string {
	secret := append([]string{
		"KVIST_PASSWORD", "KVIST_TOKEN",
		"CONSUL_HTTP_TOKEN", "CONSUL_HTTP_AUTH",
		"ETCDCTL_PASSWORD", "ETCDCTL_USER", // which may be user:password
	}, others...)
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(secret, name)
	})
}
