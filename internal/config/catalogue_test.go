package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kvist/internal/settings/schematest"
)

// The catalogue has every setting once.
func TestCatalogueIsWhole(t *testing.T) {
	for _, c := range []struct {
		entries []Entry
		places  map[string]any
	}{{FileEntries(), (&File{}).places()}, {ProfileEntries(), (&Profile{}).places()}} {
		var names []string
		for _, e := range c.entries {
			names = append(names, e.Name)
			if e.Doc == "" || e.Example == "" || e.Schema == nil {
				t.Errorf("%s is not described", e.Name)
			}
		}
		slices.Sort(names)
		if want := slices.Sorted(maps.Keys(c.places)); !slices.Equal(names, want) {
			t.Errorf("the catalogue has %v, the file takes %v", names, want)
		}
	}
}

// everything is the template with all its examples in force, but for those of
// which a file may have one.
func everything() string {
	text := regexp.MustCompile(`(?m)^# ([a-z_]+ = |\[|"tree)`).ReplaceAllString(Template(), "$1")
	return regexp.MustCompile(`(?m)^(password|token)_(env|command) = `).ReplaceAllString(text, "# $0")
}

// Every example of the template is taken.
func TestTemplateIsTaken(t *testing.T) {
	if _, err := parse("config.toml", []byte(Template())); err != nil {
		t.Error(err)
	}
	f, err := parse("config.toml", []byte(everything()))
	if err != nil {
		t.Fatal(err)
	}
	if f.Theme != "nord" || f.Profiles["prod"].User != "alice" || !f.Profiles["prod"].ReadOnly {
		t.Errorf("%+v", f)
	}
	if !strings.HasPrefix(Template(), "#:schema ./"+SchemaName+"\n") {
		t.Error("it names no schema")
	}
}

// The schema takes what the program takes, and refuses what it refuses.
func TestSchemaAgreesWithTheProgram(t *testing.T) {
	const profile = "[profile.p]\naddress = \"consul://h\"\n"
	load := func(text string) error { _, err := parse("config.toml", []byte(text)); return err }
	schematest.Agree(t, Schema(map[string][]string{"tree": {"tree.open"}}), load,
		Template(), everything(), profile, "theme = \"x\"\ncolour = 1\n", profile+"addr = 1\n", "[profile.p]\nuser = \"a\"\n",
		profile+"read_only = \"yes\"\n", profile+"timeout = \"soon\"\n", profile+"timeout = \"1m30s\"\n", profile+"memory = \"2 GiB\"\n",
		profile+"memory = \"2 TiB\"\n", profile+"journal = \"some\"\n", profile+"journal = \"keys\"\n", profile+"watch_budget = 0\n",
		profile+"colour = \"red\"\n", profile+"colour = \"#A0b1c2\"\n", profile+"colour = \"#ab\"\n", profile+"colour = \"pink\"\n", profile+"colour = 1\n",
		"confirm_count = 0\n", "confirm_count = -1\n", profile+"password_command = \"pass x\"\n", profile+"journal_hide = [\"a/\"]\n",
		"[profile.\"a/b\"]\naddress = \"consul://h\"\n", "[keys.tree]\n\"tree.open\" = [\"o\"]\n",
		profile+"mask = \"a\"\n", profile+"mask = [\"a/\"]\n", profile+"tls = 1\n", "memory = 5\n", "restore = \"no\"\n", "[profile]\np = 5\n", "[theme]\nname = \"x\"\n", "")
}

// Each setting in force is told with where it came from.
func TestInForce(t *testing.T) {
	f, err := parse("config.toml", []byte("[profile.p]\naddress = \"etcdv3://h:1\"\nuser = \"ann\"\npassword_env = \"PW\"\ntimeout = \"7s\"\nmemory = \"1GiB\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Choose("p")
	if err != nil {
		t.Fatal(err)
	}
	env := func(name string) (string, bool) {
		v, ok := map[string]string{"ETCDCTL_CACERT": "/ca.pem", "PW": "hunter2"}[name]
		return v, ok
	}
	all, err := c.InForce(Settings{ReadOnly: true, WatchBudget: 5}, Settings{Mask: Prefixes{"secrets/"}}, env)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]InForce{}
	for _, one := range all {
		got[one.Name] = one
		if strings.Contains(one.Value, "hunter2") {
			t.Error("it shows the password")
		}
	}
	for _, want := range []InForce{
		{"address", `"etcdv3://h:1"`, "profile p"},
		{"mask", "", "not set"},
		{"user", `"ann"`, "profile p"},
		{"password_env", `"PW"`, "profile p"},
		{"read_only", "true", "a flag"},
		{"watch_budget", "5", "a flag"},
		{"timeout", `"7s"`, "profile p"},
		{"memory", `"1 GiB"`, "profile p"},
		{"ca", `"/ca.pem"`, "the environment (of the native client)"},
		{"token_file", "", "not set"},
		{"protected", "false", "default"},
	} {
		if got[want.Name] != want {
			t.Errorf("%+v, want %+v", got[want.Name], want)
		}
	}
}
