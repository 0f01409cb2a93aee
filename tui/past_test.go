package tui

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kvist/keymap"
	"kvist/kv"
)

// eventful is a history: 1 limits, 2 a and b, 3 limits again, 4 b goes, 5 a lock, 6
// another folder.
func eventful() *chronicle {
	return newChronicle(
		did("config/limits", "rate 100"),
		did("services/a", "addr of a", "services/b", "addr of b"),
		did("config/limits", "rate 200"),
		did("services/b", ""),
		did("lock", "web-1"),
		did("jobs/1", "todo", "jobs/2", "todo"),
	)
}

// visit opens the explorer on a history.
func visit(t *testing.T, c *chronicle, w, h int) *driver {
	t.Helper()
	d := drive(t, c, Options{Profile: "prod", Address: "etcdv3://10.1.2.3:2379"}, w, h)
	d.await("the listing", func() bool { return d.m.feed.ready && d.m.seen.Newest() == c.newest() })
	return d
}

// A step takes over what is between the two revisions, and lists nothing; so does a way
// back over several of them.
func TestAStepListsNothing(t *testing.T) {
	c := eventful()
	d := visit(t, c, 100, 30)
	d.arrives("6", "6")
	d.unfolds()
	for _, at := range []string{"5", "4", "<3", "6", "2"} { // < is a step, about the limits
		revision, stepped := strings.CutPrefix(at, "<")
		if stepped {
			d.press("<")
		} else {
			d.travels(revision)
		}
		d.sees("AS OF REVISION " + revision)
		d.compared()
		want := map[string]uint64{}
		number, _ := strconv.ParseUint(revision, 10, 64)
		for key, pair := range c.pairs(number) {
			want[key] = pair.LastIndex
		}
		got := map[string]uint64{}
		for e := range d.shown().tree.tree.After("") {
			got[e.Key] = e.Index
		}
		if !maps.Equal(got, want) {
			t.Errorf("at %s there is %v, not %v", revision, got, want)
		}
	}
	if c.mu.Lock(); c.listed != 1 {
		t.Errorf("the past was listed %d times", c.listed)
	}
	c.mu.Unlock()
}

// Marks of leases that nobody knows of the past are said to be missing.
func TestMissingMarksOfLeasesAreSaid(t *testing.T) {
	c := eventful()
	c.unleased = true
	d := visit(t, c, 120, 30)
	d.travels("3")
	d.sees("AS OF REVISION 3", "lease marks missing", "with a lease are incomplete")
}

// travels goes to a moment, as a user asks for it.
func (d *driver) travels(to string) {
	d.t.Helper()
	d.press("T")
	d.typing(to)
	d.press("enter")
}

// arrives goes to a moment and waits until it is shown and compared with now.
func (d *driver) arrives(to, revision string) {
	d.t.Helper()
	d.travels(to)
	d.sees("AS OF REVISION " + revision)
	d.compared()
}

// unfolds opens all folders.
func (d *driver) unfolds() {
	d.shown().tree.tree.OpenTree()
	d.shown().tree.folds++
	d.shown().frame.stale = true
}

func (d *driver) shown() *Model { return d.m.shown() }

func (d *driver) compared() {
	d.t.Helper()
	d.await("the comparison with now", func() bool {
		p := d.m.past
		return p != nil && p.feed.ready && p.asOf.since.known != nil && !p.asOf.since.comparing
	})
}

// The whole tree is shown as of a revision, the rows that differ from now have signs
// and words, and the keys that came since are counted.
func TestTheTreeAsOfARevision(t *testing.T) {
	d := visit(t, eventful(), 120, 30)
	d.unfolds()
	d.arrives("revision 2", "2")
	d.sees("·▾ config/", "≠│   limits", "·▾ services/", "   a", "×    b", "3 came since", "no writes", "1 changed", "1 gone")
	d.seesNot("jobs")
	d.press("j")
	d.sees("rate 100", "config/limits · changed since, at revision 3")
	d.press("j", "j", "j")
	d.sees("addr of b", "services/b · gone now")
}

