package config

import (
	"context"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const profiles = `
[profile.default]
address = "etcdv3://h/base"
[profile.consul]
address = "consul://"
user = "alice"
password_env = "SECRET"
datacenter = "west"
timeout = "7s"
insecure_skip_verify = false
[profile.plain]
address = "consul://"
[profile.zk]
address = "zk://h"
user = "carol"
password_env = "SECRET"
`

func TestChoose(t *testing.T) {
	f, err := parse("config.toml", []byte(profiles))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, profile, scheme, key string
		hasKey                     bool
	}{
		{"", "default", "etcdv3", "", false},
		{"default", "default", "etcdv3", "", false},
		{"default/", "default", "etcdv3", "", false},
		{"default/a%20b", "default", "etcdv3", "a b", true},
		{"default//registry", "default", "etcdv3", "/registry", true},
		{"zk://x", "", "zk", "", false},
		{"zk://x/a", "", "zk", "a", true},
	} {
		got, err := f.Choose(c.what)
		if err != nil || got.Profile.Name != c.profile || string(got.Profile.Address.Scheme) != c.scheme || got.Key != c.key || got.HasKey != c.hasKey {
			t.Errorf("Choose(%q) = %+v, %v", c.what, got, err)
		}
	}
	for _, c := range []struct{ what, says string }{
		{"nowhere", "known are consul, default, plain, zk"},
		{"nowhere/key", `no profile is called "nowhere"`},
		{"default/%zz", "two hexadecimal digits"},
		{"127.0.0.1:2379", "did you mean etcd://127.0.0.1:2379?"},
		{"db:8500/app", "did you mean consul://db:8500/app?"},
		{"db:7", "write what is there before the servers: consul://db:7, etcd://db:7"},
		{"defaut/app", "did you mean default/app?"},
	} {
		if _, err := f.Choose(c.what); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("Choose(%q): %v, want an error that says %q", c.what, err, c.says)
		}
	}
	none := &File{Path: "/x/config.toml"}
	if got, err := none.Choose(""); err != nil || got.Profile.Address.Scheme != Embedded {
		t.Errorf("without profiles %+v, %v is opened, not the embedded store", got, err)
	}
	if _, err := none.Choose("x"); err == nil || !strings.Contains(err.Error(), "/x/config.toml") {
		t.Errorf("without profiles: %v", err)
	}
}

