package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kvist/internal/config"
	"kvist/kv/kvtest"
)

// Another store is opened with what its own profile says of it, and by nothing that
// was said of the explored one; that one is never opened twice.
func TestOtherStoresOfTheExplorer(t *testing.T) {
	etcd, consul := kvtest.SharedEtcdEmbedded(t).Addr, placeNamed(t, "consul").server(t).Addr
	file := filepath.Join(t.TempDir(), "config.toml")
	text := "[profile.prod]\naddress = \"etcdv3://" + etcd + "/others\"\nmask = [\"secrets/\"]\n" +
		"[profile.audit]\naddress = \"etcdv3://" + etcd + "\"\nread_only = true\n" +
		"[profile.staging]\naddress = \"consul://" + consul + "/stage\"\nprotected = true\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	p := &Program{Env: func(string) (string, bool) { return "", false }}
	o := &options{config: file, Settings: config.Settings{User: "alice", Password: config.Secret{File: "/nowhere"}}}
	settings, choice, err := p.choose(o, "prod")
	require.NoError(t, err)
	own, err := p.resolve(t.Context(), &options{config: file}, choice)
	require.NoError(t, err)
	defer own.stop()
	store, err := own.openUntil(t.Context())
	require.NoError(t, err)
	defer store.Close()
	others := &others{program: p, options: o.elsewhere(), settings: settings, own: site{target: own, store: store}}
	defer others.close()

	for _, c := range []struct {
		profile, name, key    string
		mine, same            bool
		readOnly, isProtected bool
	}{
		{"prod", "x", "others/x", true, true, false, false},
		{"", "etcdv3://" + etcd + "/y/", "y/web", true, true, false, false},
		{"audit", "z", "z", false, true, true, false},
		{"staging", "", "stage/web", false, false, false, true},
		{"staging", "a%20b/c", "stage/a%20b/c", false, false, false, true},
		{"", "consul://" + consul + "/a%20b", "a b", false, false, false, false},
	} {
		s, err := others.open(t.Context(), c.profile, c.name, "web")
		require.NoError(t, err, c.name)
		require.Equal(t, c.key, s.Prefix)
		require.Equal(t, []bool{c.mine, c.same, c.readOnly, c.isProtected}, []bool{s.Store == store, s.Same, s.ReadOnly, s.Protected}, c.profile+c.name)
		require.Equal(t, c.mine, s.Masked("secrets/a"), "what is masked here is masked there: "+c.profile+c.name)
		s.Close()
		s.Close()
	}
	for name, says := range map[string]string{
		"embedded://": "the embedded store of another kvist", "etcdv3://" + kvtest.DeadAddr(): "not reachable", "consul://a:b@c": "has a password in it",
	} {
		_, err := others.open(t.Context(), "", name, "web")
		require.ErrorContains(t, err, says)
	}
}

// Another store is explored with everything of its own: its profile, what it may do,
// a journal; nothing that was said of the login to the first one, and no word on the
// terminal. Its end is not that of the first.
func TestOtherStoresInTabs(t *testing.T) {
	etcd, consul := kvtest.SharedEtcdEmbedded(t).Addr, placeNamed(t, "consul").server(t).Addr
	file := filepath.Join(t.TempDir(), "config.toml")
	text := "[profile.prod]\naddress = \"etcdv3://" + etcd + "/others\"\n" +
		"[profile.audit]\naddress = \"consul://" + consul + "/stage\"\nread_only = true\ntoken_env = \"AUDIT_TOKEN\"\n" +
		"[profile.staging]\naddress = \"consul://" + consul + "/stage\"\nprotected = true\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	said := &strings.Builder{}
	p := &Program{Stderr: said, Env: func(string) (string, bool) { return "", false }}
	o := &options{config: file, Settings: config.Settings{User: "alice", Password: config.Secret{File: "/nowhere"}}}
	settings, choice, err := p.choose(&options{config: file}, "prod")
	require.NoError(t, err)
	own, err := p.resolve(t.Context(), &options{config: file}, choice)
	require.NoError(t, err)
	first := p.exploring(own, o, settings, Exploration{Theme: "nord", Note: "once"})
	defer first.Close()
	require.Equal(t, []Profile{
		{Name: "audit", Address: "consul://" + consul + "/stage", Kind: "Consul", ReadOnly: true},
		{Name: "prod", Address: "etcdv3://" + etcd + "/others", Kind: "etcd v3"},
		{Name: "staging", Address: "consul://" + consul + "/stage", Kind: "Consul", Protected: true},
	}, first.Known)

	other, err := first.Other(t.Context(), "staging/app")
	require.NoError(t, err)
	require.Equal(t, []any{"staging", "app", true, false, "nord", ""}, []any{other.Profile, other.Key, other.Protected, other.ReadOnly, other.Theme, other.Note})
	require.Contains(t, other.Secrets, "AUDIT_TOKEN") // $EDITOR gets no secret of any tab
	store, err := other.Open(t.Context())
	require.NoError(t, err)
	prefix, address := other.Place(store)
	require.Equal(t, []string{"stage/app/", "consul://" + consul + "/stage/app"}, []string{prefix, address})
	require.NotNil(t, other.Journal())
	_, err = other.Other(t.Context(), "prod")
	require.NoError(t, err)
	store.Close()
	other.Close()
	other.Close()

	for what, says := range map[string]string{
		"nobody": "nobody", "audit": "token_env", "consul://a:b@c": "has a password in it",
	} {
		_, err := first.Other(t.Context(), what)
		if err != nil {
			require.ErrorContains(t, err, says)
		} else {
			t.Errorf("%s can be explored", what)
		}
	}
	require.Empty(t, said.String())
}

// placeNamed returns the kind of store with a scheme.
func placeNamed(t *testing.T, scheme string) place {
	t.Helper()
	for _, at := range places() {
		if at.name == scheme {
			return at
		}
	}
	t.Fatalf("no %s", scheme)
	return place{}
}
