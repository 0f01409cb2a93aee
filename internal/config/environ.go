package config

import (
	"slices"
	"strings"
)

// WithoutSecrets returns an environment, as os.Environ returns it, for programs
// that kvist starts: an editor and a command for a password need none of
// kvist's secrets, and neither do the programs that they start. others are
// further variables that hold a secret, such as a profile's password_env.
func WithoutSecrets(environ []string, others ...string) []string {
	secret := append([]string{"KVIST_PASSWORD", "KVIST_TOKEN"}, others...)
	for _, k := range stores {
		secret = append(secret, k.secrets...)
	}
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(secret, name)
	})
}
