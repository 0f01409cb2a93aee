package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// exploreOn opens the explorer on a prefix of a server, with one key in it.
func exploreOn(t *testing.T, backend kv.Backend, server *kvtest.Server) (*driver, kv.Store, string) {
	t.Helper()
	store, err := kv.NewStore(backend, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	prefix := fmt.Sprintf("%s-%d", strings.ReplaceAll(t.Name(), "/", "-"), len(t.TempDir()))
	t.Cleanup(func() { _ = store.DeleteTree(prefix) }) // another run may start without them
	put(t, store, prefix+"/a", "first\nsame\n")
	d := drive(t, store, Options{Address: server.Addr, Prefix: prefix}, 120, 30)
	d.await("the listing", func() bool { return d.m.feed.ready })
	return d, store, prefix
}

// recorded waits until so many changes are recorded.
func (d *driver) recorded(n int) {
	d.t.Helper()
	d.await(fmt.Sprint(n, " changes"), func() bool { total, _, _ := changesOf(d.m).Total(); return total >= n })
}

func TestChangesShowWhatHappenedBeforeTheyWereOpened(t *testing.T) {
	d, store := explore(t, "a", "b")
	put(t, store, t.Name()+"/a", "other value")
	d.recorded(1)
	if err := store.Delete(t.Name() + "/b"); err != nil {
		t.Fatal(err)
	}
	d.recorded(2)
	d.press("w")
	d.sees("2 changes since")
	d.sees("~ a")
	d.sees("10 B → 11 B")
	d.sees("- b")
	d.sees("- value of b") // the newest change is under the cursor: what it deleted
	d.press("k")
	d.sees("- value of a")
	d.sees("+ other value")
	put(t, store, t.Name()+"/new", "x")
	d.sees("+ new")
	if c, _, _ := changesOf(d.m).current(); c.Key != t.Name()+"/a" {
		t.Errorf("the cursor went to %q", c.Key)
	}
	d.press("G")
	d.sees("+ x")
	put(t, store, t.Name()+"/newer", "y")
	d.sees("+ y") // on the newest change, the cursor stays with the newest
	d.press("w")
	if d.m.focus != d.m.tree || d.m.right != d.m.value {
		t.Error("w does not lead back")
	}
}

func TestAChangeTellsExactlyWhatItReplaced(t *testing.T) {
	server := kvtest.StartEtcd(t)
	d, store, prefix := exploreOn(t, kv.ETCDV3, server)
	for i, text := range []string{"second\nsame\n", "third\nsame\n", "\x00\x01binary"} {
		put(t, store, prefix+"/a", text)
		d.recorded(i + 1)
	}
	d.press("w")
	d.sees("not text: 11 B before, 8 B after")
	d.press("g")
	d.sees("- first")
	d.sees("+ second")
	d.sees("  same")
	d.press("j")
	d.sees("- second")
	d.sees("+ third")
	if read := d.asOne(0, 1); !slices.Equal(read.remarks, []string{"several updates came as one; this is the last"}) {
		t.Errorf("of two changes that came as one it says %q", read.remarks)
	}
	revision := changesOf(d.m).Get(changesOf(d.m).Number(changesOf(d.m).Rows() - 1)).Now.Index
	if out, err := server.CLI("compact", strconv.FormatUint(revision, 10)); err != nil {
		t.Fatal(out, err)
	}
	d.press("k")
	d.sees("compacted: the store discarded what was there then")
	d.sees("and newer than this change")
}

// asOne reads two changes of a key as if they had been recorded as one.
func (d *driver) asOne(first, last uint64) changeRead {
	d.t.Helper()
	p := changesOf(d.m)
	c := *p.Get(last)
	c.Was = p.Get(first).Was
	return changeQuestion{store: d.m.store, change: c, now: d.m.now}.answer(d.t.Context())
}

// A long difference scrolls by the keys that scroll everything else.
func TestALongDifferenceScrolls(t *testing.T) {
	d, store := explore(t, "a", "b")
	var before, after strings.Builder
	for i := range 60 {
		fmt.Fprintf(&before, "line %d was\n", i)
		fmt.Fprintf(&after, "line %d is\n", i)
	}
	put(t, store, t.Name()+"/a", before.String())
	d.recorded(1)
	put(t, store, t.Name()+"/a", after.String()+strings.Repeat("long ", 200)+"end")
	d.recorded(2)
	d.press("w")
	d.sees("- line 0 was", "more lines, l scrolls")
	d.press("j", "G")
	if changesOf(d.m).diff.top != 0 {
		t.Error("the list's keys scroll the difference")
	}
	d.press("l", "j")
	d.sees("- line 1 was")
	put(t, store, t.Name()+"/b", "newer")
	d.recorded(3)
	if c, _, _ := changesOf(d.m).current(); c.Key != t.Name()+"/a" {
		t.Errorf("the cursor went on to %q", c.Key)
	}
	d.press("G")
	d.sees("+ line 59 is", "long end") // what does not fit continues below
	if strings.Contains(d.screen(), "more line") {
		t.Errorf("there is more below the end:\n%s", d.screen())
	}
	d.press("g")
	d.sees("- line 0 was")
	d.press("esc")
	if d.m.focus != changesOf(d.m) || changesOf(d.m).inside {
		t.Error("esc does not lead back to the list")
	}
	d.press("j")
	d.sees("+ newer")
	d.press("right", "w")
	if d.m.focus != d.m.tree || changesOf(d.m).inside {
		t.Error("w does not lead back to the tree")
	}
}

// Where a store keeps no history, the present value is read, and the pane says so.
func TestAChangeThatIsReadBehindSaysSo(t *testing.T) {
	for name, place := range map[string]struct {
		backend kv.Backend
		server  func(testing.TB) *kvtest.Server
	}{
		"consul":    {kv.CONSUL, kvtest.SharedConsul},
		"etcdv2":    {kv.ETCD, kvtest.SharedEtcd},
		"zookeeper": {kv.ZK, kvtest.SharedZooKeeper},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, store, prefix := exploreOn(t, place.backend, place.server(t))
			d.sees("first") // in the value pane
			d.press("w")
			put(t, store, prefix+"/a", "second\nsame\n")
			d.sees("and not changed since")
			d.sees("- first") // known, since it was shown
			d.sees("+ second")
			put(t, store, prefix+"/b", "new")
			d.sees("+ new")
			if err := store.Delete(prefix + "/a"); err != nil {
				t.Fatal(err)
			}
			d.sees("- second")
			d.press("g")
			if c, _, ok := changesOf(d.m).current(); ok && c.Kind.Mark() {
				d.press("j") // a slow store may have said that changes were merged
			}
			d.sees("the key is gone by now")
		})
	}
}

