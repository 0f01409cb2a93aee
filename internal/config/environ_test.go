package config

import (
	"slices"
	"testing"
)

func TestWithoutSecrets(t *testing.T) {
	kept := []string{"PATH=/bin", "KVIST_PASSWORD_FILE=p", "CONSUL_HTTP_ADDR=h", "ETCDCTL_ENDPOINTS=h", "TERM=xterm", "EMPTY="}
	given := append(slices.Clone(kept), "KVIST_PASSWORD=s", "KVIST_TOKEN=s", "CONSUL_HTTP_TOKEN=s", "CONSUL_HTTP_AUTH=u:s",
		"ETCDCTL_PASSWORD=s", "ETCDCTL_USER=u:s", "PROD_PASSWORD=s")
	before := slices.Clone(given)
	if got := WithoutSecrets(given, "PROD_PASSWORD"); !slices.Equal(got, kept) {
		t.Errorf("what is left is %q, not %q", got, kept)
	}
	if !slices.Equal(given, before) {
		t.Error("the environment itself was changed")
	}
}

// A command for a secret does not get the other secrets.
func TestSecretCommandGetsNoSecrets(t *testing.T) {
	t.Setenv("KVIST_TOKEN", "hidden")
	t.Setenv("ETCDCTL_PASSWORD", "hidden")
	got, _, err := Secret{Command: []string{"sh", "-c", `echo "<$KVIST_TOKEN$ETCDCTL_PASSWORD>"`}}.read(t.Context(), "password", environ(nil))
	if err != nil || got != "<>" {
		t.Errorf("%q, %v", got, err)
	}
}
