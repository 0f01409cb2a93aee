package tui

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/internal/drafts"
	"kvist/kv"
)

// The key for help is offered on every surface, also on a narrow screen.
func TestTheKeyForHelpIsAlwaysInSight(t *testing.T) {
	for _, keys := range []string{"", "2", "L", "w"} {
		for _, w := range []int{60, 80, 160} {
			m := still(t, "", w, 24)
			for _, key := range strings.Split(keys, "") {
				strike(m, key)
			}
			if line := ansi.Strip(m.keysNow(w)); !strings.Contains(line, "? help") {
				t.Errorf("after %q, %d wide: %s", keys, w, line)
			}
		}
	}
}

func TestATitleLosesItsNameFirst(t *testing.T) {
	for _, c := range []struct {
		w    int
		want string
	}{
		{60, "Keys in config/production/  2/14"}, {27, "Keys in …/production/  2/14"}, {16, "Keys  2/14"},
	} {
		if got := (paneTitle{"Keys", "in ", "config/production/", "  2/14"}).fit(c.w); got != c.want {
			t.Errorf("%d wide: %q, want %q", c.w, got, c.want)
		}
	}
}

// A fact breaks between its parts, unless the value needs the lines.
func TestFactsBreakBetweenTheirParts(t *testing.T) {
	f := fact{text: "created at 1924 · modified 2026-11-23 19:18:06 · 2 child nodes"}
	if got := strings.Join(f.lines(60, 20), "|"); got != "created at 1924 · modified 2026-11-23 19:18:06|2 child nodes" {
		t.Error(got)
	}
	if got := f.lines(60, 7); len(got) != 1 {
		t.Error(got)
	}
}

// A claim's row keeps who and how long rather than its note.
func TestAClaimsRowLeavesItsNoteFirst(t *testing.T) {
	m := still(t, "", 80, 24)
	locksOf(m).read = noon
	c := kv.Contender{ID: "5cf8", TTL: 15 * time.Second, Left: -1, Index: 7, Note: "ends with its checks: serfHealth"}
	for room, want := range map[int]string{
		80: "index 7 · TTL 15s · ends with its checks: serfHealth", 20: "index 7 · TTL 15s", 8: "TTL 15s",
	} {
		if got := locksOf(m).claimTail(m, c, "held", room, 0); got != want {
			t.Errorf("in %d cells: %q, want %q", room, got, want)
		}
	}
}

// Breaking a waiter's claim is not called breaking the lock.
func TestAWaiterIsTakenOutOfTheQueue(t *testing.T) {
	m := still(t, "", 80, 24)
	holder, waiter := kv.Contender{ID: "a"}, kv.Contender{ID: "b"}
	lock := kv.LockInfo{Key: "app/deploy", Holders: []kv.Contender{holder}, Waiters: []kv.Contender{waiter}}
	for claim, title := range map[*kv.Contender]string{&holder: "Break the lock?", &waiter: "Take it out of the queue?"} {
		r := breakPlanned{lock: lock, claim: *claim}
		r.dialog = &confirm{title: r.title(), reading: "reading"}
		m.open(r.dialog)
		give(m, r)
		if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, title) {
			t.Errorf("%q is not on the screen:\n%s", title, screen)
		}
		strike(m, "esc")
	}
}

// A key that has nothing to act on says so.
func TestKeysOnNothingSayWhy(t *testing.T) {
	for keys, why := range map[string]string{
		"d": "nothing here to delete", "D": "nothing here to delete", "e": "no value here to edit",
		"y": "no value here to copy", "Y": "no key here to copy", "Lx": "no lock here to break",
	} {
		m := NewModel(t.Context(), untouchable{t: t}, Options{Address: "etcd://h:1"})
		m.Init()
		give(m, windowSize(80, 24))
		give(m, feedOpened{gen: m.feed.gen, feed: deadFeed{}})
		give(m, pulled(m, kv.Batch{Begin: true, Synced: true, State: kv.Live}))
		strike(m, strings.Split(keys, "")...)
		if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, why) {
			t.Errorf("%q: %q is not on the screen:\n%s", keys, why, screen)
		}
	}
}

// A plan that includes the key itself says so.
func TestAPlanNamesTheKeyItself(t *testing.T) {
	m := still(t, "", 80, 24)
	d := &planDialog{prefix: "app/config", plan: &kv.Plan{Keys: []kv.PlannedKey{{Key: "app/config"}, {Key: "app/config/a"}}}}
	if line := ansi.Strip(d.head(m, 70)[0]); !strings.Contains(line, "delete app/config and everything under it") {
		t.Error(line)
	}
}

