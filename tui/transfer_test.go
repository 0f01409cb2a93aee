package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"kvist/internal/transfer"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// goes answers the prompt for a destination.
func (d *driver) goes(text string) {
	d.press("ctrl+u")
	d.typing(text)
	d.press("enter")
}

// holds fails if the store has other keys below the test's prefix, or other values.
func holds(t *testing.T, store kv.Store, want map[string]string) {
	t.Helper()
	prefix := strings.ReplaceAll(t.Name(), "/", "-") // as explore has it
	pairs, err := store.List(prefix)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range pairs {
		got[strings.TrimPrefix(p.Key, prefix+"/")] = string(p.Value)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the keys are %v, want %v", got, want)
	}
}

// c copies a folder beside itself, the cursor goes there, and u takes it back.
func TestAFolderIsCopied(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "dir/a", "dir/b")
	d.press("c")
	d.sees("Copy "+t.Name()+"/dir to", "tab completes folders")
	d.typing("2")
	d.press("enter")
	d.sees("Copy plan", "2 keys created, 28 B", "+ a", "+ b", "y copy")
	d.press("y")
	d.sees("copied 2 keys to " + t.Name() + "/dir2")
	d.await("the cursor to go there", func() bool { return d.m.tree.cursor == t.Name()+"/dir2" })
	dir := map[string]string{"dir/a": "value of dir/a", "dir/b": "value of dir/b"}
	holds(t, store, map[string]string{"dir/a": "value of dir/a", "dir/b": "value of dir/b", "dir2/a": "value of dir/a", "dir2/b": "value of dir/b"})
	d.press("u")
	d.sees("copy "+t.Name()+"/dir to "+t.Name()+"/dir2", "2 keys will be deleted")
	d.press("y")
	d.sees("undone")
	holds(t, store, dir)
}

// r changes the last part of a key's name, and asks for nothing else.
func TestAKeyIsRenamed(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "dir/a", "dir/b")
	d.press("l", "j", "r")
	d.sees("Rename "+t.Name()+"/dir/a to", t.Name()+"/dir/a")
	for text, why := range map[string]string{
		"": "A key needs a name", "x/y": "A name has no slash", "a": "That is where it is now",
	} {
		d.goes(text)
		d.sees(why)
	}
	d.goes("z")
	d.sees("Rename plan", "1 key created", "then 1 key deleted at the source")
	d.press("y")
	d.sees("renamed 1 key to " + t.Name() + "/dir/z")
	d.await("the cursor to go there", func() bool { return d.m.tree.cursor == t.Name()+"/dir/z" })
	holds(t, store, map[string]string{"dir/b": "value of dir/b", "dir/z": "value of dir/a"})
	d.press("u")
	d.sees("rename "+t.Name()+"/dir/a", "1 key will be put back, 1 key will be deleted")
	d.press("y")
	d.sees("undone")
	holds(t, store, map[string]string{"dir/a": "value of dir/a", "dir/b": "value of dir/b"})
}

// A report says which keys were left as they are, too.
func TestTheReportSaysWhatWasLeft(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "dir/a", "dir/b", "far/dir/a")
	d.press("c")
	d.goes("far/")
	d.sees("Copy plan", "1 key created", "left as they are: 1 exists")
	put(t, store, t.Name()+"/far/dir/b", "theirs")
	d.press("y")
	d.sees("copied 0 keys", "left as they are: 1 exists", "not written: 1 key")
}

// A key that somebody else changes after the plan was made stays, and is listed.
func TestAMoveLeavesWhatChangedMeanwhile(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "dir/a", "dir/b", "dir/c")
	d.press("m")
	d.goes("far/")
	d.sees("Move plan", "to "+t.Name()+"/far/dir", "3 keys created", "then 3 keys deleted at the source")
	put(t, store, t.Name()+"/dir/b", "theirs")
	d.press("y")
	d.sees("copied 2 keys", "deleted at the source: 2 keys", "not written: 1 key", "/far/dir/b: changed since", "not deleted at the source: 1 key", "/dir/b: it was not copied")
	d.press("esc")
	holds(t, store, map[string]string{"dir/b": "theirs", "far/dir/a": "value of dir/a", "far/dir/c": "value of dir/c"})
}

