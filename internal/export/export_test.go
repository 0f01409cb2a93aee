package export

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/kv"
)

// hostile are pieces of keys and values that formats get wrong.
var hostile = []string{
	"a", "b", "deep", "", "", strings.Repeat("\n", 100), strings.Repeat("%", 300), "é", "\u00a0", "\x00", "\x1b[2J", "\xff\xfe", "%", "%2F", "..", ".", ".git", "-", " ", "\n", "\r\n", "\t", `"`, "'", `\`,
	"\u2028", "\U0001f600", "\ufffd", "\ufeff", "null", "true", "~", "#", ": ", "- ", "|", strings.Repeat("long", 80), "<&>", "{", "[", "\u202e", "yes", "0x1f", "%%", "%+", "%value",
}

// random returns an entry of hostile pieces. plain has no metadata.
func random(r *rand.Rand, utf8Only bool) *Entry {
	piece := func() string {
		p := hostile[r.IntN(len(hostile))]
		if utf8Only {
			p = strings.ToValidUTF8(p, "?")
		}
		return p
	}
	key := piece()
	for range r.IntN(4) {
		key += []string{"/", ""}[r.IntN(2)] + piece()
	}
	value := ""
	for range r.IntN(8) {
		value += piece()
		if r.IntN(3) == 0 {
			value += "\n"
		}
	}
	n := &kv.Node{Key: key, Value: []byte(value)}
	if r.IntN(3) == 0 {
		n.Flags = r.Uint64()
	}
	return &Entry{Key: key, Node: n}
}

// entries returns some entries in order, each key once.
func entries(seed uint64, n int, utf8Only bool) []*Entry {
	r := rand.New(rand.NewPCG(seed, 1))
	byKey := map[string]*Entry{}
	for range n {
		e := random(r, utf8Only)
		byKey[e.Key] = e
	}
	list := []*Entry{}
	for _, e := range byKey {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *Entry) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// rich are entries with everything that a node may have.
func rich() []*Entry {
	return []*Entry{
		{Own: true, Node: &kv.Node{Value: []byte("own")}},
		{Key: "", Node: &kv.Node{Value: []byte("marker")}},
		{Key: "acl", Node: &kv.Node{Key: "acl", Value: []byte{}, ACL: []string{"world:anyone:r", "digest:a:b=:cdrwa"}}},
		{Key: "container", Node: &kv.Node{Key: "container", Value: []byte{}, Type: kv.ContainerNode}},
		{Key: "dir", Node: &kv.Node{Key: "dir", Value: []byte{}, Type: kv.DirectoryNode}},
		{Key: "lease", Node: &kv.Node{Key: "lease", Value: []byte("1"), Owner: "694d7cb2b1a3e001", TTL: time.Minute, Left: -1}},
		{Key: "ttl", Node: &kv.Node{Key: "ttl", Value: []byte("1"), Type: kv.TTLNode, TTL: 1500 * time.Millisecond, Left: -1}},
	}
}

// write writes entries in a format.
func write(t *testing.T, f Format, list []*Entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(f, &b, Header{Store: "etcd v3", Prefix: "config/", Own: "config"})
	require.NoError(t, err)
	for _, e := range list {
		require.NoError(t, w.Write(e))
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// read reads all entries.
func read(t *testing.T, r Reader) []*Entry {
	t.Helper()
	var list []*Entry
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err)
		list = append(list, e)
	}
}

// same fails unless both lists hold the same.
func same(t *testing.T, want, got []*Entry) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.Equal(t, want[i].Key, got[i].Key)
		require.Equal(t, want[i].Own, got[i].Own)
		w, g := *want[i].Node, *got[i].Node
		w.Key, g.Key = "", ""
		require.Truef(t, w.SameAs(&g), "%q: %+v %+v", want[i].Key, w, g)
	}
}

// Everything comes back byte by byte, whatever bytes it has.
func TestFormatsKeepEveryByte(t *testing.T) {
	for _, f := range []Format{JSONLines, YAML} {
		for seed := range uint64(30) {
			list := entries(seed, 60, false)
			text := write(t, f, list)
			r, err := NewReader("", bytes.NewReader(text))
			require.NoError(t, err, "%s", text)
			same(t, list, read(t, r))
			for _, b := range text {
				require.Falsef(t, b < ' ' && b != '\n' || b == 0x7f, "byte %x of %s reaches a terminal", b, f)
			}
		}
		text := write(t, f, rich())
		r, err := NewReader(f, bytes.NewReader(text))
		require.NoError(t, err, "%s", text)
		same(t, rich(), read(t, r))
	}
}

// The same for the format of Consul, which holds only UTF-8 keys and flags.
func TestConsulsFormatKeepsEveryByte(t *testing.T) {
	list := entries(1, 200, true)
	r, err := NewReader("", bytes.NewReader(write(t, Consul, list)))
	require.NoError(t, err)
	for _, e := range list {
		e.Key = "config/" + e.Key
	}
	same(t, list, read(t, r))
}

// And for a directory of files: whatever a file system does not take as a name
// is escaped and comes back.
func TestADirectoryKeepsEveryByte(t *testing.T) {
	for seed := range uint64(5) {
		for _, list := range [][]*Entry{entries(seed, 60, false), rich()} {
			dir := filepath.Join(t.TempDir(), "out")
			for range 2 { // the second replaces the first
				require.NoError(t, writeDirectory(dir, true, Header{Store: "etcd v3"}, func(visit func(*Entry) error) error {
					for _, e := range list {
						if err := visit(e); err != nil {
							return err
						}
					}
					return nil
				}))
			}
			info, err := os.Stat(dir)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
			r, err := ReadDirectory(dir)
			require.NoError(t, err)
			same(t, list, read(t, r))
			left, err := os.ReadDir(filepath.Dir(dir))
			require.NoError(t, err)
			require.Len(t, left, 1)
		}
	}
}

// A directory that is replaced keeps what no key can be called, such as .git, and is
// replaced only when that is asked for. Importing leaves .git out.
func TestAReplacedDirectoryKeepsItsGit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	put := func(key string, replace bool) error {
		return writeDirectory(dir, replace, Header{}, func(visit func(*Entry) error) error {
			return visit(&Entry{Key: key, Node: &kv.Node{Key: key, Value: []byte("1")}})
		})
	}
	require.NoError(t, put("old", false))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, ".git", "objects"), 0o700))
	require.ErrorIs(t, put("new", false), os.ErrExist)
	require.FileExists(t, filepath.Join(dir, "old"))
	require.NoError(t, put("new", true))
	require.DirExists(t, filepath.Join(dir, ".git", "objects"))
	require.NoFileExists(t, filepath.Join(dir, "old"))
	r, err := ReadDirectory(dir)
	require.NoError(t, err)
	same(t, []*Entry{{Key: "new", Node: &kv.Node{Value: []byte("1")}}}, read(t, r))
	left, err := os.ReadDir(filepath.Dir(dir))
	require.NoError(t, err)
	require.Len(t, left, 1)
}

// A directory that is something else is not replaced.
func TestAForeignDirectoryStays(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "precious"), nil, 0o600))
	err := writeDirectory(dir, true, Header{}, func(func(*Entry) error) error { return nil })
	require.ErrorContains(t, err, "no export of kvist")
	require.FileExists(t, filepath.Join(dir, "precious"))
}

// A file that was cut off anywhere is never taken for a whole one.
func TestAFileThatWasCutOffIsNoticed(t *testing.T) {
	for f, step := range map[Format]int{JSONLines: 1, Consul: 1, YAML: 23} {
		text := bytes.TrimRight(write(t, f, entries(7, 20, true)), "\n")
		for n := 0; n < len(text); n += step {
			r, err := NewReader(f, bytes.NewReader(text[:n]))
			for err == nil {
				_, err = r.Next()
			}
			require.NotErrorIs(t, err, io.EOF, "%s: %q", f, text[:n])
		}
	}
}

// A mark at the beginning of UTF-8 is passed over; UTF-16 and commands are called so.
func TestWhatAFileBeginsWith(t *testing.T) {
	for _, f := range []Format{JSONLines, Consul, YAML} {
		for _, given := range []Format{"", f} {
			text := append([]byte("\ufeff"), write(t, f, entries(7, 5, true))...)
			r, err := NewReader(given, bytes.NewReader(text))
			for err == nil {
				_, err = r.Next()
			}
			require.ErrorIs(t, err, io.EOF, f)
		}
	}
	for text, want := range map[string]string{
		"\xff\xfe{\x00": "UTF-16",
		string(write(t, Etcdctl, entries(7, 5, true))): "commands to run",
		string(write(t, ZkCli, entries(7, 5, true))):   "commands to run",
	} {
		_, err := NewReader("", strings.NewReader(text))
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, ErrUnreadable)
	}
}

// A wrong line is named.
func TestAWrongLineIsNamed(t *testing.T) {
	head := `{"kvist":"export","v":1}` + "\n"
	for text, want := range map[string]string{
		head + `{"key":"a","value":"1"}` + "\n" + `{"key":"b","valu":"1"}` + "\n" + `{"end":2}`: "line 3: .*valu",
		head + `{"key":"a","value":"1","value64":"MQ=="}` + "\n" + `{"end":1}`:                  "line 2: it has both",
		head + `{"key":"a","value":"\ud800"}` + "\n" + `{"end":1}`:                              "line 2: it has half of a surrogate",
		head + "{\"key\":\"a\",\"value\":\"\xff\"}\n" + `{"end":1}`:                             "line 2: it is not UTF-8",
		head + `{"key":"a"}` + "\n" + `{"end":1}`:                                               "line 2: it has no value",
		head + `{"key":"a","value":"1"}` + "\n" + `{"end":2}`:                                   "line 3: the file has 1 keys",
		head + `{"end":0}` + "\n" + `{"key":"a","value":"1"}`:                                   "line 3: there is more",
		`{"key":"a","value":"1"}`:                                                               "line 1: it does not begin",
		"[\n{\"key\":\"a\",\"value\":\"MQ==\"},\n{\"key\":\"b\",\"value\":\"%\"}\n]":            "line 3: ",
		"kvist: export\nv: 1\nkeys:\n- key: a\n  valu: 1\nend: 1\n":                             "line 5: ",
		"kvist: export\nv: 1\nkeys:\n- key: a\n  value: b\n- key: c\nend: 2\n":                  "line 6: it has no value",
		"kvist: export\nv: 1\nkeys:\n- key: a\n  value: b\n- key: c\n   value: d\nend: 2\n":     "line [67]: ",
		"kvist: export\nv: 1\nkeys: [{key: a, value: b}, {value: c}]\nend: 2\n":                 "line 3: it has no key",
		"[\n{\"key\":\"a\",\"value\":\"MQ==\"},\n{\"value\":\"MQ==\"}\n]":                       "line 3: .*no key",
	} {
		r, err := NewReader("", strings.NewReader(text))
		for err == nil {
			_, err = r.Next()
		}
		require.Regexp(t, want, err.Error(), "%s", text)
	}
}

// Commands for a shell pass exactly the bytes on.
func TestShellWords(t *testing.T) {
	for _, s := range append(slices.Clone(hostile), "it's", "$HOME `x`", "a\nb", "") {
		if strings.Contains(s, "\x00") {
			continue
		}
		out := runShell(t, "printf %s "+shellWord(s))
		require.Equalf(t, s, out, "%q", s)
	}
}

// runShell returns what bash prints.
func runShell(t *testing.T, command string) string {
	t.Helper()
	out, err := exec.Command("bash", "-c", command).Output()
	require.NoError(t, err)
	return string(out)
}