// What happens now goes on behind the past: marks follow it, no change is missed,
// and everything is as it was left.
func TestNowGoesOnBehindThePast(t *testing.T) {
	c := eventful()
	d := visit(t, c, 120, 30)
	d.unfolds()
	d.press("G") // services/a
	before := d.m.tree.cursor
	d.sees("addr of a")
	d.press("enter") // into the value
	d.arrives("-1", "5")
	d.seesNot("≠")
	c.write(entry{"services/a", "moved"}, entry{"new", "x"})
	d.sees("≠", "3 came since")
	d.press("w")
	d.sees("~ services/a", "+ new")
	d.press("1")
	d.travels("now")
	d.sees("● live", "this is now again", "   new", "moved")
	d.seesNot("AS OF")
	if d.m.tree.cursor != before || d.m.focus != d.m.value {
		t.Errorf("the cursor is on %q, the focus on %T", d.m.tree.cursor, d.m.focus)
	}
	d.press("w")
	d.sees("~ services/a", "+ new")
	d.seesNot("gap")
	d.await("the store of the past to be closed", func() bool { return c.opened() == 0 })
}

// Every key that writes is refused by a sentence in the past, and the dialog for it
// does not go into what was typed next.
func TestNothingIsWrittenInThePast(t *testing.T) {
	d := visit(t, eventful(), 80, 24)
	d.arrives("5", "5")
	d.unfolds()
	d.press("j")
	for _, key := range []string{"e", "E", "a", "d", "D", "m", "r", "u"} {
		d.press(key)
		d.sees("Nothing is written here")
		d.typing("yyy")
		d.press("enter")
		d.sees("Nothing is written here", "AS OF REVISION 5")
		d.reads()
		d.press("esc")
		d.seesNot("Nothing is written here")
	}
	d.press("L")
	d.sees("web-1")
	d.press("j", "x")
	d.sees("Nothing is written here")
	d.reads()
	d.press("esc")
	d.press(":")
	d.typing("drafts")
	d.press("enter")
	d.sees("Nothing is written here")
	if d.m.editor != nil || d.m.past.editor != nil {
		t.Error("there is an editor")
	}
	if _, _, err := d.m.past.store.AtomicPut("x", nil, nil, nil); err == nil {
		t.Error("the store of the past takes writes")
	}
}

// Every action of a pane that helps to remove or overwrite is refused in the past,
// but one that writes elsewhere.
func TestWhatIsDestructiveWrites(t *testing.T) {
	keys := keymap.Default()
	for _, b := range keys.Bindings() {
		if b.Action == keymap.CompareThere {
			continue
		}
		if panes := slices.Contains(keymap.Stack(b.Scope), keymap.ScopeGlobal) || b.Scope == keymap.ScopeKey; panes && b.Destructive && !keys.Writes(b.Action) {
			t.Errorf("%s is not refused in the past", b.Action)
		}
	}
}

// The status says which moment is shown in every pane, also on a small screen and
// without colours.
func TestThePastCannotBeMissed(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {160, 45}} {
		d := visit(t, eventful(), size[0], size[1])
		d.m.opts.NoColor = true
		d.m.useTheme("")
		d.arrives("4", "4")
		for _, key := range []string{"1", "2", "L", "w", "?", ":"} {
			d.press(key)
			d.sees("AS OF REVISION 4")
			line, _, _ := strings.Cut(d.m.View().Content, "\n")
			if !strings.Contains(line, "\x1b[1;7m") && !strings.Contains(line, ";7") {
				t.Errorf("%v: after %s it is not reversed: %q", size, key, line)
			}
			if key == "?" || key == ":" {
				d.press("esc")
			}
		}
		d.press("1")
		d.sees("esc now", "< change before", "> next change")
	}
}

// A step goes to the change before or after of what is under the cursor, lights what
// it did, and says when there is none. It works from now, and for a folder as long
// as the cursor stays where the step put it.
func TestStepsGoFromChangeToChange(t *testing.T) {
	c := eventful()
	d := visit(t, c, 120, 30)
	d.unfolds()
	d.press("g")
	for d.m.tree.cursor != "services" {
		d.press("j")
	}
	d.press(">")
	d.sees("no change of services/ is newer")
	d.press("<")
	d.sees("AS OF REVISION 4", "-    b", "revision 4: 1 deleted in services/", "deleted; this is what it last was", "addr of b")
	if got := d.m.past.tree.cursor; got != "services/b" {
		t.Errorf("the cursor is on %q", got)
	}
	d.press("<")
	d.sees("AS OF REVISION 2", "+    a", "+    b", "revision 2: 2 added in services/")
	d.press("<")
	d.sees("no change of services/ before revision 2", "AS OF REVISION 2")
	d.press(">")
	d.sees("AS OF REVISION 4", "-    b")
	d.press(">")
	d.sees("no change of services/ after revision 4")
	d.press("g")
	for d.m.past.tree.cursor != "config/limits" {
		d.press("j")
	}
	d.press("<")
	d.sees("AS OF REVISION 3", "~│   limits", "revision 3: 1 changed in config/limits", "rate 200")
	d.press("<")
	d.sees("AS OF REVISION 1", "limits", "rate 100")
	d.seesNot("services")
}