// A folder cannot go below itself; nothing is planned.
func TestAFolderIsNotBroughtBelowItself(t *testing.T) {
	d, _ := explore(t, "dir/a", "dir/b")
	for _, key := range []string{"c", "m"} {
		d.press(key)
		d.goes("dir/sub")
		d.sees("the target is inside")
		d.press("esc")
	}
}

// Keys that are at the target are left as they are, unless a key turns that; the plan
// is made again each time.
func TestAKeyTurnsWhatBecomesOfWhatIsThere(t *testing.T) {
	d, store := explore(t, "dir/a", "dir/b", "old/a")
	put(t, store, t.Name()+"/old/b", "value of dir/b")
	d.press("c")
	d.goes("old")
	d.sees("nothing is written", "left as they are: 1 exists; 1 the same already", "o overwrite")
	d.press("y")
	d.press("o")
	d.sees("1 key overwritten", "1 the same already", "overwritten where it differs", "o skip what exists")
	d.press("y")
	d.sees("copied 1 key to " + t.Name() + "/old")
	if got := value(t, store, t.Name()+"/old/a"); got != "value of dir/a" {
		t.Errorf("the value is %q", got)
	}
}

// tab completes folders and profiles, and says which there are.
func TestTabCompletesFolders(t *testing.T) {
	d, _ := explore(t, "apple/a", "apply/deep/b", "key")
	d.press("G", "c", "ctrl+u")
	d.typing("a")
	d.press("tab")
	d.sees("appl", "apple/  apply/")
	d.typing("y")
	d.press("tab")
	d.sees("into that folder, as key")
	d.press("tab")
	d.press("enter")
	d.sees("to "+t.Name()+"/apply/deep/key", "1 key created")
	d.press("esc")
	d.seesNot("Copy plan")
	d.elsewhere(transfer.Site{})
	d.press("c", "ctrl+u")
	d.typing("o")
	d.press("tab")
	d.sees("other:", "in another store")
}

// A large plan asks for its number of keys.
func TestALargeCopyAsksForItsNumber(t *testing.T) {
	d, store := explore(t, "dir/a", "dir/b", "dir/c")
	most := 2
	d.m.opts.ConfirmCount = &most
	d.press("c")
	d.goes("new")
	d.sees("3 keys created", "type 3, then enter, to copy")
	d.press("y")
	d.sees("this is a large plan")
	d.press("4", "enter")
	d.sees("nothing was copied: the number of keys is 3")
	d.press("backspace", "3")
	d.reads()
	d.press("enter")
	d.sees("copied 3 keys")
	if ok, err := store.Exists(t.Name() + "/new/c"); !ok || err != nil {
		t.Errorf("it was not copied: %v", err)
	}
}

// slow is a store whose batches wait at a gate. One that is under way is carried out.
type slow struct {
	kv.Store
	waiting *atomic.Int64
	gate    chan struct{}
}

func (s slow) WriteNodes(ctx context.Context, writes []kv.Write, done func(int, kv.Written)) error {
	s.waiting.Add(1)
	<-s.gate
	return kv.WriteNodes(context.WithoutCancel(ctx), s.Store, writes, done)
}

func (s slow) Unkept(ctx context.Context, nodes []*kv.Node) ([][]string, error) {
	return kv.Unkept(ctx, s.Store, nodes)
}

