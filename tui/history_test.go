package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/internal/drafts"
	"kvist/internal/history"
	"kvist/internal/journal"
	"kvist/internal/textdiff"
	"kvist/kv"
	"kvist/kv/kvtest"
)

func historyOf(m *Model) *historyPane { return paneOf[*historyPane](m) }

// keeper is an etcd whose former versions of one key are those that the test lists.
type keeper struct {
	*kv.EtcdV3

	mu       sync.Mutex
	versions []kv.Version // the newest first
	page     int          // how many are read at once; 0 is all
	end      kv.Versions  // what is said after the oldest one
	deeper   []kv.Version // what a deep read finds
	asked    []kv.VersionsOptions
	err      error
	putErr   error
}

func (k *keeper) AtomicPut(key string, value []byte, previous *kv.KVPair, o *kv.WriteOptions) (bool, *kv.KVPair, error) {
	if k.putErr != nil {
		return false, nil, k.putErr
	}
	return k.EtcdV3.AtomicPut(key, value, previous, o)
}

func (k *keeper) Versions(_ context.Context, _ string, o kv.VersionsOptions) (kv.Versions, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = append(k.asked, o)
	if k.err != nil {
		return kv.Versions{}, k.err
	}
	if o.Deep {
		return kv.Versions{Versions: k.deeper, Compacted: true}, nil
	}
	v := k.end
	for _, version := range k.versions {
		switch {
		case o.Before != 0 && version.Index >= o.Before:
		case k.page > 0 && len(v.Versions) == k.page, o.Limit > 0 && len(v.Versions) == o.Limit:
			return kv.Versions{Versions: v.Versions, More: true}, nil
		default:
			v.Versions = append(v.Versions, version)
		}
	}
	return v, nil
}

// questions returns how often the store was asked for versions.
func (k *keeper) questions() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.asked)
}

// add notes that the key was written at an index.
func (k *keeper) add(v kv.Version) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.versions = slices.Insert(k.versions, 0, v)
}

