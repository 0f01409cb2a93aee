package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseFile(t *testing.T) {
	f, err := parse("/etc/kvist/config.toml", []byte(`
theme = "nord"
memory = "2 GiB"
confirm_count = 0
journal_age = "30d"

[keys.tree]
quit = ["Q"]

[profile.default]
address = "etcd://h1:1,h2/registry"
timeout = "7s"
ephemeral_ttl = "1m"
watch_budget = 5
memory = "64MiB"
user = "root"
password_command = ["pass", "etcd"]
ca = "ca.pem"
cert = "/abs/cert.pem"
key = "sub/key.pem"
read_only = true
protected = true

[profile.east]
address = "consul://"
token_file = "token"
datacenter = "east"
tls = false
insecure_skip_verify = true
server_name = "consul.example"
`))
	if err != nil {
		t.Fatal(err)
	}
	if f.ConfirmCount == nil || *f.ConfirmCount != 0 || f.Theme != "nord" || f.Memory != 2<<30 || f.JournalAge != 720*time.Hour || strings.Join(f.Names(), " ") != "default east" {
		t.Errorf("read as %+v", f)
	}
	p := f.Profiles["default"]
	if p.Address.String() != "etcd://h1:1,h2:2379/registry" || p.Timeout != 7*time.Second || p.EphemeralTTL != time.Minute ||
		p.WatchBudget != 5 || p.Memory != 64<<20 || p.User != "root" || len(p.Password.Command) != 2 || !p.ReadOnly || !p.Protected ||
		p.CA != "/etc/kvist/ca.pem" || p.Cert != "/abs/cert.pem" || p.Key != "/etc/kvist/sub/key.pem" {
		t.Errorf("profile default read as %+v", p)
	}
	p = f.Profiles["east"]
	if p.Token.File != "/etc/kvist/token" || p.Datacenter != "east" || *p.TLS || !*p.Insecure || p.ServerName != "consul.example" {
		t.Errorf("profile east read as %+v", p)
	}
}

func TestParseFileRefuses(t *testing.T) {
	const address = "[profile.p]\naddress = \"consul://h\"\n"
	for _, c := range []struct{ name, text, says string }{
		{"no TOML", "theme = \n", "f.toml:1:9: "},
		{"unknown key", "theme = \"x\"\ncolour = 1\n", "f.toml:2:1: colour: unknown key"},
		{"unknown table", "[theme]\nname = \"x\"\n", "f.toml:2:1: theme.name: unknown key; theme is a setting, not a table"},
		{"unknown key in a profile", address + "addr = 1\n", "f.toml:3:1: profile.p.addr: unknown key; known are address, ca, cert"},
		{"a colour of no theme", address + "colour = \"pink\"\n", `f.toml:3:1: profile.p.colour: "pink" is no colour; one is "#rrggbb" or a word: red, orange`},
		{"a letter is missing", address + "addresss = 1\n", "f.toml:3:1: profile.p.addresss: unknown key; did you mean address?"},
		{"a letter too many", "ttheme = \"x\"\n", "f.toml:1:1: ttheme: unknown key; did you mean theme?"},
		{"a setting of profiles", "readonly = true\n", "f.toml:1:1: readonly: unknown key; did you mean read_only of a profile"},
		{"no quotes", "theme = nord\n", "f.toml:1:9: theme: text needs quotes: theme = \"…\""},
		{"no quotes around a secret", address + "password_env = hunter2\n", "f.toml:3:16: password_env: text needs quotes"},
		{"no quotes around an address", "[profile.p]\naddress = consul://h\n", "f.toml:2:11: address: text needs quotes"},
		{"a letter that needs quotes", "[profile.é]\n", "f.toml:1:10: invalid character at start of key: U+00E9 'é'"},
		{"another encoding", "\xff\xfet\x00", "f.toml: is UTF-16; save it as UTF-8"},
		{"password in the user", address + "user = \"u:hunter2\"\n", "f.toml:3:1: profile.p.user: it has a password in it"},
		{"no table", "profile = \"x\"\n", "f.toml:1:1: profile: a profile is a table"},
		{"many tables", "[[profile.p]]\naddress = \"consul://h\"\n", "f.toml:1:3: profile.p: a profile is a table"},
		{"a number for a text", "[profile.p]\n\naddress = 5\n", "f.toml:3:1: profile.p.address: should be text in quotes"},
		{"text for a choice", address + "read_only = \"yes\"\n", "f.toml:3:1: profile.p.read_only: should be true or false"},
		{"text for TLS", address + "tls = \"yes\"\n", "f.toml:3:1: profile.p.tls: should be true or false"},
		{"text for a command", address + "password_command = \"pass x\"\n", `f.toml:3:1: profile.p.password_command: should be a list of words, such as ["pass"`},
		{"twice", address + "user = \"a\"\nuser = \"b\"\n", "f.toml:4:1: user: key user is already defined"},
		{"plain password", address + "password = \"hunter2\"\n", "f.toml:3:1: profile.p.password: would keep a secret in plain sight; name its place instead: password_file"},
		{"plain token", address + "token = \"hunter2\"\n", "token_file"},
		{"two places", address + "token_file = \"a\"\ntoken_env = \"hunter2\"\n", "f.toml:4:1: profile.p.token_env: only one of token_file"},
		{"no address", "\n[profile.p]\nuser = \"a\"\n", "f.toml:2: profile.p: it has no address"},
		{"bad address", "[profile.p]\nuser = \"a\"\naddress = \"redis://h\"\n", "f.toml:3:1: profile.p.address: unknown kind"},
		{"password in the address", "[profile.p]\naddress = \"etcd://u:hunter2@h\"\n", "has a password in it"},
		{"bad timeout", address + "timeout = \"soon\"\n", `f.toml:3:1: profile.p.timeout: "soon" is not a duration`},
		{"no timeout", address + "timeout = \"0s\"\n", `"0s" is not a duration`},
		{"bad TTL", address + "ephemeral_ttl = \"-1s\"\n", `f.toml:3:1: profile.p.ephemeral_ttl: "-1s" is not a duration`},
		{"bad budget", address + "watch_budget = -1\n", "f.toml:3:1: profile.p.watch_budget: should be a number greater than 0"},
		{"bad memory", address + "memory = \"-1MiB\"\n", `f.toml:3:1: profile.p.memory: "-1MiB" is not a size such as "512MiB"`},
		{"a number for memory", address + "memory = 512\n", "f.toml:3:1: profile.p.memory: should be text in quotes"},
		{"too much memory", "memory = \"9999999999GiB\"\n", `f.toml:1:1: memory: "9999999999GiB" is not a size`},
		{"bad journal", address + "journal = \"some\"\n", `f.toml:3:1: profile.p.journal: "some" is not a mode of the journal`},
		{"a mode that is nearly one", address + "journal = \"ful\"\n", `f.toml:3:1: profile.p.journal: "ful" is not a mode of the journal; did you mean full?`},
		{"a kind that is nearly one", "[profile.p]\naddress = \"cnsul://h\"\n", "did you mean consul://h?"},
		{"text for prefixes", address + "journal_hide = \"a\"\n", "f.toml:3:1: profile.p.journal_hide: should be a list of what keys begin with"},
		{"a number among prefixes", address + "journal_hide = [\"a\", 5]\n", "f.toml:3:1: profile.p.journal_hide: should be a list of what keys begin with"},
		{"a prefix of everything", address + "journal_hide = [\"a\", \"/\"]\n", `f.toml:3:1: profile.p.journal_hide: "/" would hide the values of all keys`},
		{"a mask of everything", address + "mask = [\"\"]\n", `f.toml:3:1: profile.p.mask: "" would hide the values of all keys`},
		{"bad age of the journal", "journal_age = \"soon\"\n", `f.toml:1:1: journal_age: "soon" is not a duration such as "5s", "1m30s" or "30d"`},
		{"an age of no days", "journal_age = \"0d\"\n", `"0d" is not a duration`},
		{"an age of too many days", "journal_age = \"99999999d\"\n", `"99999999d" is not a duration`},
		{"bad size of the journal", "journal_size = 5\n", "f.toml:1:1: journal_size: should be text in quotes"},
		{"bad name", "[profile.\"a/b\"]\naddress = \"consul://h\"\n", "f.toml:1: profile.a/b: a profile's name is made of ASCII letters"},
		{"escape in a key", "\"a\\u001b[31m\" = 1\n", `a\x1b[31m: unknown key`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse("f.toml", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v, want an error that says %q", err, c.says)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Fatalf("it tells the secret: %v", err)
			}
		})
	}
}

