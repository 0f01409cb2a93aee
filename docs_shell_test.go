package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

// shell is where the commands of a page are run: a shell that finds kvist, with
// a home of its own.
type shell struct {
	t     *testing.T
	dir   string
	env   []string
	store string // the address or profile that fresh and look use
}

func newShell(t *testing.T, store string) *shell {
	t.Helper()
	s := &shell{t: t, dir: t.TempDir(), store: store}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(s.dir, "bin")
	if err := errors.Join(os.Mkdir(bin, 0o700), os.Symlink(self, filepath.Join(bin, "kvist"))); err != nil {
		t.Fatal(err)
	}
	s.write("web.txt", "8080")
	s.env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+s.dir, "KVIST_CONFIG=", "TERM=xterm-256color",
		"TMPDIR="+s.dir, "XDG_CONFIG_HOME="+filepath.Join(s.dir, "config"), "XDG_STATE_HOME="+filepath.Join(s.dir, "state"))
	return s
}

// write writes a file in the directory where the shell is.
func (s *shell) write(name, text string) {
	s.t.Helper()
	name = filepath.Join(s.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o700)); err != nil {
		s.t.Fatal(err)
	}
}

// native makes the shell find the native client of a server, pointed at it.
func (s *shell) native(client string, server *kvtest.Server) {
	s.t.Helper()
	cmd := server.Command()
	script := fmt.Sprintf("#!/bin/bash\nexec %q", cmd.Path)
	for _, word := range cmd.Args[1:] {
		script += fmt.Sprintf(" %q", word)
	}
	s.write(filepath.Join("bin", client), script+` "$@"`+"\n")
	s.env = append(s.env, server.Env...)
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

// must runs a command line that the commands of a page need.
func (s *shell) must(line string) string {
	s.t.Helper()
	out, err := s.run(line)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// look reads the index and the version that a line names.
func (s *shell) look(key string) {
	s.t.Helper()
	var record struct {
		Index   uint64
		Version int64
	}
	if err := json.Unmarshal([]byte(s.must("kvist get --json "+s.store+"/"+key)), &record); err != nil {
		s.t.Fatal(err)
	}
	s.env = append(s.env, fmt.Sprintf("INDEX=%d", record.Index), fmt.Sprintf("VERSION=%d", record.Version))
}
