package main

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

// quoted is a command line of a page.
type quoted struct {
	page, text string
	inline     bool // quoted in a sentence, where it may be the command's name alone
}

// commandsOf returns the command lines of a page: its lines that are indented or
// between fences, and what its sentences quote that begins with a program.
func commandsOf(page, text string) []quoted {
	var commands []quoted
	text = regexp.MustCompile("(?s)```toml\n.*?```").ReplaceAllString(text, "") // files, which another test reads
	var prose strings.Builder
	fenced := false
	for _, line := range strings.Split(text, "\n") {
		indented, ok := strings.CutPrefix(line, "    ")
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
		case (ok || fenced) && strings.TrimSpace(indented) != "":
			line, _, _ = strings.Cut(indented, " #")
			commands = append(commands, quoted{page: page, text: strings.TrimSpace(line)})
		case strings.HasPrefix(line, "|") && page == nativePage: // TestNativePage runs them
		default:
			prose.WriteString(line + "\n")
		}
	}
	program := regexp.MustCompile(`^(kvist|go|make|source|stty|etcdctl|consul|zkCli\.sh) `)
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(prose.String(), -1) {
		if words := strings.Join(strings.Fields(m[1]), " "); program.MatchString(words) {
			commands = append(commands, quoted{page, words, true})
		}
	}
	return commands
}

// notRun are the quoted commands that no test runs, each with the reason.
func notRun() map[string]string {
	return map[string]string{
		"stty -ixon":                       "it sets the reader's own terminal",
		"etcdctl get --prefix --keys-only": "a measure of cost, not to be typed; docs/native.md has it with its prefix",
	}
}

// stores are the servers that the commands of the pages are run against.
type stores struct{ etcd, consul, zk string }

// mapped returns a command with the example servers of the pages replaced by
// real ones, words that stand for something by a thing of that kind, and the
// program by the one under test.
func (at stores) mapped(line string) string {
	return strings.NewReplacer(
		"go run .", "kvist",
		"10.0.0.1:2379,10.0.0.2:2379", at.etcd, "etcd://127.0.0.1:2379", "etcd://"+at.etcd, "etcdv2://host/", "etcdv2://"+at.etcd+"/",
		"127.0.0.1:8500", at.consul, "10.0.0.7:8500", at.consul,
		"127.0.0.1:2181", at.zk, "zk://host/", "zk://"+at.zk+"/",
		" ADDRESS", " prod", " KEY", " timeout", " A B", " prod/config config.jsonl",
		"--cas 1234", "--cas $INDEX", "--rev 1234", "--rev $INDEX",
		"kvist config init", `kvist config init --config "$(mktemp -d)/config.toml"`,
	).Replace(line)
}

// profiles is the settings file with the profiles that the pages name.
func (at stores) profiles() string {
	return `
[profile.prod]
address = "etcd://` + at.etcd + `/payments"

[profile.staging]
address = "consul://` + at.consul + `/staging"

[profile.audit]
address = "consul://` + at.consul + `/"
read_only = true
`
}

// furnished returns a shell in which the keys and files are there that the
// pages name. The explorer finds "hello" wherever it is opened.
func (at stores) furnished(t *testing.T) *shell {
	t.Helper()
	s := newShell(t, "prod")
	s.write("config/kvist/config.toml", at.profiles())
	s.write("limits.json", `{"most": 9}`)
	s.write("value", "8080")
	etcd, consul := "etcdv3://"+at.etcd, "consul://"+at.consul
	for _, folder := range []string{etcd + "/payments", etcd + "/services", consul + "/config", "zk://" + at.zk} {
		s.must("kvist put " + folder + "/hello < value")
	}
	for _, key := range []string{"prod/config/web/limits.json", "prod/config/web", "prod/config/old/key", "prod/timeout", "etcdv2://" + at.etcd + "/a/_b"} {
		s.must("kvist put " + key + " < limits.json")
	}
	s.must("kvist export prod/config config.jsonl")
	s.look("config/web/limits.json")
	return s
}

// Every command of the README and the pages is run, with the servers and keys
// that it names in place, or is in the list of those that cannot be.
func TestCommandsOfThePages(t *testing.T) {
	consul := kvtest.SharedConsul(t)
	at := stores{kvtest.SharedEtcd(t).Addr, consul.Addr, kvtest.SharedZooKeeper(t).Addr}
	s := at.furnished(t)
	s.native("consul", consul)
	names := commandNames(s.must("kvist --help"))
	listed, ran := notRun(), 0
	texts := pages(t)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		for _, c := range commandsOf(name, texts[name]) {
			if users := name == "README.md" || filepath.Dir(name) == "docs"; !users && !c.builds() {
				continue
			}
			if _, ok := notRun()[c.text]; ok {
				delete(listed, c.text)
				continue
			}
			ran++
			if err := c.try(s, at, names); err != nil {
				t.Errorf("%s: %s: %v", c.page, c.text, err)
			}
		}
	}
	if len(listed) > 0 {
		t.Errorf("no page has %v", slices.Collect(maps.Keys(listed)))
	}
	if ran < 40 {
		t.Errorf("%d commands were found", ran)
	}
}

// builds reports whether the command is for those who work on the sources.
func (c quoted) builds() bool {
	return regexp.MustCompile(`^(make|go test|go run \./)`).MatchString(c.text)
}
