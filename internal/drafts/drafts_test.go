package drafts

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kvist/internal/statefile"
)

// at is a time that a file keeps exactly.
func at(s int64) time.Time { return time.Unix(s, 5).UTC() }

// files returns the names in dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func save(t *testing.T, s *Store, drafts ...Draft) {
	t.Helper()
	for _, d := range drafts {
		if err := s.Save(d); err != nil {
			t.Fatal(err)
		}
	}
}

func mine(t *testing.T, s *Store, address, key, want string) {
	t.Helper()
	d, err := s.Load(address, key)
	if err != nil || string(d.Mine) != want {
		t.Errorf("the draft of %q is %q, %v, want %q", key, d.Mine, err, want)
	}
}

func TestDraftsComeBackAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOf(rapid.Byte()))
		want := Draft{
			Address:     rapid.String().Draw(t, "address"),
			Key:         string(rapid.SliceOf(rapid.Byte()).Draw(t, "key")),
			Base:        value.Draw(t, "base"),
			BaseIndex:   rapid.Uint64().Draw(t, "index"),
			BaseMissing: rapid.Bool().Draw(t, "missing"),
			Mine:        value.Draw(t, "mine"),
			At:          at(rapid.Int64Range(0, 1<<33).Draw(t, "at")),
		}
		if err := New(dir).Save(want); err != nil {
			t.Fatal(err)
		}
		s := New(dir) // as after a crash
		got, err := s.Load(want.Address, want.Key)
		want.Address = plain(want.Address)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("loaded %+v, %v, want %+v", got, err, want)
		}
		if err := s.Remove(want.Address, want.Key); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(want.Address, want.Key); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("after Remove: %v", err)
		}
	})
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestTheFirstSaveMakesThePrivateDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kvist", "drafts")
	s := New(dir)
	if list, err := s.List("a"); len(list) != 0 || err != nil {
		t.Errorf("without a directory: %v, %v", list, err)
	}
	if _, err := s.Load("a", "k"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a directory: %v", err)
	}
	if err := s.Remove("a", "k"); err != nil {
		t.Errorf("without a directory: %v", err)
	}
	save(t, s, Draft{Address: "consul://h", Key: "secret/key", Mine: []byte("x")})
	names := files(t, dir)
	if len(names) != 1 || strings.Contains(names[0], "secret") || strings.Contains(names[0], "consul") {
		t.Errorf("files %q", names)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, names[0]): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v, want %v", path, info.Mode().Perm(), err, want)
		}
	}
}

func TestAWideDirectoryIsMadePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes there")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	save(t, New(dir), Draft{Key: "k"})
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode().Perm(), err)
	}
}

func TestListIsOfOneAddressByKey(t *testing.T) {
	s := New(t.TempDir())
	save(t, s,
		Draft{Address: "a", Key: "y", Mine: []byte("1"), At: at(1)},
		Draft{Address: "a", Key: "x", Mine: []byte("2"), At: at(1)},
		Draft{Address: "b", Key: "x", Mine: []byte("3"), At: at(1)},
		Draft{Address: "a", Key: "y", Mine: []byte("4"), At: at(2)},
	)
	list, err := s.List("a")
	if err != nil || len(list) != 2 || string(list[0].Mine) != "2" || string(list[1].Mine) != "4" {
		t.Errorf("drafts %+v, %v", list, err)
	}
}

func TestSavesMayOvertakeOneAnother(t *testing.T) {
	s := New(t.TempDir())
	save(t, s, Draft{Key: "k", Mine: []byte("new"), At: at(2)}, Draft{Key: "k", Mine: []byte("old"), At: at(1)})
	mine(t, s, "", "k", "new")
	if err := s.Remove("", "k"); err != nil {
		t.Fatal(err)
	}
	save(t, s, Draft{Key: "k", Mine: []byte("older"), At: at(1)})
	if d, err := s.Load("", "k"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the late save of %q undid Remove: %v", d.Mine, err)
	}
}

