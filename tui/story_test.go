package tui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"kvist/internal/drafts"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// explore opens the explorer on a fresh prefix of a real store with these keys, and
// waits until they are listed.
func explore(t *testing.T, keys ...string) (*driver, kv.Store) {
	t.Helper()
	server := kvtest.SharedEtcdEmbedded(t)
	store, err := kv.NewStore(kv.ETCDV3, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	prefix := strings.ReplaceAll(t.Name(), "/", "-")
	if err := store.DeleteTree(prefix); err != nil && !errors.Is(err, kv.ErrKeyNotFound) { // of an earlier run
		t.Fatal(err)
	}
	for _, key := range keys {
		put(t, store, prefix+"/"+key, "value of "+key)
	}
	opts := Options{Address: "etcdv3://" + server.Addr, Prefix: prefix, Drafts: drafts.New(t.TempDir())}
	d := drive(t, store, opts, 100, 30)
	d.await("the listing", func() bool { return d.m.feed.ready })
	return d, store
}

func put(t *testing.T, store kv.Store, key, value string) {
	t.Helper()
	if err := store.Put(key, []byte(value), nil); err != nil {
		t.Fatal(err)
	}
}

func value(t *testing.T, store kv.Store, key string) string {
	t.Helper()
	pair, err := store.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pair.Value)
}

func TestOutsideChangesAppear(t *testing.T) {
	d, store := explore(t, "a", "b/c")
	put(t, store, t.Name()+"/new", "x")
	d.sees("+  new")
	put(t, store, t.Name()+"/a", "other")
	d.sees("~  a")
	d.sees("other") // the value under the cursor is read again
	if err := store.Delete(t.Name() + "/b/c"); err != nil {
		t.Fatal(err)
	}
	d.sees("-▸ b/")
}

func TestTheCursorStaysOnItsKey(t *testing.T) {
	d, store := explore(t, "m", "n")
	d.press("j")
	d.sees("value of n")
	for _, key := range []string{"a", "b", "c"} {
		put(t, store, t.Name()+"/"+key, "x")
	}
	d.await("the new keys", func() bool { return d.m.tree.tree.Len() == 5 })
	if row, _ := d.m.tree.row(); row.Name != "n" {
		t.Errorf("the cursor went to %q", row.Name)
	}
}

func TestReadOnlyRefusesToWrite(t *testing.T) {
	d, _ := explore(t, "a")
	d.m.opts.ReadOnly = true
	for key, said := range map[string]string{
		"e": "nothing can be edited", "E": "nothing can be edited", "a": "nothing can be added",
		"d": "nothing can be deleted", "D": "nothing can be deleted",
	} {
		d.press(key)
		d.sees(said)
		if d.m.editor != nil {
			t.Errorf("%s opened an editor", key)
		}
		for _, open := range d.m.dialogs {
			if _, ok := open.(*refusal); !ok {
				t.Errorf("%s opened %T", key, open)
			}
		}
		d.press("esc")
	}
}

func TestHostileBytesNeverReachTheTerminal(t *testing.T) {
	d, store := explore(t)
	key := t.Name() + "/evil\x1b]0;owned\x07\u202e"
	put(t, store, key, "\x1b[2Jgone\r\u202e\xff")
	d.sees(`evil\x1b]0;owned\x07\u202e`)
	d.await("the value", func() bool { return d.m.value.shown.pair != nil })
	content := d.m.View().Content
	for _, bad := range []string{"\x1b]0", "\x1b[2J", "\u202e", "\x07", "\r"} {
		if strings.Contains(content, bad) {
			t.Errorf("the frame holds %q", bad)
		}
	}
}

func TestEverySizeIsDrawnWhole(t *testing.T) {
	d, _ := explore(t, "a/b/c", "d")
	for _, size := range [][2]int{{80, 24}, {160, 45}, {60, 15}, {75, 20}, {59, 14}, {20, 3}, {200, 50}} {
		for _, keys := range [][]string{nil, {"L"}, {"?"}, {":"}, {"d"}} {
			d.m.dialogs, d.m.focus, d.m.right = nil, d.m.tree, d.m.value
			d.send(windowSize(size[0], size[1]))
			d.press(keys...)
			lines := strings.Split(d.screen(), "\n")
			if len(lines) > size[1] {
				t.Errorf("%v %v: %d lines", size, keys, len(lines))
			}
			for _, line := range lines {
				if width(line) > size[0] {
					t.Errorf("%v %v: a line of %d cells: %q", size, keys, width(line), line)
				}
			}
		}
	}
}

func TestLitRowsFade(t *testing.T) {
	d, store := explore(t, "a")
	put(t, store, t.Name()+"/b", "x")
	d.sees("+  b")
	d.m.now = func() time.Time { return time.Now().Add(litFor + time.Second) }
	d.send(ticked{})
	if strings.Contains(d.screen(), "+  b") {
		t.Error("the row is still lit")
	}
}

func TestWhatCannotBeReadIsSaidOnce(t *testing.T) {
	m := still(t, "", 100, 30)
	part := kv.Batch{State: kv.Live, Err: &kv.Error{Op: "follow", Key: "app/secret", Kind: kv.ErrDenied}}
	give(m, pulled(m, part))
	if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "live, in part") || !strings.Contains(frame, "app/secret") {
		t.Errorf("it says\n%s", frame)
	}
	m.now = func() time.Time { return noon.Add(time.Minute) }
	strike(m, "j")
	give(m, pulled(m, part))
	if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "live, in part") || strings.Contains(frame, "app/secret") {
		t.Errorf("it says\n%s", frame)
	}
}