// Flags, profile, environment and defaults take precedence in this order, one
// question a line.
func TestPrecedence(t *testing.T) {
	ca := someCA(t)
	env := map[string]string{
		"SECRET":          "from-profile",
		"EMPTY":           "",
		"FLAG_SECRET":     "from-flag",
		"CONSUL_HTTP_SSL": "", "CONSUL_DATACENTER": "east", "CONSUL_HTTP_TOKEN": "consul-token", "CONSUL_HTTP_AUTH": "bob:env-password",
		"CONSUL_HTTP_SSL_VERIFY": "false",
		"ETCDCTL_USER":           "root:from:etcdctl", "ETCDCTL_DIAL_TIMEOUT": "9s",
	}
	with := func(pairs ...string) map[string]string {
		all := map[string]string{}
		for name, value := range env {
			all[name] = value
		}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return all
	}
	get := func(t Target) map[string]string {
		m := map[string]string{
			"endpoints": strings.Join(t.Address.Endpoints, ","), "user": t.Config.Username, "password": t.Config.Password,
			"token": t.Config.Token, "datacenter": t.Config.Datacenter, "timeout": t.Config.ConnectionTimeout.String(),
			"tls": "off",
		}
		if c := t.Config.TLS; c != nil {
			m["tls"] = "on"
			if c.InsecureSkipVerify {
				m["tls"] = "insecure"
			}
			m["name"] = c.ServerName
		}
		return m
	}
	for _, c := range []struct {
		name, what string
		flags      Settings
		env        map[string]string
		want       string
	}{
		{"profile over environment", "consul", Settings{}, env, "user=alice password=from-profile datacenter=west timeout=7s"},
		{
			"flags over profile", "consul",
			Settings{User: "eve", Password: Secret{Env: "FLAG_SECRET"}, Datacenter: "north", Timeout: time.Second},
			env,
			"user=eve password=from-flag datacenter=north timeout=1s",
		},
		{"environment over defaults", "plain", Settings{}, env, "user=bob password=env-password datacenter=east token=consul-token"},
		{"own variables over the native client's", "plain", Settings{}, with("KVIST_USER", "me", "KVIST_PASSWORD", "mine", "KVIST_TOKEN", "t"), "user=me password=mine token=t"},
		{"default server", "plain", Settings{}, env, "endpoints=127.0.0.1:8500 tls=off"},
		{"the environment's server", "plain", Settings{}, with("CONSUL_HTTP_ADDR", "10.0.0.9:1"), "endpoints=10.0.0.9:1 tls=off"},
		{"the environment's server by https", "plain", Settings{}, with("CONSUL_HTTP_ADDR", "https://10.0.0.9"), "endpoints=10.0.0.9:8500 tls=insecure"},
		{"an address over the environment's", "consul://h:5", Settings{}, with("CONSUL_HTTP_ADDR", "https://10.0.0.9"), "endpoints=h:5 tls=off"},
		{"CONSUL_HTTP_SSL", "consul://h", Settings{}, with("CONSUL_HTTP_SSL", "true"), "tls=insecure"},
		{"CONSUL_HTTP_SSL_VERIFY after the profile", "consul", Settings{}, with("CONSUL_HTTP_SSL", "1"), "tls=on"},
		{"a server name asks for TLS", "plain", Settings{ServerName: "x"}, env, "tls=on"},
		{"nothing loosens a CA", "consul://h", Settings{CA: ca, TLS: new(true)}, env, "tls=on"},
		{"but a flag", "consul://h", Settings{CA: ca, Insecure: new(true)}, env, "tls=insecure"},
		{"nor for etcd", "etcdv3://h", Settings{ServerName: "x"}, with("ETCDCTL_INSECURE_SKIP_TLS_VERIFY", "true"), "tls=on"},
		{"no other server's name", "etcdv3://h", Settings{CA: ca}, with("ETCDCTL_TLS_SERVER_NAME", "other"), "tls=on name="},
		{"no other login's certificate", "etcdv3://h", Settings{CA: ca}, with("ETCDCTL_CERT", "none.pem", "ETCDCTL_KEY", "none.key"), "tls=on"},
		{"no password of another user", "consul://h", Settings{User: "eve"}, env, "user=eve password="},
		{"nor of kvist's own variables", "consul://h", Settings{User: "eve"}, with("KVIST_USER", "me", "KVIST_PASSWORD", "mine"), "user=eve password="},
		{"the same user's password", "consul://h", Settings{User: "bob"}, env, "user=bob password=env-password"},
		{"a password for whoever it is", "consul://h", Settings{User: "eve"}, with("KVIST_PASSWORD", "mine"), "user=eve password=mine"},
		{"no token of another login", "consul://h", Settings{User: "eve"}, env, "token="},
		{"no login beside another token", "consul://h", Settings{Token: Secret{Env: "SECRET"}}, env, "token=from-profile user= password="},
		{"TLS can be refused", "plain", Settings{TLS: new(false)}, with("CONSUL_HTTP_SSL", "1"), "tls=off"},
		{"etcdctl's user", "etcd://", Settings{}, env, "user=root password=from:etcdctl endpoints=127.0.0.1:2379 timeout=9s"},
		{"etcdctl's password", "etcd://", Settings{}, with("ETCDCTL_USER", "root", "ETCDCTL_PASSWORD", "p:w"), "user=root password=p:w"},
		{"etcdctl's endpoints", "etcdv3:///x", Settings{}, with("ETCDCTL_ENDPOINTS", "http://a:1, b"), "endpoints=a:1,b:2379 tls=off"},
		{"user of an address", "etcdv3://ann@h", Settings{}, with("KVIST_PASSWORD", "k"), "user=ann password=k"},
		{"flag over the user of an address", "etcdv3://ann@h", Settings{User: "eve"}, with("KVIST_PASSWORD", "k"), "user=eve"},
		{"ZooKeeper has no environment", "zk://h", Settings{}, with("KVIST_USER", "z", "KVIST_PASSWORD", "k"), "user=z password=k token="},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := parse("config.toml", []byte(profiles))
			if err != nil {
				t.Fatal(err)
			}
			choice, err := f.Choose(c.what)
			if err != nil {
				t.Fatal(err)
			}
			target, err := choice.Resolve(t.Context(), c.flags, environ(c.env))
			if err != nil {
				t.Fatal(err)
			}
			got := get(target)
			for _, pair := range strings.Fields(c.want) {
				name, want, _ := strings.Cut(pair, "=")
				if got[name] != want {
					t.Errorf("%s is %q, want %q", name, got[name], want)
				}
			}
		})
	}
}