func TestTwoProgramsKeepADraftEach(t *testing.T) {
	dir := t.TempDir()
	one, other := New(dir), New(dir)
	save(t, one, Draft{Key: "k", Mine: []byte("one"), At: at(1)})
	mine(t, other, "", "k", "one")
	save(t, one, Draft{Key: "k", Mine: []byte("one again"), At: at(2)})
	save(t, other, Draft{Key: "k", Mine: []byte("other"), At: at(3)})
	mine(t, one, "", "k", "other")
	save(t, other, Draft{Key: "k", Mine: []byte("other again"), At: at(4)})
	if err := one.Remove("", "k"); err != nil {
		t.Fatal(err)
	}
	mine(t, New(dir), "", "k", "other again")
	if err := other.Remove("", "k"); err != nil {
		t.Fatal(err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestPasswordsAreNotKept(t *testing.T) {
	for address, want := range map[string]string{
		"etcd://user:pa@ss@h1:1,h2:2/p@th": "etcd://user@h1:1,h2:2/p@th",
		"zk://:secret@h":                   "zk://@h",
		"consul://h:8500/a:b@c":            "consul://h:8500/a:b@c",
		"production":                       "production",
		"embedded://":                      "embedded://",
		"bad\xff":                          "bad\ufffd",
	} {
		if got := plain(address); got != want {
			t.Errorf("plain(%q) = %q, want %q", address, got, want)
		}
	}
	s := New(t.TempDir())
	save(t, s, Draft{Address: "etcd://u:secret@h/p", Key: "k", Mine: []byte("m")})
	mine(t, s, "etcd://u:other@h/p", "k", "m")
	data, err := os.ReadFile(filepath.Join(s.dir, files(t, s.dir)[0]))
	if err != nil || bytes.Contains(data, []byte("secret")) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestUnreadableFilesAreReportedAndLeftAlone(t *testing.T) {
	whole, err := encode(Draft{Key: "k", Mine: []byte("mine"), At: at(1)})
	if err != nil {
		t.Fatal(err)
	}
	other, err := encode(Draft{Key: "another", Mine: []byte("mine"), At: at(1)})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"empty":            {nil, ErrCorrupt},
		"cut short":        {whole[:len(whole)/2], ErrCorrupt},
		"one digit wrong":  {bytes.Replace(whole, []byte(`"base_index":0`), []byte(`"base_index":1`), 1), ErrCorrupt},
		"of another key":   {other, ErrCorrupt},
		"no version":       {bytes.Replace(whole, []byte(`"version":1`), []byte(`"version":0`), 1), ErrCorrupt},
		"a later version":  {[]byte(`{"version":2,"lines":["x"]}`), ErrNewer},
		"something else":   {[]byte("\x7fELF"), ErrCorrupt},
		"another JSON":     {[]byte(`[1,2]`), ErrCorrupt},
		"draft of no kind": {[]byte(`{"version":1,"sha256":"` + sum([]byte(`5`)) + `","draft":5}`), ErrCorrupt},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, nameOf("", "k")+".earlier"+ending)
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		s := New(dir)
		_, err := s.Load("", "k")
		var failed *FileError
		if !errors.Is(err, c.want) || !errors.As(err, &failed) || failed.Path != path {
			t.Errorf("%s: Load said %v, want %v", name, err, c.want)
		}
		save(t, s, Draft{Key: "k", Mine: []byte("typed since"), At: at(2)})
		mine(t, s, "", "k", "typed since")
		if list, err := s.List(""); len(list) != 1 || !errors.Is(err, c.want) {
			t.Errorf("%s: List gave %d and said %v", name, len(list), err)
		}
		if err := s.Remove("", "k"); err != nil {
			t.Errorf("%s: Remove said %v", name, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, c.data) {
			t.Errorf("%s: the file became %q, %v", name, now, err)
		}
	}
}

func TestADirectoryThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(filepath.Join(file, "drafts"))
	if s.Save(Draft{Key: "k"}) == nil {
		t.Error("saved nowhere")
	}
}

func TestHalfWrittenFilesAreIgnored(t *testing.T) {
	dir := t.TempDir()
	s := New(dir)
	save(t, s, Draft{Key: "k", Mine: []byte("whole"), At: at(1)})
	half := nameOf("", "k") + ".crashed" + ending + ".1" + statefile.TempEnding
	old := nameOf("", "k") + ".long-ago" + ending + ".1" + statefile.TempEnding
	for _, name := range []string{half, old} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(`{"version":1,"sha`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * statefile.TempLife)
	if err := os.Chtimes(filepath.Join(dir, old), past, past); err != nil {
		t.Fatal(err)
	}
	mine(t, s, "", "k", "whole")
	if list, err := s.List(""); len(list) != 1 || err != nil {
		t.Errorf("List gave %d and said %v", len(list), err)
	}
	save(t, s, Draft{Key: "k", Mine: []byte("whole again"), At: at(2)})
	names := strings.Join(files(t, dir), " ")
	if !strings.Contains(names, half) || strings.Contains(names, old) {
		t.Errorf("files %s", names)
	}
}

// Whenever a program is killed while it saves drafts, every draft that it
// reported as saved is there, and whole.
func TestKilledWhileSaving(t *testing.T) {
	if dir := os.Getenv("KVIST_SAVE_DRAFTS_IN"); dir != "" {
		saveForever(t, dir)
		return
	}
	if testing.Short() {
		t.Skip("it starts programs")
	}
	dir := t.TempDir()
	for round := range 8 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWhileSaving$")
		cmd.Env = append(os.Environ(), "KVIST_SAVE_DRAFTS_IN="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := time.Time{}
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if said, err = time.Parse(time.RFC3339Nano, lines.Text()); err != nil {
				t.Error(err)
			}
			if round == 0 {
				_ = cmd.Process.Kill()
			}
			round--
		}
		_ = cmd.Wait() // killed
		d, err := New(dir).Load("", "k")
		if err != nil || d.At.Before(said) || !bytes.Equal(d.Mine, filled(d.At)) {
			t.Fatalf("after a save of %v: a draft of %v with %d bytes, %v", said, d.At, len(d.Mine), err)
		}
	}
}

// saveForever saves drafts and reports each, until it is killed.
func saveForever(t *testing.T, dir string) {
	t.Helper()
	s := New(dir)
	for {
		now := time.Now().UTC()
		save(t, s, Draft{Key: "k", Mine: filled(now), At: now})
		if _, err := fmt.Fprintln(os.Stdout, now.Format(time.RFC3339Nano)); err != nil {
			t.Fatal(err)
		}
	}
}

// filled is a large value that only a draft of that moment has.
func filled(at time.Time) []byte {
	return bytes.Repeat([]byte(at.UTC().Format(time.RFC3339Nano)), 4_000)
}

func TestDirIsTheUsersStateDirectory(t *testing.T) {
	if got := Dir(); !strings.HasSuffix(got, filepath.Join("kvist", "drafts")) || !filepath.IsAbs(got) {
		t.Errorf("Dir = %q", got)
	}
}
