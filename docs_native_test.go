package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

// deed is a row of a table in docs/native.md.
type deed struct{ name, native, own string }

// deeds returns the rows of the table below a heading.
func deeds(text, heading string) []deed {
	_, rest, _ := strings.Cut(text, "\n## "+heading)
	rest, _, _ = strings.Cut(rest, "\n## ")
	var rows []deed
	for _, line := range strings.Split(rest, "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) == 4 && !strings.Contains(line, "---") && !strings.Contains(line, "| kvist |") {
			for i := range cells {
				cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
			}
			rows = append(rows, deed{cells[0], cells[1], cells[2]})
		}
	}
	return rows
}

// shell is where the commands of a page are run: a shell that finds kvist and the
// native client of one server.
type shell struct {
	t     *testing.T
	dir   string
	env   []string
	store string // the address of the server
}

func newShell(t *testing.T, variable, scheme, client string, server *kvtest.Server) *shell {
	t.Helper()
	s := &shell{t: t, dir: t.TempDir(), store: scheme + "://" + server.Addr}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(s.dir, "bin")
	if err := errors.Join(os.Mkdir(bin, 0o700), os.Symlink(self, filepath.Join(bin, "kvist")),
		os.WriteFile(filepath.Join(s.dir, "web.txt"), []byte("8080"), 0o600)); err != nil {
		t.Fatal(err)
	}
	native := server.Command()
	script := "#!/bin/bash\nexec"
	for _, word := range native.Args {
		script += fmt.Sprintf(" %q", word)
	}
	script = strings.Replace(script, fmt.Sprintf("%q", native.Args[0]), fmt.Sprintf("%q", native.Path), 1) + ` "$@"` + "\n"
	if err := os.WriteFile(filepath.Join(bin, client), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	s.env = append(slices.Clone(native.Env), "PATH="+bin+":"+os.Getenv("PATH"), variable+"="+server.Addr,
		"XDG_CONFIG_HOME="+filepath.Join(s.dir, "config"), "XDG_STATE_HOME="+filepath.Join(s.dir, "state"))
	return s
}

// run runs a command line and returns what it printed.
func (s *shell) run(line string) (string, error) {
	s.t.Helper()
	if strings.Contains(line, " watch ") {
		line = "timeout 2 " + line + " || test $? -eq 124"
	}
	cmd := exec.CommandContext(s.t.Context(), "bash", "-c", line)
	cmd.Dir, cmd.Env = s.dir, s.env
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s%s", line, err, out.String(), complaint.String())
	}
	return out.String(), nil
}

// fresh makes the store what each line of the page begins with.
func (s *shell) fresh(key string, empty bool) {
	s.t.Helper()
	_, _ = s.run("kvist rm --recursive --yes " + s.store + "/" + strings.Split(key, "/")[0]) // if there is anything
	if empty {
		return
	}
	if _, err := s.run("kvist put " + s.store + "/" + key + " < web.txt"); err != nil {
		s.t.Fatal(err)
	}
}

// look reads the index and the version that a line names.
func (s *shell) look(key string) {
	s.t.Helper()
	out, err := s.run("kvist get --json " + s.store + "/" + key)
	var record struct {
		Index   uint64
		Version int64
	}
	if err == nil {
		err = json.Unmarshal([]byte(out), &record)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.env = append(s.env, fmt.Sprintf("INDEX=%d", record.Index), fmt.Sprintf("VERSION=%d", record.Version))
}

// changes reports whether a line changes the store.
func changes(line string) bool {
	return regexp.MustCompile(`\b(put|del|delete|deleteall|create|set|rm|undo)\b`).MatchString(line)
}

// Each line of docs/native.md works, with the native client and with kvist.
func TestNativePage(t *testing.T) {
	text := page(t, "docs/native.md")
	for _, at := range []struct {
		heading, variable, scheme, client, key string
		start                                  func(testing.TB, ...kvtest.Option) *kvtest.Server
	}{
		{"etcdctl", "ETCD", "etcdv3", "etcdctl", "config/web", kvtest.StartEtcd},
		{"consul kv", "CONSUL", "consul", "consul", "config/web", kvtest.StartConsul},
		{"zkCli.sh", "ZK", "zk", "zkCli.sh", "web", kvtest.StartZooKeeper},
	} {
		t.Run(at.client, func(t *testing.T) {
			s := newShell(t, at.variable, at.scheme, at.client, at.start(t))
			rows := deeds(text, at.heading)
			if len(rows) < 5 {
				t.Fatalf("%d rows", len(rows))
			}
			dirty := true
			for i, row := range rows {
				for _, line := range []string{row.native, row.own} {
					if line == "–" {
						continue
					}
					if at.scheme == "zk" && line == row.native {
						line = at.client + " " + line // the page has what is typed into it
					}
					if dirty {
						s.fresh(at.key, i == 0)
					}
					if strings.Contains(line, "$INDEX") || strings.Contains(line, "$VERSION") {
						s.look(at.key)
					}
					dirty = changes(line)
					if _, err := s.run(line); err != nil {
						t.Errorf("%s: %v", row.name, err)
					}
				}
			}
		})
	}
}