func TestPausedChangesStandStill(t *testing.T) {
	d, store := explore(t, "a")
	d.press("w")
	put(t, store, t.Name()+"/one", "1")
	d.sees("+ one")
	d.press(" ")
	d.sees("paused · 0 new")
	put(t, store, t.Name()+"/two", "2")
	d.sees("paused · 1 new")
	if strings.Contains(d.screen(), "+ two") {
		t.Errorf("the list went on:\n%s", d.screen())
	}
	d.press(" ")
	d.sees("+ two")
}

func TestChangesAreFilteredAndLeadToTheirKeys(t *testing.T) {
	d, store := explore(t, "a")
	for i, key := range []string{"web/one", "web/two", "db/one"} {
		put(t, store, t.Name()+"/"+key, key)
		d.recorded(i + 1)
	}
	d.press("w", "/")
	d.typing("~wbone")
	d.sees("filter ~wbone: 1 line")
	d.press("enter")
	if screen := d.screen(); !strings.Contains(screen, "+ web/one") || strings.Contains(screen, "+ db/one") {
		t.Errorf("not filtered:\n%s", screen)
	}
	put(t, store, t.Name()+"/web/bone", "x")
	put(t, store, t.Name()+"/db/three", "x")
	d.recorded(5)
	d.sees("2 lines")
	d.press("/", "esc")
	d.sees("filter ~wbone: 2 lines") // a refused filter changes nothing
	d.press("/")
	d.typing("[")
	d.press("esc", "/")
	for range len("~wbone") {
		d.press("backspace")
	}
	d.typing("=(")
	d.sees("missing closing")
	d.press("enter") // the prompt stays open
	d.press("backspace", "backspace", "enter")
	d.sees("+ db/three")
	d.press("g", "enter")
	if row, _ := d.m.tree.row(); row.Key != t.Name()+"/web/one" || d.m.focus != d.m.tree {
		t.Errorf("the cursor is on %q", row.Key)
	}
	if err := store.Delete(t.Name() + "/web/one"); err != nil {
		t.Fatal(err)
	}
	d.recorded(6)
	d.press("w", "G", "enter")
	d.sees("is not in the tree now")
}

// lines returns the keys and marks that are recorded.
func (p *changesPane) lines() []string {
	var lines []string
	for row := range p.Rows() {
		c := p.Get(p.Number(row))
		word := c.Key
		if c.Kind.Mark() {
			word, _, _ = strings.Cut(changeMark(c), ":")
		}
		lines = append(lines, word)
	}
	return lines
}

// A store that keeps history continues where contact was lost. One that does not
// lists again, which is marked as a gap.
func TestLostContactIsMarkedWhereItHappened(t *testing.T) {
	for name, place := range map[string]struct {
		backend kv.Backend
		start   func(testing.TB, ...kvtest.Option) *kvtest.Server
		marks   []string
	}{
		"etcdv3":    {kv.ETCDV3, kvtest.StartEtcd, []string{"live again, nothing was missed"}},
		"zookeeper": {kv.ZK, kvtest.StartZooKeeper, []string{"gap", "reloaded"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := place.start(t)
			d, store, prefix := exploreOn(t, place.backend, server)
			d.press("w")
			put(t, store, prefix+"/before", "x")
			d.sees("+ before")
			server.Kill()
			d.sees("contact lost, reconnecting")
			if err := server.Restart(); err != nil {
				t.Fatal(err)
			}
			d.sees(place.marks[len(place.marks)-1])
			d.await("a write", func() bool { return store.Put(prefix+"/after", []byte("x"), nil) == nil })
			d.sees("+ after")
			want := slices.Concat([]string{prefix + "/before", "contact lost, reconnecting"}, place.marks, []string{prefix + "/after"})
			if got := changesOf(d.m).lines(); !slices.Equal(got, want) {
				t.Errorf("recorded %q, want %q", got, want)
			}
		})
	}
}