// A connection that is not verified, or that carries a secret in plain text to
// another machine, gets a warning.
func TestWhatOthersCanReadIsTold(t *testing.T) {
	ca := someCA(t)
	secret := map[string]string{"KVIST_USER": "u", "KVIST_PASSWORD": "hunter2"}
	for _, c := range []struct {
		what       string
		flags      Settings
		env        map[string]string
		unverified bool
		says       string // "" for no warning
	}{
		{"zk://10.0.0.1", Settings{}, nil, false, ""},
		{"zk://10.0.0.1", Settings{}, secret, false, "the password is sent to 10.0.0.1:2181 in plain text"},
		{"zk://127.0.0.1,[::1]:1,localhost", Settings{}, secret, false, ""},
		{"zk://127.0.0.1,db", Settings{}, secret, false, "sent to db:2181 in plain text"},
		{"consul://10.0.0.1", Settings{}, map[string]string{"CONSUL_HTTP_TOKEN": "hunter2"}, false, "the token is sent to 10.0.0.1:8500 in plain text"},
		{"consul://10.0.0.1", Settings{TLS: new(true)}, map[string]string{"CONSUL_HTTP_TOKEN": "hunter2"}, false, ""},
		{"etcd://h", Settings{TLS: new(true), Insecure: new(true)}, nil, true, "certificate is not verified"},
		{"etcd://h", Settings{TLS: new(true)}, map[string]string{"ETCDCTL_INSECURE_SKIP_TLS_VERIFY": "true"}, true, "as the environment says"},
		{"etcd://h", Settings{CA: ca}, map[string]string{"ETCDCTL_INSECURE_SKIP_TLS_VERIFY": "true"}, false, ""},
		{"etcd://h", Settings{Insecure: new(true)}, nil, false, "plain text"},
		{"consul://h", Settings{}, map[string]string{"CONSUL_HTTP_SSL_VERIFY": "false"}, false, ""},
	} {
		choice, err := (&File{}).Choose(c.what)
		if err != nil {
			t.Fatal(err)
		}
		got, err := choice.Resolve(t.Context(), c.flags, environ(c.env))
		said := strings.Join(got.Warnings, "; ")
		if err != nil || got.Unverified != c.unverified || !strings.Contains(said, c.says) || c.says == "" && said != "" {
			t.Errorf("%s with %v: unverified %v, %q, %v", c.what, c.env, got.Unverified, said, err)
		}
		if strings.Contains(said, "hunter2") {
			t.Errorf("it tells the secret: %s", said)
		}
	}
}

// someCA returns a file with a certificate in it.
func someCA(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	dir := t.TempDir()
	write(t, dir, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})), 0o600)
	return filepath.Join(dir, "ca.pem")
}

func TestResolveRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "empty", "", 0o600)
	write(t, dir, "nopem", "hello", 0o600)
	for _, c := range []struct {
		name, what string
		flags      Settings
		env        map[string]string
		says       string
	}{
		{"variable not set", "consul://", Settings{User: "u", Password: Secret{Env: "NONE"}}, nil, `environment variable for the password (password_env) is not set`},
		{"file missing", "consul://", Settings{Token: Secret{File: dir + "/none"}}, nil, "token cannot be read"},
		{"file empty", "consul://", Settings{Token: Secret{File: dir + "/empty"}}, nil, "is empty"},
		{"no such command", "consul://", Settings{Token: Secret{Command: []string{dir + "/none"}}}, nil, "command for the token"},
		{"command fails", "consul://", Settings{Token: Secret{Command: []string{"sh", "-c", "echo hunter2; echo locked >&2; exit 3"}}}, nil, "it says: locked"},
		{"command is silent", "consul://", Settings{Token: Secret{Command: []string{"true"}}}, nil, "printed nothing"},
		{"a secret for the name of its variable", "consul://", Settings{User: "u", Password: Secret{Env: "hunter2"}}, nil, "password_env"},
		{"a secret for its command", "consul://", Settings{User: "u", Password: Secret{Command: []string{"hunter2"}}}, nil, "password_command"},
		{"a secret for its command, as a path", "consul://", Settings{User: "u", Password: Secret{Command: []string{"/hunter2/x"}}}, nil, "password_command"},
		{"user without password", "etcdv3://root@h", Settings{}, map[string]string{"ETCDCTL_USER": "other:hunter2"}, "but no password"},
		{"password without user", "zk://", Settings{}, map[string]string{"KVIST_PASSWORD": "hunter2"}, "no user"},
		{"certificate without key", "consul://", Settings{Cert: "c"}, nil, "both parts"},
		{"CA missing", "consul://", Settings{CA: dir + "/none"}, nil, "certificates to trust"},
		{"CA without PEM", "consul://", Settings{CA: dir + "/nopem"}, nil, "no PEM certificate"},
		{"certificate missing", "consul://", Settings{Cert: dir + "/a", Key: dir + "/b"}, nil, "cannot be used"},
		{"bad flag", "consul://", Settings{}, map[string]string{"CONSUL_HTTP_SSL": "maybe"}, `CONSUL_HTTP_SSL is "maybe"`},
		{"bad timeout", "etcd://", Settings{}, map[string]string{"ETCDCTL_DIAL_TIMEOUT": "5"}, "ETCDCTL_DIAL_TIMEOUT"},
		{"unix socket", "consul://", Settings{}, map[string]string{"CONSUL_HTTP_ADDR": "unix:///run/consul"}, "http:// and https:// only"},
		{"mixed", "etcd://", Settings{}, map[string]string{"ETCDCTL_ENDPOINTS": "http://a,https://b"}, "mixes"},
		{"bad endpoint", "etcd://", Settings{}, map[string]string{"ETCDCTL_ENDPOINTS": "a:b"}, "ETCDCTL_ENDPOINTS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			choice, err := (&File{}).Choose(c.what)
			if err != nil {
				t.Fatal(err)
			}
			_, err = choice.Resolve(t.Context(), c.flags, environ(c.env))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v, want an error that says %q", err, c.says)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Fatalf("it tells the secret: %v", err)
			}
		})
	}
}

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "private", "\ufeffpa ss\n\r\n", 0o600)
	write(t, dir, "open", "word\r\n", 0o644)
	for _, c := range []struct {
		secret  Secret
		want    string
		warning string
	}{
		{Secret{}, "", ""},
		{Secret{File: dir + "/private"}, "pa ss", ""},
		{Secret{File: dir + "/open"}, "word", "can be read by others (mode 0644)"},
		{Secret{Command: []string{"printf", `a b\n`}}, "a b", ""},
		{Secret{Env: "V"}, "v\n", ""},
	} {
		got, warning, err := c.secret.read(t.Context(), "password", environ(map[string]string{"V": "v\n"}))
		if err != nil || got != c.want || !strings.Contains(warning, c.warning) || (warning == "") != (c.warning == "") {
			t.Errorf("%+v: %q, %q, %v, want %q, %q", c.secret, got, warning, err, c.want, c.warning)
		}
	}
}

func TestSecretCommandEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, _, err := Secret{Command: []string{"sleep", "20"}}.read(ctx, "password", environ(nil))
	if err == nil || time.Since(start) > 10*time.Second {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
}

func TestProtectionAddsUp(t *testing.T) {
	f, err := parse("config.toml", []byte("[profile.p]\naddress = \"zk://\"\nread_only = true\nprotected = true\n"))
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]bool{"p": true, "zk://": false} {
		choice, err := f.Choose(what)
		if err != nil {
			t.Fatal(err)
		}
		target, err := choice.Resolve(t.Context(), Settings{}, environ(nil))
		if err != nil || target.ReadOnly != want || target.Protected != want {
			t.Errorf("%s: %+v, %v", what, target, err)
		}
		target, err = choice.Resolve(t.Context(), Settings{ReadOnly: true}, environ(nil))
		if err != nil || !target.ReadOnly {
			t.Errorf("%s with the flag: %+v, %v", what, target, err)
		}
	}
}

// write makes a file for a test.
func write(t *testing.T, dir, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// The flag, the profile and the file set the memory for an explorer's keys, in
// this order.
func TestMemoryIsLayered(t *testing.T) {
	f, err := parse("f.toml", []byte("memory = \"3MiB\"\n[profile.p]\naddress = \"consul://h\"\nmemory = \"2MiB\"\n[profile.q]\naddress = \"etcdv3://h\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	none := func(string) (string, bool) { return "", false }
	for _, c := range []struct {
		what  string
		flags Settings
		want  int64
	}{
		{"p", Settings{Memory: 1 << 20}, 1 << 20},
		{"p", Settings{}, 2 << 20},
		{"q", Settings{}, 3 << 20},
		{"zk://h", Settings{}, 3 << 20},
		{"", Settings{}, 3 << 20}, // the embedded store
	} {
		choice, err := f.Choose(c.what)
		if err != nil {
			t.Fatal(err)
		}
		target, err := choice.Resolve(t.Context(), c.flags, none)
		if err != nil || target.Config.Memory != c.want {
			t.Errorf("%q: %d, %v; want %d", c.what, target.Config.Memory, err, c.want)
		}
	}
}
