package tui

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"kvist/internal/drafts"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// explore opens the explorer on a fresh prefix of a real store, with these
// keys below it, and waits until they are listed.
func explore(t *testing.T, keys ...string) (*driver, kv.Store) {
	t.Helper()
	server := kvtest.SharedEtcdEmbedded(t)
	store, err := kv.NewStore(kv.ETCDV3, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	prefix := strings.ReplaceAll(t.Name(), "/", "-")
	if err := store.DeleteTree(prefix); err != nil && !errors.Is(err, kv.ErrKeyNotFound) { // a run before
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

func TestEditIsSaved(t *testing.T) {
	d, store := explore(t, "a")
	d.sees("value of a")
	d.press("e")
	d.typing("new ")
	d.press("ctrl+s")
	d.sees("saved")
	if got := value(t, store, t.Name()+"/a"); got != "new value of a" {
		t.Errorf("the store holds %q", got)
	}
	if d.m.editor != nil {
		t.Error("the editor is still open")
	}
}

// conflict edits a key that somebody else writes meanwhile, and saves.
func conflict(t *testing.T) (*driver, kv.Store, string) {
	t.Helper()
	d, store := explore(t, "a")
	key := t.Name() + "/a"
	d.sees("value of a")
	d.press("e")
	d.typing("mine ")
	put(t, store, key, "theirs")
	d.sees("changed underneath")
	d.press("ctrl+s")
	d.sees("when you began")
	d.sees("+ mine value of a")
	d.sees("+ theirs")
	return d, store, key
}

func TestConflictOverwrites(t *testing.T) {
	d, store, key := conflict(t)
	d.press("o")
	d.sees("saved")
	if got := value(t, store, key); got != "mine value of a" {
		t.Errorf("the store holds %q", got)
	}
}

func TestConflictOverwriteMeetsAThirdWriter(t *testing.T) {
	d, store, key := conflict(t)
	put(t, store, key, "the third")
	d.press("o")
	d.sees("+ the third")
	if got := value(t, store, key); got != "the third" {
		t.Errorf("the third writer's value was lost: the store holds %q", got)
	}
}

func TestConflictTakesTheirs(t *testing.T) {
	d, store, key := conflict(t)
	d.press("t")
	d.sees("took theirs")
	if got := value(t, store, key); got != "theirs" {
		t.Errorf("the store holds %q", got)
	}
	if len(d.m.drafts) != 0 {
		t.Error("the draft is still there")
	}
}

func TestConflictMerges(t *testing.T) {
	d, store := explore(t)
	key := t.Name() + "/list"
	put(t, store, key, "one\ntwo\nthree\nfour\n")
	d.sees("list")
	d.sees("four")
	d.press("e")
	d.typing("my ")
	put(t, store, key, "one\ntwo\nthree\nfour, theirs\n")
	d.sees("changed underneath")
	d.press("ctrl+s")
	d.sees("when you began")
	d.press("m")
	d.sees("merged without conflicts")
	d.press("ctrl+s")
	d.sees("saved")
	if got, want := value(t, store, key), "my one\ntwo\nthree\nfour, theirs\n"; got != want {
		t.Errorf("the store holds %q, want %q", got, want)
	}
}

func TestAKeyDeletedMeanwhileIsCreatedAgain(t *testing.T) {
	d, store := explore(t, "a", "b")
	key := t.Name() + "/a"
	d.sees("value of a")
	d.press("e")
	d.typing("mine ")
	if err := store.Delete(key); err != nil {
		t.Fatal(err)
	}
	d.sees("deleted underneath")
	d.press("ctrl+s")
	d.sees("the key was deleted")
	d.press("o")
	d.sees("saved")
	if got := value(t, store, key); got != "mine value of a" {
		t.Errorf("the store holds %q", got)
	}
}

// A key that was just made is where the cursor is, also in a folder that was
// not there before.
func TestTheCursorGoesToAKeyThatWasMade(t *testing.T) {
	d, store := explore(t, "a", "z")
	d.press("a")
	d.typing("m/n/new")
	d.press("enter")
	d.typing("x")
	d.press("ctrl+s")
	d.sees("Value " + t.Name() + "/m/n/new")
	d.press("k")
	put(t, store, t.Name()+"/later", "x")
	d.sees("later")
	if row, _ := d.m.tree.row(); row.Key == t.Name()+"/m/n/new" || row.Key == t.Name()+"/later" {
		t.Errorf("the cursor is on %s", row.Key)
	}
}

func TestAddingAKeyThatIsThereIsAConflict(t *testing.T) {
	d, store := explore(t, "a")
	d.press("a")
	d.typing("b")
	d.press("enter")
	d.typing("mine")
	put(t, store, t.Name()+"/b", "theirs")
	d.sees("changed underneath")
	d.press("ctrl+s")
	d.sees("was not there when you began")
	d.press("esc", "esc")
	if got := value(t, store, t.Name()+"/b"); got != "theirs" {
		t.Errorf("the store holds %q", got)
	}
}

func TestInvalidJSONAsksFirst(t *testing.T) {
	d, store := explore(t)
	key := t.Name() + "/a.json"
	put(t, store, key, `{"a": 1}`)
	d.sees("JSON, 1 key")
	d.press("e")
	d.typing("{")
	d.press("ctrl+s")
	d.sees("not valid JSON")
	d.press("esc")
	if got := value(t, store, key); got != `{"a": 1}` {
		t.Errorf("the store holds %q", got)
	}
	d.press("ctrl+s", "y")
	d.sees("saved")
	if got := value(t, store, key); got != `{{"a": 1}` {
		t.Errorf("the store holds %q", got)
	}
}

func TestDeletePlanIsExact(t *testing.T) {
	d, store := explore(t, "app/x", "app/y/z", "app-old/x", "app")
	prefix := t.Name()
	d.press("D")
	d.sees("3 keys")
	d.sees("stays: " + prefix + "/app-old")
	put(t, store, prefix+"/app/x", "changed since")
	put(t, store, prefix+"/app/new", "appeared since")
	d.press("y")
	d.sees("deleted 2 of 3 keys")
	d.sees("changed since")
	d.sees("appeared since")
	left, err := store.List(prefix)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, pair := range left {
		keys = append(keys, strings.TrimPrefix(pair.Key, prefix+"/"))
	}
	if got := strings.Join(keys, " "); got != "app-old/x app/new app/x" {
		t.Errorf("left are %q", got)
	}
}

func TestEscDeletesNothing(t *testing.T) {
	d, store := explore(t, "a")
	d.press("d")
	d.sees("this key alone")
	d.press("esc")
	if ok, err := store.Exists(t.Name() + "/a"); !ok || err != nil {
		t.Errorf("the key is gone: %v", err)
	}
}

func TestDraftsAreOfferedAgain(t *testing.T) {
	d, store := explore(t, "a")
	d.sees("value of a")
	d.press("e")
	d.typing("half a thought ")
	d.press("ctrl+c")
	d.await("the end", func() bool { return d.quit })

	again := drive(t, store, d.m.opts, 100, 30)
	again.sees("was not saved")
	again.press("y")
	again.sees("half a thought value of a")
	again.press("ctrl+s")
	again.sees("saved")
	if got := value(t, store, t.Name()+"/a"); got != "half a thought value of a" {
		t.Errorf("the store holds %q", got)
	}
	again.await("the draft to go", func() bool {
		list, err := d.m.opts.Drafts.List(d.m.opts.Address)
		return len(list) == 0 && err == nil
	})
}

func TestLocksShowHolderAndWaiters(t *testing.T) {
	d, store := explore(t, "a")
	server := kvtest.SharedEtcdEmbedded(t)
	second, err := kv.NewStore(kv.ETCDV3, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	name := t.Name() + "/deploy"
	held, err := store.NewLock(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.Lock(); err != nil {
		t.Fatal(err)
	}
	waiting, err := second.NewLock(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		if _, err := waiting.(kv.StopLocker).LockStop(stop); err == nil {
			t.Error("the lock was given to two")
		}
	}()
	d.press("L")
	d.sees("holder")
	d.sees("1. waits")
	close(stop)
	<-ended
	d.await("the queue to be empty", func() bool { return !strings.Contains(d.screen(), "waits") })
	if err := held.Unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestFindGoesToTheMatch(t *testing.T) {
	d, _ := explore(t, "a", "deep/er/needle", "z/needle")
	d.press("/")
	d.typing("needle")
	d.sees("2 matches")
	d.press("enter")
	if row, _ := d.m.tree.row(); row.Name != "needle" {
		t.Errorf("the cursor is on %q", row.Key)
	}
	d.press("n")
	if row, _ := d.m.tree.row(); !strings.HasSuffix(row.Key, "/z/needle") {
		t.Errorf("n went to %q", row.Key)
	}
	d.press("n")
	if row, _ := d.m.tree.row(); !strings.HasSuffix(row.Key, "/deep/er/needle") {
		t.Errorf("n went on to %q", row.Key)
	}
}

func TestReadOnlyRefusesToWrite(t *testing.T) {
	d, _ := explore(t, "a")
	d.m.opts.ReadOnly = true
	for _, key := range []string{"e", "E", "a", "d", "D"} {
		d.press(key)
		if len(d.m.dialogs) > 0 || d.m.editor != nil {
			t.Errorf("%s opened something", key)
		}
		d.sees("read-only")
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
			d.m.dialogs, d.m.focus, d.m.right = nil, treeFocus, valueFocus
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

func TestProtectedAsksForTheName(t *testing.T) {
	d, store := explore(t, "a")
	d.m.opts.Protected, d.m.opts.Profile = true, "prod"
	d.sees("value of a")
	d.press("e")
	d.typing("new ")
	d.press("ctrl+s")
	d.sees("type the profile's name")
	d.typing("test")
	d.press("enter")
	d.sees("nothing was written")
	if got := value(t, store, t.Name()+"/a"); got != "value of a" {
		t.Errorf("the store holds %q", got)
	}
	d.press("ctrl+u")
	d.typing("prod")
	d.press("enter")
	d.sees("saved")
	d.press("e")
	d.await("the editor", func() bool { return d.m.editor != nil })
	d.typing("once ")
	d.press("ctrl+s") // the name is asked for once
	d.await("the second write", func() bool { return value(t, store, t.Name()+"/a") == "once new value of a" })
}

func TestASearchThatIsLeftLeavesNoTrace(t *testing.T) {
	d, _ := explore(t, "a", "deep/er/needle", "z/thing")
	before := d.m.tree.tree.Len()
	d.press("/")
	d.typing("needle")
	d.sees("1 match")
	d.await("the match", func() bool { return strings.HasSuffix(d.m.tree.cursor, "needle") })
	d.press("backspace")
	d.typing("x")
	d.sees("no match")
	d.press("backspace")
	d.await("the match", func() bool { return strings.HasSuffix(d.m.tree.cursor, "needle") })
	d.press("esc")
	if n := d.m.tree.tree.Len(); n != before || !strings.HasSuffix(d.m.tree.cursor, "/a") {
		t.Errorf("%d rows are open, %d were; the cursor is on %s", n, before, d.m.tree.cursor)
	}
}

// gated is a store whose deletions wait at a gate.
type gated struct {
	kv.Store
	waiting *atomic.Int64
	gate    chan struct{}
}

func (g gated) AtomicDelete(key string, previous *kv.KVPair) (bool, error) {
	g.waiting.Add(1)
	<-g.gate
	return g.Store.AtomicDelete(key, previous)
}

func TestADeletionCanBeStopped(t *testing.T) {
	var keys []string
	for i := range 60 {
		keys = append(keys, fmt.Sprintf("dir/%02d", i))
	}
	d, store := explore(t, append(keys, "other")...)
	gate := make(chan struct{})
	var waiting atomic.Int64
	d.m.store = gated{store, &waiting, gate}
	d.press("D")
	d.sees("60 keys, 900 B, will be deleted")
	d.press("y")
	d.await("the first deletions", func() bool { return waiting.Load() > 0 })
	d.press("esc")
	close(gate)
	d.sees("it was stopped")
	left, err := store.List(t.Name() + "/dir")
	if err != nil || len(left) == 0 || len(left) == 60 {
		t.Errorf("%d keys are left, %v", len(left), err)
	}
	d.sees(fmt.Sprintf("deleted %d of 60 keys", 60-len(left)))
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

func TestAKeySweptAfterAGapIsShownAsGone(t *testing.T) {
	m := still(t, "", 100, 30)
	showLimits(m)
	strike(m, "e", "x")
	give(m, pulled(m, kv.Batch{Begin: true, Synced: true, State: kv.Live, Missed: kv.Gap, Events: []kv.Event{
		{Key: "app/feature", Index: 300, Size: 4},
	}}))
	if frame := ansi.Strip(m.View().Content); !strings.Contains(frame, "deleted underneath") {
		t.Errorf("the editor says\n%s", frame)
	}
	strike(m, "esc")
	if !m.value.shown.gone {
		t.Error("the value is shown as if it were there")
	}
}
