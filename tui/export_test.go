package tui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kvist/kv"
)

// files returns the names in a directory.
func files(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// X exports a folder to a file that only the user can read, :import brings it back to
// where it was, and u takes that back.
func TestAFolderIsExportedAndImported(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "dir/a", "dir/b", "z")
	dir := t.TempDir()
	t.Chdir(dir)
	d.press("X")
	d.sees("Export "+t.Name()+"/dir to the file", "dir.jsonl", "JSON lines")
	d.press("enter")
	d.await("the export", func() bool { return strings.Contains(d.screen(), "exported 2 keys to") })
	if got := files(t, dir); got != "dir.jsonl" {
		t.Errorf("there is %s", got)
	}
	info, err := os.Stat("dir.jsonl")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	if err := store.DeleteTree(t.Name() + "/dir"); err != nil {
		t.Fatal(err)
	}
	put(t, store, t.Name()+"/dir/b", "later")
	d.press(":")
	d.typing("import dir.jsonl")
	d.press("enter")
	d.sees("Import plan", "import dir.jsonl", "to "+t.Name()+"/dir/", "1 key created", "1 exists", "o overwrite", "t to another place")
	d.press("o")
	d.sees("1 key created, 1 key overwritten")
	d.press("y")
	d.sees("imported 2 keys to " + t.Name() + "/dir/")
	was := map[string]string{"dir/a": "value of dir/a", "dir/b": "value of dir/b", "z": "value of z"}
	holds(t, store, was)
	d.press("u")
	d.sees("import dir.jsonl to "+t.Name()+"/dir/", "1 key will be put back, 1 key will be deleted")
	d.press("y")
	d.sees("undone")
	holds(t, store, map[string]string{"dir/b": "later", "z": "value of z"})
}

// X exports the marked keys and folders to one file, in the order of all names.
func TestMarksAreExported(t *testing.T) {
	d, _ := explore(t, "a/x", "a/y", "a-b", "c", "d/z")
	t.Chdir(t.TempDir())
	d.press("space", "space", "j", "space")
	d.sees("4 keys marked")
	d.press("X")
	d.sees("Export 4 marked keys to the file")
	d.press("enter")
	d.await("the export", func() bool { return strings.Contains(d.screen(), "exported 4 keys to") })
	text, err := os.ReadFile("export.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		if _, name, ok := strings.Cut(line, `"key":"`); ok {
			names = append(names, name[:strings.IndexByte(name, '"')])
		}
	}
	if got := strings.Join(names, " "); got != "a-b a/x a/y d/z" || !strings.Contains(string(text), `"prefix":"`+t.Name()+`/"`) {
		t.Errorf("it holds %s", text)
	}
}

// A file is imported to where t says.
func TestAnImportGoesToAnotherPlace(t *testing.T) {
	d, store := explore(t, "dir/a", "other/b")
	t.Chdir(t.TempDir())
	d.press("X", "enter")
	d.await("the export", func() bool { return strings.Contains(d.screen(), "exported 1 key to") })
	d.press(":")
	d.typing("import")
	d.press("enter")
	d.sees("Import the file")
	d.typing("di")
	d.press("tab")
	d.sees("│ dir.jsonl ")
	d.press("enter")
	d.sees("Import plan", "t to another place")
	d.press("t")
	d.sees("Import dir.jsonl below", t.Name()+"/dir/")
	d.goes("other")
	d.sees("to "+t.Name()+"/other", "1 key created")
	d.press("y")
	d.sees("imported 1 key to " + t.Name() + "/other")
	holds(t, store, map[string]string{"dir/a": "value of dir/a", "other/a": "value of dir/a", "other/b": "value of other/b"})
}

// A file that is there is replaced only after a question. The ending of its name says
// the format; a directory that is no export stays.
func TestAnExportAsksBeforeItReplacesAFile(t *testing.T) {
	d, _ := explore(t, "dir/a")
	t.Chdir(t.TempDir())
	if err := os.WriteFile("mine.yaml", []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	content := func() string {
		text, err := os.ReadFile("mine.yaml")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	d.press("X")
	d.goes("mine.yaml")
	d.sees("mine.yaml is there already. Replace it?")
	d.reads()
	d.press("n")
	d.sees("nothing was exported")
	if content() != "precious" {
		t.Errorf("it was replaced by %s", content())
	}
	d.press("X")
	d.goes("mine.yaml")
	d.sees("Replace it?")
	d.reads()
	d.press("y")
	d.await("the export", func() bool { return strings.Contains(d.screen(), "exported 1 key to") })
	if !strings.Contains(content(), `key: "a"`) {
		t.Errorf("it holds %s", content())
	}
	d.press("X")
	d.goes("./")
	d.sees("is no export of kvist")
	d.press("esc")
	d.press("X")
	d.goes(filepath.Join("no", "where.jsonl"))
	d.sees("nothing was written there", "no such file or directory")
}

// slowReads is a store whose listings wait at a gate.
type slowReads struct {
	kv.Store
	gate chan struct{}
}

func (s slowReads) ListKeys(ctx context.Context, prefix string, options kv.ListOptions, visit func(kv.Entry) error) (error, error) {
	<-s.gate
	return kv.ListKeys(ctx, s.Store, prefix, options, visit)
}

// esc stops an export; nothing of it is left.
func TestAnExportCanBeStopped(t *testing.T) {
	var keys []string
	for i := range 450 {
		keys = append(keys, fmt.Sprintf("dir/%03d", i))
	}
	d, store := explore(t, keys...)
	dir := t.TempDir()
	t.Chdir(dir)
	gate := make(chan struct{})
	d.m.store = slowReads{store, gate}
	d.press("X", "enter")
	d.sees("export "+t.Name()+"/dir to dir.jsonl", "esc stop")
	d.press("esc")
	close(gate)
	d.sees("stopped: nothing was written to dir.jsonl")
	if got := files(t, dir); got != "" {
		t.Errorf("there is %s", got)
	}
}

// A wrong line is named, and nothing is planned.
func TestAWrongFileIsNotImported(t *testing.T) {
	d, _ := explore(t, "a")
	t.Chdir(t.TempDir())
	const head = `{"kvist":"export","v":1}` + "\n"
	for text, want := range map[string]string{
		head + `{"key":"a","valu":""}` + "\n": "line 2:",
		head + `{"key":"a","value":""}`:       "the file ends early",
	} {
		if err := os.WriteFile("f", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d.press(":")
		d.typing("import f")
		d.press("enter")
		d.sees("it cannot be imported", want)
		d.press("esc")
	}
}

// In the past, X exports what was there then; nothing is imported there.
func TestTheStateOfThePastIsExported(t *testing.T) {
	d, store := explore(t, "dir/a")
	t.Chdir(t.TempDir())
	pair, err := store.Get(t.Name() + "/dir/a")
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, t.Name()+"/dir/a", "later")
	d.travels(fmt.Sprint(pair.LastIndex))
	d.sees("AS OF REVISION", "dir/")
	d.await("the listing", func() bool { return d.m.past.feed.ready })
	d.press("X")
	d.sees("as of revision " + fmt.Sprint(pair.LastIndex))
	d.press("enter")
	d.await("the export", func() bool { return strings.Contains(d.screen(), "exported 1 key to") })
	text, err := os.ReadFile(fmt.Sprintf("dir-%d.jsonl", pair.LastIndex))
	if err != nil || !strings.Contains(string(text), "value of dir/a") {
		t.Errorf("it holds %s, %v", text, err)
	}
	d.press(":")
	d.typing("import x")
	d.press("enter")
	d.sees("Nothing is written here")
}
