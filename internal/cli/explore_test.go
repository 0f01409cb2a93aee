package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kvist/internal/screen"
	"kvist/kv/kvtest"
)

// onTerminal runs the program on a terminal and returns what the terminal shows
// at the end, on one line, and the exit code.
func onTerminal(t *testing.T, settings string, env []string, args ...string) (string, int) {
	t.Helper()
	cmd := program(t, args...)
	cmd.Env = append(cmd.Env, env...)
	dir := filepath.Dir(cmd.Path)
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config.toml", settings)
	write("themes/own.toml", "inherits = \"nord\"\n")
	out, err := screen.Output(cmd)
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return strings.ReplaceAll(out, "\r\n", " "), cmd.ProcessState.ExitCode()
}

func TestExplore(t *testing.T) {
	server := kvtest.SharedEtcdEmbedded(t)
	embedded := "TEST_EMBEDDED=" + server.Addr
	for _, c := range []struct {
		name, settings string
		env, args      []string
		says           string
		code           int
	}{
		{"nothing named", "", nil, nil, "explores embedded:// profile= prefix= read-only=false theme= note=the embedded etcd listens at " + server.Addr + " timeout=5s no-color=false ascii=false own-themes=1 card=true", exitOK},
		{
			"profiles", "[profile.zoo]\naddress = \"zk://h\"\ncolour = \"red\"\npassword_command = [\"pass\"]\nuser=\"a\"\n[profile.default]\naddress = \"consul://h\"\n", nil, nil,
			"chooses default kind=Consul colour= asks=false first=true chooses zoo kind=ZooKeeper colour=red asks=true first=false", exitOK,
		},
		{"the demo in spite of profiles", "[profile.p]\naddress = \"consul://h\"\n", nil, []string{"--embedded"}, "own-themes=1 card=false", exitOK},
		{"the demo and an address", "", nil, []string{"--embedded", "zk://h"}, "--embedded is a store already", exitUsage},
		{
			"a profile", "[profile.default]\naddress = \"etcdv3://" + server.Addr + "//registry\"\nread_only = true\ntimeout = \"3s\"\n",
			nil,
			[]string{"default"},
			"explores etcdv3://" + server.Addr + "//registry profile=default prefix=/registry/ read-only=true theme= note= timeout=3s", exitOK,
		},
		{"an address", "", nil, []string{"--theme", "nord", "etcd://" + server.Addr + "/a"}, "prefix=a/ read-only=false theme=nord", exitOK},
		{"the file's theme", "theme = \"own\"\n", nil, nil, "theme=own", exitOK},
		{"NO_COLOR", "", []string{"NO_COLOR=1", "LC_ALL=C"}, nil, "no-color=true ascii=true own-themes=1", exitOK},
		{"UTF-8", "", []string{"NO_COLOR=", "LC_ALL=sv_SE.UTF-8"}, nil, "no-color=false ascii=false", exitOK},
		{"an unknown theme", "", nil, []string{"--theme", "nosuch"}, "nosuch", exitUsage},
		{"memory of nothing", "", nil, []string{"--memory", "0"}, `"0" is not a size such as "512MiB"`, exitUsage},
		{"a budget of nothing", "", nil, []string{"--watch-budget", "0"}, "--watch-budget must be more than nothing", exitUsage},
		{"an unknown action", "[keys.tree]\n\"no.such\" = [\"x\"]\n", nil, nil, "config.toml:2:1: keys.tree.no.such", exitUsage},
		{"an unknown profile", "", nil, []string{"nosuch"}, "no profile is called", exitUsage},
		{"nobody there", "", nil, []string{"--timeout", "1s", "zk://" + kvtest.DeadAddr()}, "not reachable", exitUnreachable},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, code := onTerminal(t, c.settings, append(c.env, embedded), c.args...)
			if !strings.Contains(got, c.says) || code != c.code {
				t.Errorf("exit code %d and %q, want %d and %q", code, got, c.code, c.says)
			}
		})
	}
}