// esc stops a copy between two batches; the report says how far it came.
func TestACopyCanBeStopped(t *testing.T) {
	var keys []string
	for i := range 450 {
		keys = append(keys, fmt.Sprintf("dir/%03d", i))
	}
	d, store := explore(t, keys...)
	var waiting atomic.Int64
	gate := make(chan struct{})
	d.m.store = slow{store, &waiting, gate}
	d.press("c")
	d.goes("new")
	d.sees("450 keys created")
	d.press("y")
	d.await("the first batch", func() bool { return waiting.Load() > 0 })
	d.sees("writing: copy "+t.Name()+"/dir", "esc stop")
	d.press("esc")
	close(gate)
	d.sees("copied 200 keys to "+t.Name()+"/new", "250 keys not tried: it was stopped")
	if pairs, err := store.List(t.Name() + "/new"); err != nil || len(pairs) != 200 {
		t.Errorf("%d keys are there, %v", len(pairs), err)
	}
}

// picky is a store that cannot hold values longer than it says.
type picky struct {
	kv.Store
	most int
}

func (p picky) CheckNodes(_ context.Context, nodes []*kv.Node) ([]error, error) {
	why := make([]error, len(nodes))
	for i, n := range nodes {
		if len(n.Value) > p.most {
			why[i] = &kv.Error{Op: kv.OpPut, Key: n.Key, Kind: kv.ErrTooLarge}
		}
	}
	return why, nil
}

// elsewhere lets the explorer open a store called "other".
func (d *driver) elsewhere(site transfer.Site) (closed *atomic.Bool) {
	closed = new(atomic.Bool)
	d.m.opts.Elsewhere = Elsewhere{
		Profiles: []string{"other"}, Schemes: []string{"consul"},
		Open: func(_ context.Context, profile, name, last string) (*transfer.Site, error) {
			if profile == "" {
				return nil, errors.New("no route to " + name)
			}
			s := site
			if s.Prefix = name; name == "" || strings.HasSuffix(name, "/") {
				s.Prefix += last
			}
			s.Title, s.Profile, s.Close = "other:"+s.Prefix, "other", func() { closed.Store(true) }
			return &s, nil
		},
	}
	return closed
}