// keptExplore opens an explorer of keys on a store that keeps history, with a
// journal. The store keeps the first of the keys as it is.
func keptExplore(t *testing.T, w, h int, keys ...string) (*driver, *keeper) {
	t.Helper()
	first, _ := explore(t, keys...)
	server := kvtest.SharedEtcdEmbedded(t)
	own, err := kv.NewStore(kv.ETCDV3, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	j := journal.New(t.TempDir(), journal.Store{Backend: "etcdv3", Addresses: []string{server.Addr}}, journal.Options{})
	t.Cleanup(func() { j.Close() })
	opts := first.m.opts
	opts.Drafts = drafts.New(t.TempDir())
	opts.Journal = func() *journal.Journal { return j }
	k := &keeper{EtcdV3: own.(*kv.EtcdV3)}
	d := drive(t, kv.Recorded(k, &journal.Recorder{Journal: j}), opts, w, h)
	d.await("the listing", func() bool { return d.m.feed.ready })
	k.keep(t, strings.ReplaceAll(t.Name(), "/", "-")+"/"+keys[0])
	return d, k
}

// writes writes a value as somebody else does, and has the store keep it.
func (k *keeper) writes(t *testing.T, key, value string) uint64 {
	t.Helper()
	put(t, k.EtcdV3, key, value)
	return k.keep(t, key)
}

// keep has the store keep the key as it is.
func (k *keeper) keep(t *testing.T, key string) uint64 {
	t.Helper()
	pair, err := k.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := k.Meta(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	k.add(kv.Version{Index: pair.LastIndex, Value: pair.Value, Created: meta.Created, Version: meta.Version, Lease: meta.Owner})
	return pair.LastIndex
}

// rowUnder returns the row under the cursor.
func (d *driver) rowUnder() history.Row {
	p := historyOf(d.m)
	return p.rows[p.at]
}

// The versions of a key are listed, the newest first, each with what it changed; any
// can be against now and with a marked one, and shown whole.
func TestHistoryShowsAndComparesVersions(t *testing.T) {
	d, k := keptExplore(t, 100, 30, "a")
	key := t.Name() + "/a"
	var at []uint64
	for _, value := range []string{"one\n", "two\n", "three\n"} {
		at = append(at, k.writes(t, key, value))
		d.recorded(len(at))
	}
	d.press("H")
	d.sees("History of "+key, "4 versions kept by the store", fmt.Sprint(at[2]), "now", "- two", "+ three")
	d.press("j")
	d.sees("- one", "+ two")
	d.press("c")
	d.sees("against now", "- two", "+ three")
	d.press("c", "j", "space", "k", "k")
	d.sees("against the mark", "- one", "+ three", fmt.Sprintf("%d → revision %d (now)", at[0], at[2]))
	d.press("j", "m", "k")
	d.sees("- one", "+ two")
	d.press("j", "m", "j", "m", "j") // both marks are gone
	d.sees("there was nothing before", "+ value of a")
	d.press("k")
	d.press("enter")
	d.sees("text, 1 line", "4 B", "created at revision", "version")
	d.press("esc")
	d.sees("+ one")
	d.press("esc")
	if d.m.focus != d.m.tree || d.m.right != pane(d.m.value) {
		t.Error("esc does not lead back to the tree and the value")
	}
}

// H works in every pane on the key under the cursor, and says where there is none.
func TestHistoryIsOfTheKeyUnderTheCursor(t *testing.T) {
	for _, pane := range []string{"L", "w", "5"} {
		m, key := listed(t)
		strike(m, pane, "H")
		if p := historyOf(m); p.key != key || m.focus != p {
			t.Errorf("H in %s is about %q", pane, p.key)
		}
	}
	m := still(t, "", 100, 30) // the cursor is on a folder
	strike(m, "H")
	if m.focus != m.tree || !strings.Contains(ansi.Strip(m.View().Content), "only keys have a history") {
		t.Errorf("H on a folder shows:\n%s", ansi.Strip(m.View().Content))
	}
}

// A change is a row at the top, with its value as soon as it is read; the cursor
// stays on its version.
func TestHistoryIsLive(t *testing.T) {
	d, k := keptExplore(t, 100, 30, "a")
	key := t.Name() + "/a"
	first := k.writes(t, key, "one")
	k.writes(t, key, "two")
	d.await("the feed", func() bool { e, _ := d.m.tree.tree.Lookup(key); return e.Index == k.versions[0].Index })
	d.press("H")
	d.sees("3 versions")
	d.press("j")
	third := k.writes(t, key, "three")
	d.sees("4 versions", fmt.Sprint(third))
	if row := d.rowUnder(); row.Index != first {
		t.Errorf("the cursor is on %d, not %d", row.Index, first)
	}
	d.press("g")
	d.sees("- two", "+ three")
	if row := d.rowUnder(); row.At.IsZero() {
		t.Error("the feed saw it, but it has no time")
	}
}

// However many versions came at once, those that were listed stay, and the cursor on
// its own.
func TestHistoryCatchesUp(t *testing.T) {
	d, k := keptExplore(t, 100, 30, "a")
	key := t.Name() + "/a"
	first := k.writes(t, key, "one")
	d.press("H")
	d.sees("2 versions")
	k.mu.Lock()
	for i := range 30 { // that nobody was told of
		k.versions = slices.Insert(k.versions, 0, kv.Version{Index: first + 1 + uint64(i), Value: []byte("many")})
	}
	k.mu.Unlock()
	put(t, k.EtcdV3, key, "and one that the feed brings")
	d.sees("32 versions")
	if row := d.rowUnder(); row.Index != first || d.m.focus != historyOf(d.m) {
		t.Errorf("the cursor is on %d, not %d", row.Index, first)
	}
	for _, o := range k.asked[1:] {
		if o.Limit != historyNews {
			t.Errorf("asked for %+v", o)
		}
	}
}

// Older pages are read when the cursor comes near the end, and what the store does
// not look for by itself only when it is asked for.
func TestHistoryReadsOnAsTheCursorDoes(t *testing.T) {
	d, k := keptExplore(t, 100, 24, "a")
	k.versions = nil
	for i := range 60 {
		k.add(kv.Version{Index: uint64(100 + i), Value: fmt.Appendf(nil, "value %d", i), Created: 100, Version: int64(i + 1)})
	}
	k.page, k.end = 30, kv.Versions{Unread: 100}
	k.deeper = []kv.Version{{Index: 90, Deleted: true}, {Index: 80, Value: []byte("of old"), Created: 80, Version: 1}}
	d.press("H")
	d.sees("30 versions")
	if n := k.questions(); n != 1 {
		t.Fatalf("asked %d times before the cursor moved", n)
	}
	d.press("G")
	d.await("the rest", func() bool { return len(historyOf(d.m).rows) == 61 })
	d.press("G")
	d.sees("what was before revision 100 was not looked for: X looks", "(reads many revisions)")
	d.press("X")
	d.await("the deep read", func() bool { return len(historyOf(d.m).rows) == 63 })
	d.press("G")
	d.sees("older versions, if there were any, are compacted")
	if last := k.asked[len(k.asked)-1]; !last.Deep || last.Before != 100 {
		t.Errorf("asked for %+v", last)
	}
	d.press("k")
	d.sees("the version before is not known", "of old")
}

// A version is put back by compare-and-swap against what is there now, recorded, so
// that u takes it back; the lease is what the key has now.
func TestHistoryPutsAVersionBack(t *testing.T) {
	d, k := keptExplore(t, 100, 30, "a")
	key := t.Name() + "/a"
	k.writes(t, key, "one")
	k.writes(t, key, "two")
	k.versions[1].Lease = "694d"
	d.press("H")
	d.sees("3 versions")
	d.press("j", "p")
	d.sees("Put back", "in place of revision", "- two", "+ one", "lease 694d does not come back: the key keeps what it has now")
	d.press("y")
	d.becomes(k.EtcdV3, key, "one")
	d.sees("saved " + key)
	d.sees("written by kvist")
	d.press("u")
	d.sees("1 key will be put back")
	d.press("y")
	d.becomes(k.EtcdV3, key, "two")
}

// What somebody else writes meanwhile is not overwritten: the Conflict shows all
// three sides.
func TestHistoryInConflict(t *testing.T) {
	d, k := keptExplore(t, 100, 30, "a")
	key := t.Name() + "/a"
	k.writes(t, key, "one")
	k.writes(t, key, "two")
	d.await("the feed", func() bool { e, _ := d.m.tree.tree.Lookup(key); return e.Index == k.versions[0].Index })
	d.press("H")
	d.sees("3 versions")
	d.press("j", "p")
	d.sees("in place of")
	put(t, k.EtcdV3, key, "theirs")
	d.press("y")
	d.sees("Conflict", "- two", "+ one", "+ theirs")
	if got := value(t, k.EtcdV3, key); got != "theirs" {
		t.Errorf("it is %q", got)
	}
	d.press("esc", "p")
	d.sees("Put back", "- theirs", "+ one") // no draft is in the way
	put(t, k.EtcdV3, key, "theirs again")
	d.press("y")
	d.sees("Conflict", "+ theirs again")
	d.press("o")
	d.becomes(k.EtcdV3, key, "one")
}

// A version that cannot be written is no draft: its history keeps it, and p tries
// again.
func TestHistoryThatCannotBePutBack(t *testing.T) {
	d, k := keptExplore(t, 100, 30, "a")
	key := t.Name() + "/a"
	k.writes(t, key, "one")
	k.putErr = &kv.Error{Op: kv.OpAtomicPut, Key: key, Server: "etcd x", Kind: kv.ErrDenied}
	d.press("H")
	d.sees("2 versions")
	d.press("j", "p")
	d.sees("in place of")
	d.press("y")
	d.sees("Nothing was put back.")
	if len(d.m.drafts) > 0 {
		t.Errorf("drafts: %v", d.m.drafts)
	}
	k.putErr = nil
	d.press("p")
	d.sees("in place of")
	d.press("y")
	d.sees("saved " + key)
	d.becomes(k.EtcdV3, key, "value of a")
}

// A deleted key has a history. A version put back creates it, and never overwrites
// what somebody created meanwhile.
func TestHistoryCreatesADeletedKey(t *testing.T) {
	d, k := keptExplore(t, 100, 30, "a", "b")
	key := t.Name() + "/a"
	index := k.writes(t, key, "one")
	d.recorded(1)
	d.sees("one")
	if err := k.Delete(key); err != nil {
		t.Fatal(err)
	}
	k.add(kv.Version{Index: index + 1, Deleted: true})
	d.sees("deleted; this is what it last was")
	d.press("H")
	d.sees("deleted", "3 versions")
	d.press("p")
	d.sees("is deleted now: there is nothing to put back")
	d.press("j", "p")
	d.sees("is gone. Create it again with", "+ one")
	put(t, k.EtcdV3, key, "created by others")
	d.press("y")
	d.sees("Conflict", "created by others")
	d.press("t")
	d.seesNot("Conflict")
	if got := value(t, k.EtcdV3, key); got != "created by others" {
		t.Errorf("it is %q", got)
	}
	if err := k.Delete(key); err != nil {
		t.Fatal(err)
	}
	d.await("the deletion", func() bool { return d.m.isGone(key) })
	d.press("p")
	d.sees("Create it again")
	d.press("y")
	d.sees("saved " + key)
	d.becomes(k.EtcdV3, key, "one")
}

// A deletion is put back by the plan that deletes the key as it is now.
func TestHistoryPutsADeletionBack(t *testing.T) {
	d, k := keptExplore(t, 100, 30, "a")
	key := t.Name() + "/a"
	k.versions = nil
	k.add(kv.Version{Index: 2, Value: []byte("x")})
	k.add(kv.Version{Index: 3, Deleted: true})
	k.writes(t, key, "one")
	d.recorded(1)
	d.press("H")
	d.sees("3 versions")
	d.press("j", "p")
	d.sees("Delete plan")
	d.press("y")
	d.await("the deletion", func() bool { return d.m.isGone(key) && len(d.m.dialogs) == 0 })
}

// Nothing is put back where nothing may be written, over a draft, and of a value
// that nobody knows; a sentence says so.
func TestHistorySaysWhyItPutsNothingBack(t *testing.T) {
	d, k := keptExplore(t, 100, 30, "a")
	key := t.Name() + "/a"
	k.writes(t, key, "one")
	k.writes(t, key, "two")
	d.await("the feed", func() bool { e, _ := d.m.tree.tree.Lookup(key); return e.Index == k.versions[0].Index })
	d.press("H")
	d.sees("3 versions")
	d.press("p")
	d.sees("has that value now")
	d.m.drafts = map[string]drafts.Draft{key: {Key: key}}
	d.press("j", "p")
	d.sees("There is a draft of")
	d.press("esc")
	d.m.drafts = nil
	d.m.opts.ReadOnly = true
	d.press("p")
	d.sees("read-only profile: nothing can be put back")
	d.m.opts.ReadOnly = false
	historyOf(d.m).rows[1].Known = false
	d.press("p")
	d.sees("the value of that version is not known")
	historyOf(d.m).rows[1].Hidden = true
	d.press("p")
	d.sees("the journal does not keep the values of this key")
}

// An error is said, what is known besides is listed, and X tries again.
func TestHistoryThatCannotBeRead(t *testing.T) {
	d, k := keptExplore(t, 100, 30, "a")
	key := t.Name() + "/a"
	k.writes(t, key, "seen")
	d.recorded(1)
	k.err = &kv.Error{Op: kv.OpHistory, Key: key, Server: "etcd x", Kind: kv.ErrDenied}
	d.press("H")
	d.sees("denied", "seen by this kvist")
	k.err = nil
	k.writes(t, key, "kept")
	d.press("X")
	d.sees("3 versions kept by the store")
}

// Where the store keeps nothing, the history is what this kvist saw and wrote, and
// gaps are told.
func TestHistoryWithoutAStoreThatKeepsIt(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	d, store, prefix := exploreOn(t, kv.ZK, server)
	d.press("j")
	d.sees("first")
	put(t, store, prefix+"/a", "second\n")
	d.sees("second")
	d.press("H")
	d.sees("2 versions seen or written by kvist", "- first", "+ second", "what was before is not known")
	if row := d.rowUnder(); row.At.IsZero() || row.Index == 0 {
		t.Errorf("ZooKeeper's stat has a time: %+v", row)
	}
	put(t, store, prefix+"/a", "third\n")
	d.sees("3 versions")
	d.press("g")
	d.sees("- second", "+ third")
	d.press("j", "j", "p")
	d.sees("+ first")
	d.press("y")
	d.becomes(store, prefix+"/a", "first\nsame\n")
}

// keptVersions are versions for golden frames, with everything that a version may
// have and hostile bytes.
func keptVersions() kv.Versions {
	return kv.Versions{Compacted: true, Versions: []kv.Version{
		{Index: 1307, Value: []byte("{\n  \"rate\": 150,\n  \"name\": \"\x1b[2J\u202eevil\"\n}\n"), Created: 1200, Version: 3, Lease: "694d7a"},
		{Index: 1250, Value: []byte("{\n  \"rate\": 100,\n  \"name\": \"web\"\n}\n"), Created: 1200, Version: 2},
		{Index: 1200, Value: []byte("{\n  \"rate\": 100\n}\n"), Created: 1200, Version: 1},
		{Index: 1190, Deleted: true},
		{Index: 100, Value: []byte{0, 1, 2, 0xff}, Created: 90, Version: 12},
	}}
}

// showHistory shows the history of a key, as far as the store keeps it.
func showHistory(m *Model) {
	showLimits(m)
	strike(m, "H")
	p := historyOf(m)
	p.keeps = true
	p.records = []journal.Record{{
		ID: "h3k-7", Key: p.key, Time: noon.Add(-26 * time.Hour), Outcome: journal.Done, Index: 1250,
		Before: &kv.Node{Index: 1200}, After: &kv.Node{}, Hidden: true,
	}, {
		ID: "h3k-1", Key: p.key, Time: noon.Add(-90 * time.Hour), Outcome: journal.Done, Index: 71,
		Before: &kv.Node{Index: 70, Value: []byte("old")}, After: &kv.Node{Value: []byte("older")},
	}}
	give(m, historyRead{pane: p, gen: p.gen, versions: keptVersions(), answered: true})
	settle(m)
}

// settle has what is below the list prepared.
func settle(m *Model) {
	p := historyOf(m)
	p.detail.asked = historyPair{}
	if cmd := p.followDetail(); cmd != nil {
		give(m, cmd())
	}
}

// historyScenes are the golden frames of the history.
func historyScenes() map[string]func(*Model) {
	return map[string]func(*Model){
		"history": showHistory,
		"history-marked": func(m *Model) {
			showHistory(m)
			strike(m, "j", "space", "j", "j")
			settle(m)
		},
		"history-whole": func(m *Model) {
			showHistory(m)
			strike(m, "enter")
			settle(m)
		},
		"history-seen": func(m *Model) {
			showLimits(m)
			for i, index := range []uint64{300, 301, 310} {
				missed := kv.Missed(0)
				if i == 2 {
					missed = kv.Coalesced
				}
				give(m, pulled(m, kv.Batch{State: kv.Live, Missed: missed, At: noon, Events: []kv.Event{
					{Key: "app/config/limits.json", Index: index, Size: 30 + i, Flags: kv.Leased},
				}}))
			}
			strike(m, "H")
			p := historyOf(m)
			give(m, historyRead{pane: p, gen: p.gen, present: &history.Present{
				Pair: &kv.KVPair{Key: p.key, Value: []byte("{\"rate\": 1}"), LastIndex: 310},
			}})
			strike(m, "g")
			settle(m)
		},
		"history-put-back": func(m *Model) {
			showHistory(m)
			strike(m, "j", "p")
			d := m.top().(*historyBack)
			give(m, historyNow{
				dialog: d, pair: &kv.KVPair{Key: d.key, Value: keptVersions().Versions[0].Value, LastIndex: 1307},
				change: newDiffSide("", d.key, textdiff.Compare(d.key, keptVersions().Versions[0].Value, d.row.Value), 1, 1),
			})
			read(m)
		},
	}
}

// A click puts the cursor on a row, and on what is below the list gives it the
// focus.
func TestHistoryIsClicked(t *testing.T) {
	m := still(t, "", 100, 30)
	showHistory(m)
	r := m.areas().right
	click := func(y int) {
		give(m, tea.MouseClickMsg{X: r.x + 5, Y: r.y + y, Button: tea.MouseLeft})
	}
	p := historyOf(m)
	click(p.widths.above + 2)
	if p.at != 2 || p.inside {
		t.Errorf("the cursor is on row %d", p.at)
	}
	click(p.widths.above + p.height + 2)
	if !p.inside {
		t.Error("what is below has no focus")
	}
}
