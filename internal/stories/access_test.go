package stories

import (
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

// A read-only profile refuses every change, and says so.
func TestReadOnlyRefuses(t *testing.T) {
	s := onEtcd(t)
	s.put("a", "value of a")
	x := s.open("--read-only")
	x.Sees("read-only", "value of a")
	for _, refused := range [][2]string{ // in an order in which each message differs from the one before
		{"e", "nothing can be edited"}, {"d", "nothing can be deleted"}, {"a", "nothing can be added"}, {"D", "nothing can be deleted"},
	} {
		x.Press(refused[0])
		x.Sees(refused[1])
		if x.Dialog() != "" {
			x.Press("esc")
			x.SeesNot("Cannot edit here")
		}
	}
	s.stays("a", "value of a")
	x.Quit()
}

// A profile whose secret is in a file can be opened, and a key edited.
func loggedIn(h *home, profile, secretFile, secret, key string) *terminal {
	h.Helper()
	h.write("config/kvist/"+secretFile, secret+"\n")
	h.write("config/kvist/config.toml", profile)
	x := h.start(110, 30, "prod")
	x.Sees("prod", "● live", "value of")
	x.Press("e")
	x.Sees(" editing ")
	x.Type("new ")
	x.Press("ctrl+s")
	x.Sees("saved "+key, "new value of")
	if strings.Contains(x.Stream(), secret) {
		h.Error("the secret is on the screen")
	}
	return x
}

func TestConsulTokenFromAFile(t *testing.T) {
	t.Parallel()
	const token = "5e1f-story-master-token"
	server := kvtest.StartConsul(t, kvtest.WithACL(token))
	if _, err := server.CLI("kv", "put", "app/a", "value of a"); err != nil {
		t.Fatal(err)
	}
	h := newHome(t)
	loggedIn(h, `
[profile.prod]
address = "consul://`+server.Addr+`/app"
token_file = "token"
`, "token", token, "app/a").Quit()
	if got, err := server.CLI("kv", "get", "app/a"); err != nil || got != "new value of a" {
		t.Errorf("%q, %v", got, err)
	}
	h.refused("consul://" + server.Addr + "/app")
}

func TestEtcdPasswordFromAFile(t *testing.T) {
	t.Parallel()
	const password = "story-hidden"
	server := kvtest.StartEtcd(t)
	for _, args := range [][]string{
		{"put", "app/a", "value of a"},
		{"user", "add", "root:" + password},
		{"user", "grant-role", "root", "root"},
		{"auth", "enable"},
	} {
		if _, err := server.CLI(args...); err != nil && !strings.Contains(strings.Join(args, " "), "grant-role") {
			t.Fatal(err)
		}
	}
	h := newHome(t)
	loggedIn(h, `
[profile.prod]
address = "etcdv3://`+server.Addr+`/app"
user = "root"
password_file = "password"
`, "password", password, "app/a").Quit()
	if got, err := server.CLI("--user", "root:"+password, "get", "--print-value-only", "app/a"); err != nil || got != "new value of a" {
		t.Errorf("%q, %v", got, err)
	}
	h.refused("etcdv3://" + server.Addr + "/app")
}

// refused opens an address without the secret and expects the error: instead of
// the explorer if the store asks at once, else in it.
func (h *home) refused(address string) {
	h.Helper()
	x := h.start(110, 30, address)
	x.Until("a word on access", func() bool { return strings.Contains(strings.ToLower(x.Text()), "denied") })
}
