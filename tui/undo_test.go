package tui

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/internal/drafts"
	"kvist/internal/journal"
	"kvist/internal/transfer"
	"kvist/internal/undo"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// recordedExplore is explore of a store with a journal. The store it returns is
// somebody else's, whose writes no journal of kvist holds.
func recordedExplore(t *testing.T, root string, keys ...string) (*driver, kv.Store) {
	t.Helper()
	first, other := explore(t, keys...)
	server := kvtest.SharedEtcdEmbedded(t)
	own, err := kv.NewStore(kv.ETCDV3, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	j := journal.New(root, journal.Store{Backend: "etcdv3", Addresses: []string{server.Addr}}, journal.Options{})
	t.Cleanup(func() { j.Close() })
	opts := first.m.opts
	opts.Drafts = drafts.New(t.TempDir())
	opts.Journal = func() *journal.Journal { return j }
	d := drive(t, kv.Recorded(own, &journal.Recorder{Journal: j}), opts, 100, 30)
	d.await("the listing", func() bool { return d.m.feed.ready })
	return d, other
}

// recordedPut writes as kvist does.
func recordedPut(t *testing.T, d *driver, key, value string) {
	t.Helper()
	put(t, d.m.store, t.Name()+"/"+key, value)
}

// becomes waits until a key has a value and no dialog is open.
func (d *driver) becomes(store kv.Store, key, want string) {
	d.t.Helper()
	d.await(key+" to be "+want, func() bool { return len(d.m.dialogs) == 0 && value(d.t, store, key) == want })
}

// Undoing a move where it ended says that its source has the keys no more.
func TestUndoOfAMoveFromElsewhereWarns(t *testing.T) {
	d, _ := recordedExplore(t, t.TempDir(), "a")
	writes, err := kv.BeginWrites(d.m.store, "move app/x of elsewhere to "+t.Name()+"/x", "", 1)
	if err == nil {
		key := t.Name() + "/x"
		err = writes.Write(t.Context(), []kv.Write{{Key: key, After: &kv.Node{Key: key, Value: []byte("moved")}}}, func(int, kv.Written) {})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := writes.End(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.press("u")
	d.sees("1 key will be deleted", "unless the move is undone there too", "(u there)")
}

// u takes back the last write, and again u the one before.
func TestUndoGoesBackWriteByWrite(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a")
	recordedPut(t, d, "a", "second")
	recordedPut(t, d, "a", "third")
	for _, want := range []string{"second", "value of a"} {
		d.press("u")
		d.sees("change "+t.Name()+"/a", "1 key will be put back", "+ "+want)
		d.press("y")
		d.becomes(store, t.Name()+"/a", want)
	}
	d.press("u")
	d.sees("nothing left to undo")
}

// An undone plan brings back every key but those that somebody else wrote since.
func TestUndoneDeletionLeavesOthersAlone(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "dir/a", "dir/b", "dir/c")
	d.press("D")
	d.sees("3 keys, 42 B")
	d.press("y")
	d.sees("deleted 3 keys")
	put(t, store, t.Name()+"/dir/b", "theirs")
	d.press("u")
	d.sees("2 keys will be put back", "changed by someone else since, and left alone")
	d.press("y")
	d.sees("left alone: 1 key")
	d.press("esc")
	for key, want := range map[string]string{"dir/a": "value of dir/a", "dir/b": "theirs", "dir/c": "value of dir/c"} {
		if got := value(t, store, t.Name()+"/"+key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

// A folder that turns out to hold other keys when it is to be deleted is reported, and not met
// again by u, unless something else is left to do.
func TestUndoPassesOverAFolderInUse(t *testing.T) {
	for _, c := range []struct {
		did  undo.Summary
		sees string
		next string
	}{
		{undo.Summary{Used: 1}, "1 folder in which there are other keys: left alone", "change"},
		{undo.Summary{Deleted: 1, Used: 1}, "deleted 1 key", "change"},
		{undo.Summary{Failed: []kv.Outcome{{Key: "b", Err: kv.ErrHasChildren}}}, "not put back: 1 key", "change"},
		{undo.Summary{Used: 1, Left: 1}, "1 key not tried", "create"},
		{undo.Summary{Used: 1, Failed: []kv.Outcome{{Key: "b", Err: kv.ErrDenied}}}, "not put back: 1 key", "create"},
	} {
		d, _ := recordedExplore(t, t.TempDir(), "a")
		recordedPut(t, d, "a", "second")
		recordedPut(t, d, "b", "new")
		d.press("u")
		d.sees("create " + t.Name() + "/b")
		of := d.m.top().(*undoDialog)
		d.run(func() tea.Msg { return undoDone{of, c.did, nil} })
		d.sees(c.sees, "esc close")
		d.press("esc", "u")
		d.sees(c.next + " " + t.Name())
	}
}

// Over what somebody else wrote nothing is put back; the Conflict shows all three
// sides, and merging goes on from there.
func TestUndoInConflictIsDecidedByThePerson(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a")
	recordedPut(t, d, "a", "mine")
	put(t, store, t.Name()+"/a", "theirs")
	d.press("u")
	d.sees("someone else changed it since")
	d.press("y")
	if got := value(t, store, t.Name()+"/a"); got != "theirs" {
		t.Fatalf("the value is %q", got)
	}
	d.press("m")
	d.sees("Conflict", "value of a", "theirs")
	d.press("o")
	d.becomes(store, t.Name()+"/a", "value of a")
}

// An undo that somebody else forestalled does not say that it undid anything.
func TestUndoThatChangedNothingSaysSo(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a")
	recordedPut(t, d, "a", "mine")
	d.press("u")
	d.sees("1 key will be put back", "y undo")
	put(t, store, t.Name()+"/a", "theirs")
	d.press("y")
	d.sees("not undone: change "+t.Name()+"/a", "left alone: 1 key")
	d.seesNot("deleted 0 keys")
}

// A key with an empty value comes back, and is not said to make no difference.
func TestUndoOfAnEmptyValueSaysSo(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a")
	put(t, store, t.Name()+"/a", "")
	if err := d.m.store.Delete(t.Name() + "/a"); err != nil {
		t.Fatal(err)
	}
	d.press("u")
	d.sees("1 key will be put back", "the value is empty")
	d.seesNot("no difference")
}

// However long a reason is, the key that it is about is named, and however long the
// key, the reason begins.
func TestOutcomesNameTheirKeys(t *testing.T) {
	d, _ := explore(t, "a")
	long := errors.Join(errors.New("a reason"), errors.New(strings.Repeat("that goes on ", 20)))
	for _, o := range []kv.Outcome{
		{Key: "dir/the-key", Err: long},
		{Key: strings.Repeat("dir/", 40) + "the-key", Err: long},
		{Key: "dir/the-key", Err: fmt.Errorf("writing: %w: %w", kv.ErrOutcomeUnknown, long)},
	} {
		line := ansi.Strip(d.m.outcomes([]kv.Outcome{o}, 60)[0])
		if !strings.Contains(line, "the-key: ") || width(line) > 60 {
			t.Errorf("%q", line)
		}
		if !strings.Contains(line, ": a reason") && !strings.Contains(line, ": never answered; it may have happened") {
			t.Errorf("%q does not say why", line)
		}
	}
}

// u does not stay on a write of which nothing can be put back: it says why, goes on
// to the older one, and does not come back to the first.
func TestUndoGoesPastWhatCannotBePutBack(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a", "b", "c")
	for _, key := range []string{"a", "b", "c"} {
		recordedPut(t, d, key, "mine")
	}
	put(t, store, t.Name()+"/c", "theirs")
	hidden := []journal.Record{{Op: string(kv.OpPut), Key: t.Name() + "/h", Before: &kv.Node{}, After: &kv.Node{}, Hidden: true}}
	j := d.m.journal()
	if err := errors.Join(j.Begin(hidden), j.End(hidden, []journal.End{{Outcome: journal.Done, Index: 1}})); err != nil {
		t.Fatal(err)
	}
	d.press("u")
	d.sees("change "+t.Name()+"/h", "nothing can be put back: the journal keeps no values of this key", "u older")
	d.press("u")
	d.sees("change "+t.Name()+"/c", "nothing can be put back", "someone else changed it since", "u older")
	d.press("y", "u")
	d.sees("change "+t.Name()+"/b", "1 key will be put back", "+ value of b")
	d.press("u") // there is nothing to pass over
	d.sees("change "+t.Name()+"/b", "1 key will be put back")
	d.press("esc", "u")
	d.sees("change "+t.Name()+"/b", "1 key will be put back", "y undo")
	d.press("y")
	d.becomes(store, t.Name()+"/b", "value of b")
	d.press("u")
	d.sees("change "+t.Name()+"/a", "y undo")
	d.press("y")
	d.becomes(store, t.Name()+"/a", "value of a")
	d.press("u")
	d.sees("nothing older that could be undone")
	if got := value(t, store, t.Name()+"/c"); got != "theirs" {
		t.Errorf("c is %q", got)
	}
}

// Comparing does not take the place of what was typed and is kept as a draft.
func TestUndoInConflictKeepsADraft(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a")
	recordedPut(t, d, "a", "mine")
	d.sees("mine")
	d.press("e")
	d.sees("line 1")
	d.press("x", "esc", "esc")
	d.sees("the draft of")
	put(t, store, t.Name()+"/a", "theirs")
	d.press("u")
	d.sees("someone else changed it since")
	d.press("m")
	d.sees("There is a draft of")
	if draft, ok := d.m.draftOf(t.Name() + "/a"); !ok || string(draft.Mine) != "xmine" {
		t.Errorf("the draft is %q, %v", draft.Mine, ok)
	}
}

// What an undo took back is named by what it was, also when it is done again, and
// again taken back.
func TestRedoOfADeletionSaysSo(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "dir/a", "dir/b")
	d.press("D")
	d.sees("2 keys, 28 B")
	d.press("y")
	d.sees("deleted 2 keys")
	deed := "delete " + t.Name() + "/dir"
	d.press("U")
	d.sees(deed)
	for _, step := range []struct{ dialog, title, left string }{
		{"Undo", "undo " + deed, "value of dir/a"},
		{"Redo", "redo " + deed, ""},
		{"Undo", "undo " + deed, "value of dir/a"},
	} {
		d.press("g", "u")
		d.sees(step.dialog, deed, "esc cancel")
		d.press("y")
		d.await("no dialog", func() bool { return len(d.m.dialogs) == 0 })
		d.sees(step.title)
		if step.left != "" {
			d.becomes(store, t.Name()+"/dir/a", step.left)
		} else if there, err := store.Exists(t.Name() + "/dir/a"); there || err != nil {
			t.Errorf("it is there: %v, %v", there, err)
		}
	}
}

// The journal lists the writes, the newest first; u there undoes any of them, and
// an undo can be undone.
func TestJournalUndoesAnyEntry(t *testing.T) {
	d, store := recordedExplore(t, t.TempDir(), "a", "b")
	recordedPut(t, d, "a", "new a")
	recordedPut(t, d, "b", "new b")
	d.press("U")
	d.sees("change "+t.Name()+"/b", "change "+t.Name()+"/a")
	d.press("j", "u")
	d.sees("1 key will be put back")
	d.press("y")
	d.becomes(store, t.Name()+"/a", "value of a")
	d.sees("undo change " + t.Name() + "/a")
	d.press("g", "u")
	d.sees("Redo", "change "+t.Name()+"/a, which was undone", "y redo")
	d.press("y")
	d.becomes(store, t.Name()+"/a", "new a")
	d.sees("redo change " + t.Name() + "/a")
	d.press("g", "u")
	d.sees("Undo", "redo change "+t.Name()+"/a")
}

// The journal lists what another kvist writes meanwhile, and the cursor stays on its
// entry, however far down that is.
func TestTheJournalFollowsAnotherKvist(t *testing.T) {
	root := t.TempDir()
	d, store := recordedExplore(t, root, "a")
	records, ends := make([]journal.Record, 2*journalPage), make([]journal.End, 2*journalPage)
	for i := range records {
		records[i] = journal.Record{Op: string(kv.OpPut), Key: t.Name() + "/" + itoa(i), After: &kv.Node{}}
		ends[i] = journal.End{Outcome: journal.Done, Index: 1}
	}
	j := d.m.journal()
	if err := errors.Join(j.Begin(records), j.End(records, ends)); err != nil {
		t.Fatal(err)
	}
	d.press("U")
	d.sees("create " + t.Name() + "/399")
	p := d.m.right.(*journalPane)
	d.press("G")
	d.await("the older entries", func() bool { return len(p.entries) == len(records) })
	d.press("G")
	d.sees("create " + t.Name() + "/0 ")
	other := journal.New(root, j.Store(), journal.Options{})
	defer other.Close()
	put(t, kv.Recorded(store, &journal.Recorder{Journal: other}), t.Name()+"/theirs", "1")
	d.await("the new entry", func() bool { return len(p.entries) > 0 && p.entries[0].Key == t.Name()+"/theirs" && !p.reading })
	if e, ok := p.entry(); !ok || e.ID != records[0].ID {
		t.Errorf("the cursor is on %+v", e)
	}
}

// R lists what another kvist has written meanwhile.
func TestTheJournalIsReloaded(t *testing.T) {
	root := t.TempDir()
	d, store := recordedExplore(t, root, "a")
	d.press("U")
	d.sees("kvist has written nothing")
	other := journal.New(root, d.m.journal().Store(), journal.Options{})
	defer other.Close()
	put(t, kv.Recorded(store, &journal.Recorder{Journal: other}), t.Name()+"/b", "1")
	d.press("R")
	d.sees("create " + t.Name() + "/b")
}

// Plans that were cut off are decided on one after the other, whichever programs
// left them; one that is left for later comes again.
func TestEachPlanThatWasCutOffIsAskedAbout(t *testing.T) {
	root := t.TempDir()
	d, _ := recordedExplore(t, root, "dir/a")
	leave := func(titles ...string) {
		killed := journal.New(root, d.m.journal().Store(), journal.Options{})
		for _, title := range titles {
			if _, err := (&journal.Recorder{Journal: killed}).BeginPlan(title, "", 3); err != nil {
				t.Fatal(err)
			}
		}
		if err := killed.Close(); err != nil {
			t.Fatal(err)
		}
	}
	leave("delete one", "delete two", "delete three")
	leave("delete four")
	titles := []string{"delete one", "delete two", "delete three", "delete four"}
	seen := map[string]bool{}
	ask := func(key string) {
		var shown string
		d.await("a plan that was not shown", func() bool {
			at := slices.IndexFunc(titles, func(title string) bool { return strings.Contains(d.screen(), title+" ") })
			if at < 0 || seen[titles[at]] {
				return false
			}
			shown = titles[at]
			return true
		})
		seen[shown] = true
		d.ahead.Add(int64(readFor))
		d.press(key)
	}
	d.run(d.m.findCutOff())
	for i := range titles {
		d.sees("kvist ended before anything of a plan was sent", "Nothing was written: none of its 3 keys", "forget it")
		d.seesNot("carry on")
		if i == 0 {
			d.press("c") // to no avail
		}
		ask("u")
		d.sees("nothing of it was written: delete ")
	}
	d.await("all to be settled", func() bool { return len(d.m.dialogs) == 0 })
	d.await("no orphans", func() bool {
		left, err := d.m.journal().Orphans()
		return err == nil && len(left) == 0
	})
	d.press("u") // none of them is in the way
	d.sees("nothing left to undo")
	d.press("U")
	d.sees("kvist has written nothing to this store yet")
}

// Hostile lines of a journal cost only themselves: they are counted, nothing of them
// reaches the terminal as it is, and undoing what is whole goes on.
func TestHostileLinesOfTheJournal(t *testing.T) {
	const attack = `\u001b]0;owned\u0007\u001b[2J\u202e`
	root := t.TempDir()
	d, store := recordedExplore(t, root, "a")
	recordedPut(t, d, "a", "mine")
	names, err := filepath.Glob(filepath.Join(root, "*", "*.jsonl"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	key := t.Name() + "/a"
	lines := []string{
		"", "no JSON", "[1]", `{"v":"1"}`, `{"v":1,"id":["x"]}`, `{"v":2,"id":"later-1"}`, "\x1b[2J\x1b]0;owned\a",
		`{"v":1,"id":"w-1","key":"` + key + `","before":{"value":5}}`,
		`{"v":1,"id":"w-2","key":"` + key + `","before":{"value":"x","ttl":"-5s","left":"soon"}}`,
		`{"v":1,"id":"w-` + attack + `-3","op":"` + attack + `","undoes":"` + attack + `","key":"` + t.Name() + `/` + attack + `","after":{"value":"x"}}`,
		`{"v":1,"end":"w-` + attack + `-3","outcome":"refused","error":"` + attack + `"}`,
		`{"v":1,"endplan":"p-1","title":"` + attack + `","undoes":"` + attack + `","records":-7,"written":9999999999}`,
		`{"v":1,"endplan":"p-2","title":"leaps","written":1,"from":{"file":99999999,"byte":9223372036854775807}}`,
		`{"v":1,"endplan":"p-3","title":"leaps","written":1,"from":{"file":-1,"byte":-1}}`,
		`{"v":1,"id":"huge-1","key":"` + strings.Repeat("x", 2<<20) + `","before":1}`, // longer than what is read at once
		`{"v":1,"id":"torn-1","key":"` + t.Name(),
	}
	f, err := os.OpenFile(names[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(strings.Join(lines, "\n"))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	before := value(t, store, key)
	d.press("U")
	d.sees("lines of the journal cannot be read and are passed over", "change "+key)
	d.press("u")
	d.await("an answer", func() bool { return !strings.Contains(d.screen(), "reading the journal") })
	for range 4 { // of the plans of which nothing is left, nothing can be put back
		d.sees("esc")
		if strings.Contains(d.m.View().Content, "\x1b]0;owned") || strings.Contains(d.m.View().Content, "\u202e") {
			t.Fatalf("it reached the terminal:\n%q", d.m.View().Content)
		}
		if strings.Contains(d.screen(), "1 key will be put back") {
			break
		}
		d.sees("nothing can be put back")
		d.press("u")
		d.await("an answer", func() bool { return !strings.Contains(d.screen(), "reading the journal") })
	}
	if got := value(t, store, key); got != before {
		t.Errorf("it is %q", got)
	}
	d.sees("change "+key, "1 key will be put back")
	d.press("y")
	d.becomes(store, key, "value of a")
}

// What does not come back names a key that it is about.
func TestWhatDoesNotComeBackNamesItsKey(t *testing.T) {
	m := still(t, "", 80, 24)
	s := undo.Summary{Records: 3, Unkept: map[string]int{"ACL": 1, "session": 2}, UnkeptOf: map[string]string{"ACL": "a", "session": "b"}}
	said := ansi.Strip(strings.Join(m.undoLosses(&s, 80), "\n"))
	if !strings.Contains(said, "ACL (1 key): a\n") || !strings.Contains(said, "session (2 keys), such as b") {
		t.Errorf("it says %s", said)
	}
}

// Carrying on can be stopped; the plan then stays cut off.
func TestCarryingOnCanBeStopped(t *testing.T) {
	root := t.TempDir()
	d, store := recordedExplore(t, root, "dir/a")
	key := d.m.opts.Prefix + "dir/a"
	pair, err := store.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	killed := journal.New(root, d.m.journal().Store(), journal.Options{})
	recording, err := (&journal.Recorder{Journal: killed}).BeginPlan("delete dir", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	before := &kv.Node{Key: key, Value: pair.Value, Index: pair.LastIndex}
	if _, err := recording.Begin(kv.OpDeletePlanned, []kv.Write{{Key: key, Before: before}}); err != nil {
		t.Fatal(err)
	}
	if err := killed.Close(); err != nil {
		t.Fatal(err)
	}
	d.run(d.m.findCutOff())
	d.sees("A plan was cut off")
	c := d.m.dialogs[0].(*cutOffDialog)
	cmd := c.carryOn(d.m) // not begun yet
	d.press("esc")
	d.run(cmd)
	d.sees("A plan was cut off", "carried on with delete dir: 0 keys; not tried: 1 key; stopped")
	d.press("c")
	d.await("the end", func() bool { return len(d.m.dialogs) == 0 })
	d.press("u") // it is one entry, and whole
	d.sees("delete dir", "1 key will be put back")
	d.press("esc", "U")
	d.sees("delete dir", " 1 key")
	d.seesNot("carry on")
}

// Without a journal, and where nothing can be written, undo says why it cannot.
func TestUndoSaysWhyItCannot(t *testing.T) {
	d, _ := explore(t, "a")
	d.press("u")
	d.sees("there is no journal")
	d.press("U")
	d.sees("there is no journal")
}

// A copy or move that was killed before the journal had all of it is planned again, and what was
// written already stays as it is. Until that is carried out the question stays; then both parts are
// undone together.
func TestACopyThatWasCutOffIsMadeAgain(t *testing.T) {
	for _, verb := range []string{"copy", "move"} {
		t.Run(verb, func(t *testing.T) {
			root := t.TempDir()
			d, store := recordedExplore(t, root, "dir/a", "dir/b", "dir/c")
			cutOffCopy(t, d, store, root, verb)
			d.run(d.m.findCutOff())
			d.sees("A plan was cut off", "keys were written", "Carrying on makes the plan again")
			d.ahead.Add(int64(readFor))
			d.press("c")
			d.sees(verb+" "+d.m.opts.Prefix+"dir and everything under it", "2 keys created", "1 the same already")
			d.press("esc")
			d.sees("A plan was cut off")
			d.ahead.Add(int64(readFor))
			d.press("c")
			d.sees("2 keys created")
			d.press("y")
			d.sees("2 keys to " + d.m.opts.Prefix + "new")
			want := map[string]string{"new/a": "value of dir/a", "new/b": "value of dir/b", "new/c": "value of dir/c"}
			source := map[string]string{"dir/a": "value of dir/a", "dir/b": "value of dir/b", "dir/c": "value of dir/c"}
			if verb == "copy" {
				maps.Copy(want, source)
			}
			holds(t, store, want)
			d.run(d.m.findCutOff())
			d.seesNot("A plan was cut off")
			d.press("u")
			d.sees(verb+" dir to new", "3 keys will be deleted")
			d.press("y")
			d.await("the end", func() bool { return len(d.m.dialogs) == 0 })
			holds(t, store, source)
		})
	}
}

// cutOffCopy leaves in the journal what a program leaves that is killed after it has written the
// first of the three keys of dir.
func cutOffCopy(t *testing.T, d *driver, store kv.Store, root, verb string) {
	t.Helper()
	prefix := d.m.opts.Prefix
	killed := journal.New(root, d.m.journal().Store(), journal.Options{})
	request := transfer.Request{From: []byte(prefix + "dir"), To: []byte(prefix + "new"), Move: verb == "move"}
	text, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	recording, err := (&journal.Recorder{Journal: killed}).BeginRenewable(verb+" dir to new", "", string(text), 6)
	if err != nil {
		t.Fatal(err)
	}
	write := kv.Write{Key: prefix + "new/a", After: &kv.Node{Key: prefix + "new/a", Value: []byte("value of dir/a")}}
	if _, err := recording.Begin(kv.OpWriteNodes, []kv.Write{write}); err != nil {
		t.Fatal(err)
	}
	put(t, store, write.Key, string(write.After.Value)) // it came as far as that
	if err := killed.Close(); err != nil {
		t.Fatal(err)
	}
}

// What a kvist left that was killed is looked up in the store at the next start,
// and a plan is carried on with or rolled back.
func TestAPlanThatWasCutOffIsRolledBack(t *testing.T) {
	for _, way := range []struct{ key, sees, left string }{
		{"u", "1 key will be put back", "value of dir/a"},
		{"c", "carried on with delete dir: 1 key; not yet recorded, and left alone: 1 key", ""},
	} {
		t.Run(way.key, func(t *testing.T) {
			root := t.TempDir()
			d, store := recordedExplore(t, root, "dir/a", "dir/b")
			prefix := d.m.opts.Prefix
			killed := journal.New(root, d.m.journal().Store(), journal.Options{})
			recording, err := (&journal.Recorder{Journal: killed}).BeginPlan("delete dir", "", 3) // of which two are recorded
			if err != nil {
				t.Fatal(err)
			}
			var writes []kv.Write
			if _, err := kv.ReadNodes(t.Context(), store, []string{prefix + "dir/a", prefix + "dir/b"}, func(n *kv.Node) {
				writes = append(writes, kv.Write{Key: n.Key, Before: n})
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := recording.Begin(kv.OpDeletePlanned, writes); err != nil {
				t.Fatal(err)
			}
			if err := store.Delete(prefix + "dir/a"); err != nil { // it came as far as that
				t.Fatal(err)
			}
			if err := killed.Close(); err != nil {
				t.Fatal(err)
			}
			d.run(d.m.findCutOff())
			d.sees("A plan was cut off", "1 of 3 keys were written, 2 were not", "Carrying on writes the 1 key that the journal has; of the other 1")
			d.ahead.Add(int64(readFor))
			d.press(way.key)
			d.sees(way.sees)
			if way.key == "u" {
				d.seesNot("more key") // the other two were never deleted
				d.press("y")
				d.sees("undone, put back 1 key")
				if got := value(t, store, prefix+"dir/a"); got != way.left {
					t.Errorf("dir/a is %q", got)
				}
				d.press("U")
				d.sees("undo delete dir", "1 of 3 keys")
				d.press("G")
				d.sees(" · in part", "1 of 3 keys written")
				return
			}
			if there, err := store.Exists(prefix + "dir/b"); there || err != nil {
				t.Errorf("dir/b is left: %v", err)
			}
			d.press("U")
			d.sees("the rest of delete dir", "delete dir  ", "1 of 3 keys")
			d.press("esc", "u")
			d.sees("delete dir, ", "2 keys will be put back")
			d.press("y")
			d.sees("undone, put back 2 keys")
			if got := value(t, store, prefix+"dir/b"); got != "value of dir/b" {
				t.Errorf("dir/b is %q", got)
			}
			d.press("u")
			d.sees("nothing left to undo")
		})
	}
}

// Keys of which no answer came are not said to be there still.
func TestReportTellsTheUnansweredFromTheKept(t *testing.T) {
	d, _ := explore(t, "a")
	p := &planDialog{plan: &kv.Plan{Keys: make([]kv.PlannedKey, 3)}, report: &kv.Report{Kept: []kv.Outcome{
		{Key: "a", Err: kv.ErrKeyModified},
		{Key: "b", Err: kv.ErrOutcomeUnknown},
		{Key: "c", Err: kv.ErrOutcomeUnknown},
		{Key: "d", Err: &kv.Error{Op: kv.OpAtomicDelete, Key: "d", Kind: kv.ErrNotReachable}},
	}}}
	said := ansi.Strip(strings.Join(p.reportLines(d.m, 70), "\n"))
	for _, want := range []string{"not deleted: 2 keys", "perhaps deleted: 2 keys without an answer", "d: the server was not reached"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %q", want, said)
		}
	}
}