// Every mistake is named at once, in the order of the lines.
func TestParseFileNamesEveryMistake(t *testing.T) {
	_, err := parse("f.toml", []byte(`[profile.z]
address = "redis://h"
[profile."ünï"]
user = "a"
address = "consul://h"
[profile.a]
user = "a"
[profile.b]
address = "consul://h"
tls = "yes"
`))
	want := []string{"f.toml:2:1: profile.z.address", `f.toml:3: profile.ünï: a profile's name is made of ASCII letters`, "f.toml:6: profile.a: it has no address", "f.toml:10:1: profile.b.tls"}
	lines := strings.Split(fmt.Sprint(err), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d errors: %v", len(lines), err)
	}
	for i, w := range want {
		if !strings.HasPrefix(lines[i], w) {
			t.Errorf("error %d is %q, want %q", i, lines[i], w)
		}
	}
}

// The documents name every setting of a profile.
func TestReadmeNamesTheSettings(t *testing.T) {
	readme, err := os.ReadFile("../../docs/addresses.md")
	if err != nil {
		t.Fatal(err)
	}
	for key := range (&Profile{}).places() {
		if !strings.Contains(string(readme), "`"+key+"`") {
			t.Errorf("no word of %s", key)
		}
	}
}

func TestLoad(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "config.toml")
	if f, err := Load(missing, false); err != nil || len(f.Profiles) != 0 {
		t.Errorf("a file that nobody asked for: %+v, %v", f, err)
	}
	if _, err := Load(missing, true); err == nil {
		t.Error("a file that was asked for is missing and that is no error")
	}
	if err := os.WriteFile(missing, []byte("theme = \"x\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := Load(missing, true); err != nil || f.Theme != "x" {
		t.Errorf("read as %+v, %v", f, err)
	}
}

func TestPath(t *testing.T) {
	if path, asked := Path("flag.toml", environ(map[string]string{"KVIST_CONFIG": "env.toml"})); path != "flag.toml" || !asked {
		t.Error("the flag does not count most:", path)
	}
	if path, asked := Path("", environ(map[string]string{"KVIST_CONFIG": "env.toml"})); path != "env.toml" || !asked {
		t.Error("KVIST_CONFIG does not count:", path)
	}
	path, asked := Path("", environ(nil))
	if asked || filepath.Base(path) != "config.toml" || filepath.Base(filepath.Dir(path)) != "kvist" {
		t.Error("the default is", path)
	}
}

// environ returns an environment with these variables and no others.
func environ(vars map[string]string) Environ {
	return func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	}
}