// another returns a second connection to the tests' store.
func another(t *testing.T) kv.Store {
	t.Helper()
	store, err := kv.NewStore(kv.ETCDV3, []string{kvtest.SharedEtcdEmbedded(t).Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// A key that the target cannot hold keeps all others from being written, unless it
// is left out by a key of its own.
func TestAPlanWithRefusedKeysWritesNothing(t *testing.T) {
	d, store := explore(t, "dir/a", "dir/long", "z")
	closed := d.elsewhere(transfer.Site{Place: transfer.Place{Store: picky{another(t), 15}}})
	d.press("c")
	d.goes("other:" + t.Name() + "/far/")
	d.sees("to other:"+t.Name()+"/far/dir", "the target cannot hold 1 key, so that nothing is written", "dir/long: ", "! long  value too large", "p without them")
	d.press("y")
	d.sees("leaves out what it cannot hold")
	d.press("p")
	d.sees("left out, since the target cannot hold them: 1 key", "y copy")
	d.press("y")
	d.sees("copied 1 key to other:"+t.Name()+"/far/dir", "undo it there")
	d.await("the other store to be closed", closed.Load)
	if ok, err := store.Exists(t.Name() + "/far/dir/long"); ok || err != nil {
		t.Errorf("it was copied: %v", err)
	}
}

// The target decides: a read-only profile can be copied from, but not moved from; and
// nothing can be written to one.
func TestTheTargetOfACopyMustBeWritable(t *testing.T) {
	d, _ := explore(t, "a", "b")
	d.m.opts.ReadOnly = true
	d.press("m")
	d.sees("read-only profile: nothing can be moved")
	d.elsewhere(transfer.Site{Place: transfer.Place{Store: another(t)}, ReadOnly: true})
	d.press("c")
	d.goes("c")
	d.sees("only another store can be written to")
	d.goes("other:" + t.Name() + "/c")
	d.sees("read-only", "esc close")
	d.press("esc")
	d.elsewhere(transfer.Site{Place: transfer.Place{Store: another(t)}, Protected: true})
	d.press("c")
	d.goes("other:" + t.Name() + "/c")
	d.sees("1 key created")
	d.press("y")
	d.sees("type the profile's name")
	d.typing("other")
	d.press("enter")
	d.sees("copied 1 key to other:" + t.Name() + "/c")
}

// A folder that is moved to another store is deleted here, and u brings it back.
func TestAFolderIsMovedToAnotherStore(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "dir/a", "dir/b")
	d.elsewhere(transfer.Site{Place: transfer.Place{Store: another(t)}})
	d.press("m")
	d.goes("other:" + t.Name() + "/far/")
	d.sees("Move plan", "to other:"+t.Name()+"/far/dir", "then 2 keys deleted at the source")
	d.press("y")
	d.sees("moved 2 keys to other:"+t.Name()+"/far/dir", "undo it here and there")
	far := map[string]string{"far/dir/a": "value of dir/a", "far/dir/b": "value of dir/b"}
	holds(t, store, far)
	d.press("u")
	d.sees("delete what was copied", "2 keys will be put back")
	d.press("y")
	d.sees("undone")
	far["dir/a"], far["dir/b"] = "value of dir/a", "value of dir/b"
	holds(t, store, far)
}

// A name that begins like that of a store is one, as on the command line, unless keys
// here begin like it.
func TestANameOfNoStoreIsRefused(t *testing.T) {
	d, _ := explore(t, "a", "arn:key", "urn:x/y", "z/k")
	d.elsewhere(transfer.Site{Place: transfer.Place{Store: another(t)}})
	for _, text := range []string{"nosuch:x/y", "nosuch://x/y"} {
		d.press("c")
		d.goes(text)
		d.sees("No profile and no kind of store is called nosuch; known are other,")
		d.press("esc")
	}
	for _, text := range []string{"arn:key2", "urn:x/z", "urn:w", "z/nosuch:x"} {
		d.press("c")
		d.goes(text)
		d.sees("Copy plan", "to "+t.Name()+"/"+text, "1 key created")
		d.press("esc")
	}
}

// A store that cannot be opened is an error of the dialog, and nothing else.
func TestAnotherStoreThatCannotBeOpened(t *testing.T) {
	d, _ := explore(t, "a")
	d.elsewhere(transfer.Site{})
	d.press("c")
	d.goes("consul://127.0.0.1:1/x")
	d.sees("no route to consul://127.0.0.1:1/x", "esc close")
	d.press("esc")
	d.seesNot("no route")
}

// From the past, a folder is copied to where it is now, or anywhere else; nothing is
// moved from there.
func TestAFolderOfThePastIsCopied(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "dir/a", "dir/b")
	pair, err := store.Get(t.Name() + "/dir/b")
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, t.Name()+"/dir/a", "later")
	if err := store.Delete(t.Name() + "/dir/b"); err != nil {
		t.Fatal(err)
	}
	d.travels(fmt.Sprint(pair.LastIndex))
	d.sees("AS OF REVISION", "dir/")
	d.await("the listing", func() bool { return d.m.past.feed.ready })
	d.press("m")
	d.sees("Nothing is written here")
	d.reads()
	d.press("esc")
	d.seesNot("Nothing is written here")
	d.press("c", "enter")
	d.sees("under it, as of revision "+fmt.Sprint(pair.LastIndex), "to "+t.Name()+"/dir", "1 key created", "1 exists")
	d.press("o")
	d.sees("1 key created, 1 key overwritten")
	d.press("y")
	d.sees("copied 2 keys to " + t.Name() + "/dir")
	holds(t, store, map[string]string{"dir/a": "value of dir/a", "dir/b": "value of dir/b"})
	d.travels("now")
	d.sees("● live")
	d.press("u")
	d.sees("copy "+t.Name()+"/dir as of revision", "1 key will be put back, 1 key will be deleted")
	d.press("y")
	d.sees("undone")
	holds(t, store, map[string]string{"dir/a": "later"})
}