// Steps that are pressed while one is under way are made too.
func TestStepsAreCounted(t *testing.T) {
	c := eventful()
	d := visit(t, c, 120, 30)
	d.arrives("6", "6")
	c.hold = make(chan struct{})
	d.press("g")
	for d.m.past.tree.cursor != "config" {
		d.press("j")
	}
	d.press("<", "<")
	d.sees("going to the change before of config/", "esc gives up")
	close(c.hold)
	d.sees("AS OF REVISION 1")
}

// Moments that cannot be shown are each told in a sentence, and nothing moves.
func TestMomentsThatCannotBeShown(t *testing.T) {
	c := eventful()
	d := visit(t, c, 120, 30)
	c.compact(3)
	for _, bad := range []struct{ typed, says string }{
		{"2", "Revision 2 is compacted; the oldest that is kept is 3"},
		{"99", "Revision 99 is yet to come; the newest is 6"},
		{"-10", "there are only 5 revisions before"},
	} {
		d.travels(bad.typed)
		d.sees(bad.says)
		d.seesNot("AS OF")
	}
	for _, bad := range []struct{ typed, says string }{
		{"yesterday", "That names no moment"},
		{"1h ago", "This kvist knows the revisions since"},
	} {
		d.travels(bad.typed)
		d.sees(bad.says)
		d.press("esc")
	}
	d.travels("now")
	d.sees("this is now")
	d.travels("")
	if len(d.m.dialogs) != 0 || d.m.past != nil {
		t.Errorf("%v, %v", d.m.dialogs, d.m.past)
	}
}

// A store that was restored to an older state is told, and what this session saw
// before is not taken for its history.
func TestARestoredStoreIsTold(t *testing.T) {
	c := eventful()
	d := visit(t, c, 120, 30)
	d.arrives("5", "5")
	c.restore(3)
	d.sees("the store was restored to an older state: it is at revision 3, after 6")
	d.travels("5")
	d.sees("Revision 5 is yet to come; the newest is 3")
	d.travels("now")
	d.ahead.Add(int64(time.Minute))
	d.travels("2m ago")
	d.sees("restored to an older state")
}

// A revision that this session saw and the store does not have any more is told so.
func TestASeenRevisionThatIsGone(t *testing.T) {
	c := eventful()
	d := visit(t, c, 120, 30)
	c.mu.Lock()
	c.revisions = c.revisions[:3]
	c.mu.Unlock()
	d.travels("5")
	d.sees("restored to an older state: this kvist saw revision 5, but the store is at 3")
}

// "Ago" and a time of day mean the revision that this session saw then.
func TestTimesAreThoseOfThisSession(t *testing.T) {
	c := eventful()
	d := visit(t, c, 120, 30)
	d.ahead.Add(int64(10 * time.Minute))
	c.write(entry{"new", "x"})
	d.sees("   new")
	d.ahead.Add(int64(10 * time.Minute))
	d.press("T")
	d.sees("seen here: revisions 6 (", ") to 7")
	d.typing("15m ago")
	d.press("enter")
	d.sees("AS OF REVISION 6 (before ")
	d.travels("5m")
	d.sees("AS OF REVISION 7 (10m ago)")
	d.travels(d.m.now().Add(-15 * time.Minute).Local().Format("15:04:05"))
	d.sees("AS OF REVISION 6")
}

// The tree stays when its revision is compacted; a sentence says so, and reading a
// value does too.
func TestCompactionUnderThePast(t *testing.T) {
	c := eventful()
	d := visit(t, c, 80, 24)
	d.unfolds()
	d.arrives("3", "3")
	d.sees("limits")
	c.compact(5)
	d.press("j") // which reads a value; without that, the store is asked now and then
	d.sees("revision 3 has been compacted: what was not read yet is gone", "the oldest that is kept is 5", "services/", "AS OF REVISION 3")
	d.reads()
	d.ahead.Add(int64(time.Second))
	d.press("j", "j")
	d.sees("compacted", "   a")
	d.press("R")
	d.await("the listing", func() bool { return d.m.past.asOf.cut })
	d.sees("   a", "limits", "has been compacted")
	d.press("<")
	d.sees("it cannot be known what changed services/a before revision 3")
	d.press("esc")
	d.sees("● live")
}