// An unknown size is not shown as zero.
func TestAPlanClaimsNoSizeThatIsNotKnown(t *testing.T) {
	for want, sizes := range map[string][]int{
		"2 keys, 10 B, will":            {7, 3},
		"2 keys, at least 3 B, will":    {-1, 3},
		"1 key, sizes unknown, will be": {-1},
	} {
		plan := &kv.Plan{}
		for _, size := range sizes {
			plan.Keys = append(plan.Keys, kv.PlannedKey{Key: "app/a", Size: size})
		}
		m := still(t, "", 80, 24)
		if line := ansi.Strip((&planDialog{prefix: "app", plan: plan, totals: plan.Totals()}).head(m, 70)[1]); !strings.Contains(line, want) {
			t.Errorf("%q, want %q", line, want)
		}
	}
}

// An editor that does not exist is distinguished from one that failed, and leaves
// no draft.
func TestAnEditorThatIsNotThere(t *testing.T) {
	m := still(t, "", 80, 24)
	m.opts.Drafts = drafts.New(t.TempDir())
	e := newEdit("app/a", &kv.KVPair{Key: "app/a", Value: []byte("x"), LastIndex: 1})
	give(m, edited{edit: e, before: []byte("x"), mine: []byte("x"), err: &exec.Error{Name: "nano", Err: exec.ErrNotFound}})
	if !strings.Contains(m.notice.text, "set $EDITOR") || len(m.drafts) != 0 {
		t.Errorf("%q, drafts %v", m.notice.text, m.drafts)
	}
}

// A directory of etcd v2 has no value, and editing it says so before anything is
// typed.
func TestADirectoryIsNotEdited(t *testing.T) {
	m := still(t, "", 80, 24)
	give(m, pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{{Key: "app/config", Index: 300, Flags: kv.Directory}}}))
	give(m, valueRead{shown{key: "app/config", pair: &kv.KVPair{Key: "app/config", LastIndex: 300}, about: "empty", at: noon}})
	strike(m, "e")
	if r, ok := m.top().(*refusal); m.editor != nil || !ok || !strings.Contains(r.text, "is a directory") {
		t.Errorf("%+v", m.top())
	}
	strike(m, "esc")
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "directory · index 300") {
		t.Error(screen)
	}
}

// The wheel scrolls a dialog, and a click does not answer it.
func TestTheMouseOnADialog(t *testing.T) {
	m := still(t, "", 80, 24)
	strike(m, "?")
	m.View()
	give(m, tea.MouseWheelMsg{X: 40, Y: 12, Button: tea.MouseWheelDown})
	give(m, tea.MouseClickMsg{X: 40, Y: 12, Button: tea.MouseLeft})
	h, ok := m.top().(*help)
	if !ok || h.at < wheelLines {
		t.Errorf("the top is %+v", m.top())
	}
}

// A claim that may be of another day shows the date.
func TestAnOldClaimTellsItsDay(t *testing.T) {
	m := still(t, "", 80, 24)
	for age, want := range map[time.Duration]string{time.Hour: "since 11:00", 3 * 24 * time.Hour: "since Feb 26"} {
		if got := locksOf(m).since(m, kv.Contender{Since: noon.Add(-age).In(time.Local)}, "held")[1]; time.Local == time.UTC && got != want {
			t.Errorf("%v ago: %q, want %q", age, got, want)
		}
	}
}

// A TTL that its owner renews does not seem to run out.
func TestARenewedTTLIsReadAgain(t *testing.T) {
	m := still(t, "", 80, 24)
	strike(m, "l", "j")
	lease := func(left time.Duration) tea.Msg {
		return valueRead{shown{
			key: "app/config/limits.json", at: m.now(), pair: &kv.KVPair{Key: "app/config/limits.json", LastIndex: 100},
			meta: &kv.Meta{TTL: 10 * time.Second, Left: left},
		}}
	}
	at := noon
	m.now = func() time.Time { return at }
	give(m, lease(9*time.Second))
	for after, again := range map[time.Duration]bool{3 * time.Second: false, 5 * time.Second: true} {
		m.value.loading, m.value.stale = false, false
		at = noon.Add(after)
		give(m, ticked{})
		if m.value.loading != again {
			t.Errorf("after %v: read again is %v", after, m.value.loading)
		}
	}
}

// Warnings use the singular and the plural.
func TestWarningsCount(t *testing.T) {
	one := &kv.Plan{Keys: []kv.PlannedKey{{Flags: kv.Locked | kv.Leased}}}
	two := &kv.Plan{Keys: []kv.PlannedKey{{Flags: kv.Locked | kv.Leased}, {}}}
	if got := strings.Join(markWarnings(one.Totals(), 1), "; "); strings.Contains(got, "among") || !strings.Contains(got, "its owner") {
		t.Error(got)
	}
	if got := strings.Join(markWarnings(two.Totals(), 2), "; "); !strings.Contains(got, "1 locked key among them") || !strings.Contains(got, "its owner") {
		t.Error(got)
	}
}

// On a narrow screen the address is cut, not left out, and the state stays in
// sight.
func TestTheAddressStaysInSight(t *testing.T) {
	m := still(t, "", 60, 15)
	for _, profile := range []string{"", "prod"} {
		m.opts.Profile, m.opts.Address = profile, "etcd://10.1.2.3:2379,10.1.2.4:2379/config/production/billing-api"
		line := ansi.Strip(m.statusLine(60))
		for _, text := range []string{profile, "etcd://10.1.2.3:2379,10", "live", "7 keys"} {
			if !strings.Contains(line, text) {
				t.Errorf("profile %q: %q is not in %s", profile, text, line)
			}
		}
	}
}

// However long a key is, its plan says whether what is below it is deleted too.
func TestAPlanOfALongKeySaysWhatGoes(t *testing.T) {
	m := still(t, "", 60, 15)
	d := &planDialog{prefix: strings.Repeat("long/", 40) + "end", single: true, plan: &kv.Plan{Keys: []kv.PlannedKey{{}}}}
	if text := strings.ReplaceAll(ansi.Strip(strings.Join(d.head(m, 54), "")), " ", ""); !strings.HasPrefix(text, "delete"+d.prefix+",thiskeyalone") {
		t.Error(text)
	}
}

// No column cuts a holder's ID, and holders and waiters have the same form and
// columns.
func TestClaimsInSightAreToldAlike(t *testing.T) {
	for _, w := range []int{76, 80, 100, 160} {
		m := still(t, "", w, 24)
		strike(m, "L")
		claim := func(id string) kv.Contender {
			return kv.Contender{ID: id, Key: "app/lock/" + id, Index: 70, TTL: 15 * time.Second, Left: 9 * time.Second}
		}
		holder, waiter := claim("154a92b53d4ee69b"), claim("154a92b53d4ee69")
		give(m, locksRead{pane: locksOf(m), locks: []kv.LockInfo{{Key: "app/lock", Holders: []kv.Contender{holder}, Waiters: []kv.Contender{waiter}}}})
		var tails []string
		for line := range strings.SplitSeq(ansi.Strip(m.View().Content), "\n") {
			if _, tail, ok := strings.Cut(line, " "+holder.ID+" "); ok {
				tails = append(tails, "holder: "+strings.TrimSpace(tail))
			} else if _, tail, ok := strings.Cut(line, " "+waiter.ID+" "); ok {
				tails = append(tails, "waiter: "+strings.TrimSpace(tail))
			}
		}
		if len(tails) != 2 || strings.Contains(tails[0], "held") != strings.Contains(tails[1], "waiting") || !strings.Contains(tails[1], "TTL  9s/15s") {
			t.Errorf("%d wide: %q", w, tails)
		}
	}
}

// The text of a palette does not move when the list narrows.
func TestThePaletteStandsStill(t *testing.T) {
	m := still(t, "", 100, 30)
	strike(m, ":")
	m.View()
	at := m.dialogAt
	for _, key := range []string{"l", "o", "c", "k", "x", "x"} {
		strike(m, key)
		m.View()
		if m.dialogAt != at {
			t.Errorf("after %q it stands at %+v, not at %+v", key, m.dialogAt, at)
		}
	}
}

// A click in the palette chooses a line, and a second one runs it; beside the lines
// it does nothing.
func TestTheMouseInThePalette(t *testing.T) {
	m := still(t, "", 100, 30)
	strike(m, ":")
	m.View()
	typed(m, "ll")
	m.View()
	p := m.top().(*palette)
	at, choice := m.dialogAt, slices.IndexFunc(p.fits, func(c choice) bool { return c.name == "expand all" })
	click := func(line int) {
		give(m, tea.MouseClickMsg{X: at.x + 5, Y: at.y + line, Button: tea.MouseLeft})
		m.View()
	}
	click(0)
	click(at.h - 1)
	give(m, tea.MouseClickMsg{X: at.x - 5, Y: at.y + p.below + 2, Button: tea.MouseLeft})
	if m.top() != surface(p) || p.at != 0 {
		t.Errorf("beside the lines a click leads to line %d", p.at)
	}
	click(p.below + choice)
	if m.top() != surface(p) || p.at != choice {
		t.Fatalf("the cursor is on line %d, not on %d", p.at, choice)
	}
	rows := m.tree.tree.Len()
	click(p.below + choice)
	if m.top() == surface(p) || m.tree.tree.Len() <= rows {
		t.Errorf("a second click leaves %T and %d rows", m.top(), m.tree.tree.Len())
	}
}

// Before the first search, the key of its pane asks nothing: the next keys are
// commands.
func TestTheSearchPaneAsksNothing(t *testing.T) {
	m := still(t, "", 80, 24)
	strike(m, "5", "j")
	if _, asks := m.top().(*prompt); asks || m.tree.at != 1 || !strings.Contains(m.notice.text, "S searches values") {
		t.Errorf("the top is %T, the cursor on row %d, and it says %q", m.top(), m.tree.at, m.notice.text)
	}
}