// Without a key press, the store is asked whether it still keeps what is shown.
func TestACompactionIsFoundOut(t *testing.T) {
	c := eventful()
	d := visit(t, c, 120, 30)
	d.arrives("3", "3")
	c.compact(5)
	d.send(resultElsewhere{d.m.past, keptDue{}})
	d.sees("revision 3 has been compacted", "AS OF REVISION 3", "  compacted  ", "config/")
}

// Where nothing keeps history, a sentence says so.
func TestNoHistory(t *testing.T) {
	s := newScripted()
	d := drive(t, s, Options{Address: "consul://x"}, 120, 30)
	s.batches <- batchOf(puts("a"))
	d.sees("1 key")
	for _, key := range []string{"T", "<", ">"} {
		d.press(key)
		d.sees("only etcd over its v3 API keeps former states", "changes (w)", "journal (U)")
		d.m.notice = notice{}
	}
	if strings.Contains(d.screen(), "as of") {
		t.Error("the keys are offered")
	}
}

// A filter and the open folders are the same in the past, and find and search work
// on what was there.
func TestFindAndSearchInThePast(t *testing.T) {
	d := visit(t, eventful(), 120, 30)
	d.press("/")
	d.typing("b")
	d.press("enter")
	d.sees("jobs/") // the only match is a folder's name
	d.arrives("2", "2")
	d.sees("1 match for b", "   b")
	d.seesNot("limits")
	d.press("esc")
	d.sees("config/", "AS OF REVISION 2")
	d.press("S")
	d.typing("addr of b")
	d.press("tab", "enter")
	d.sees("1 hit", "services/b")
	d.press("enter")
	d.sees("addr of b", "AS OF REVISION 2")
	d.travels("4")
	d.sees("AS OF REVISION 4")
	d.seesNot("addr of b")
}

// esc gives up what is under way, and what arrives later changes nothing.
func TestTravellingIsGivenUp(t *testing.T) {
	c := eventful()
	c.hold = make(chan struct{})
	d := visit(t, c, 120, 30)
	d.travels("3")
	d.sees("going to revision 3…; esc gives up")
	d.typing("dd") // acts on nothing
	d.press("esc")
	d.seesNot("going to")
	close(c.hold)
	d.arrives("4", "4")
}

// The past does not begin while a value is being saved: its answer may be a question.
func TestNoTravelDuringASave(t *testing.T) {
	d := visit(t, eventful(), 120, 30)
	d.m.saving = []*edit{newEdit("lock", &kv.KVPair{})}
	d.press("T")
	d.sees("a value is being saved")
	d.m.saving = nil
}

// remembering is an untouchable store that keeps history.
type remembering struct{ untouchable }

func (r remembering) Versions(context.Context, string, kv.VersionsOptions) (kv.Versions, error) {
	return kv.Versions{}, r.touched()
}

func (r remembering) At(context.Context, uint64) (kv.Store, error) { return nil, r.touched() }
func (r remembering) Revision(context.Context) (uint64, error)     { return 0, r.touched() }

func (r remembering) NextChange(context.Context, string, uint64) (uint64, error) {
	return 0, r.touched()
}

func (r remembering) Differences(context.Context, string, uint64, uint64, int) ([]kv.Difference, error) {
	return nil, r.touched()
}

func (r remembering) PreviousChange(context.Context, string, uint64) (uint64, error) {
	return 0, r.touched()
}

// showPast shows the store as it was, where one key was another one, and one was
// there that is gone.
func showPast(m *Model) {
	store := remembering{m.store.(untouchable)}
	m.store = store
	m.seen.Note(noon.Add(-time.Hour), 150)
	m.seen.Note(noon.Add(-5*time.Minute), 180)
	strike(m, "l")
	m.enterPast(arrival{revision: 180, store: store})
	p := m.past
	in := func(r result) {
		give(m, resultElsewhere{p, r})
		for p.feed.intake != nil {
			give(m, resultElsewhere{p, p.feed.intake})
		}
	}
	in(feedOpened{gen: p.feed.gen, feed: deadFeed{}})
	then := kv.Batch{Begin: true, Synced: true, State: kv.Live}
	for i, key := range []string{"config/limits.json", "config/mail/from", "config/mail/host", "feature", "locks/a", "jobs/1", "jobs/2"} {
		then.Events = append(then.Events, kv.Event{Key: "app/" + key, Index: uint64(100 + i), Size: 10, Flags: kv.KeyFlags(i % 8)})
	}
	then.Events[1].Index, then.Events[3].Index = 99, 98
	in(pulled(p, then))
	in(compareTrees(p.ctx, p.asOf.since.gen, p.tree.tree, m.tree.tree).(compared))
	strike(m, "j", "j")
}
