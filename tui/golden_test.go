package tui

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/internal/format"
	"kvist/internal/textdiff"
	"kvist/internal/transfer"
	"kvist/keymap"
	"kvist/kv"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// noon is when golden frames are taken.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// untouchable is a store that fails the test when it is used.
type untouchable struct {
	kv.Store
	t *testing.T
}

func (u untouchable) touched() error {
	u.t.Helper()
	u.t.Error("the store was asked from Update or View")
	return errors.New("asked")
}

func (u untouchable) Get(string) (*kv.KVPair, error)    { return nil, u.touched() }
func (u untouchable) List(string) ([]*kv.KVPair, error) { return nil, u.touched() }
func (u untouchable) AtomicPut(string, []byte, *kv.KVPair, *kv.WriteOptions) (bool, *kv.KVPair, error) {
	return false, nil, u.touched()
}
func (u untouchable) AtomicDelete(string, *kv.KVPair) (bool, error)    { return false, u.touched() }
func (u untouchable) Follow(string, kv.FollowOptions) (kv.Feed, error) { return nil, u.touched() }
func (u untouchable) Health(context.Context) (kv.Health, error)        { return kv.Health{}, u.touched() }

func (u untouchable) ReadChange(context.Context, kv.Event) (kv.ValueChange, error) {
	return kv.ValueChange{}, u.touched()
}

func (u untouchable) Meta(context.Context, string) (*kv.Meta, error) {
	return nil, u.touched()
}

func (u untouchable) Locks(context.Context, string) ([]kv.LockInfo, error) {
	return nil, u.touched()
}

func (u untouchable) BreakPlan(context.Context, kv.LockInfo, kv.Contender) (kv.BreakPlan, error) {
	return kv.BreakPlan{}, u.touched()
}

func (u untouchable) ReadValues(context.Context, []string, func(*kv.KVPair)) (int, error) {
	return 0, u.touched()
}

func (u untouchable) Break(context.Context, kv.LockInfo, kv.Contender) error { return u.touched() }

// deadFeed never has anything to report: the test passes batches itself.
type deadFeed struct{}

func (deadFeed) Next(context.Context) (kv.Batch, error) { return kv.Batch{}, kv.ErrClosed }
func (deadFeed) Close() error                           { return nil }

// still returns an explorer whose commands are never run: the test passes their
// results.
func still(t *testing.T, theme string, w, h int) *Model {
	m := NewModel(t.Context(), untouchable{t: t}, Options{
		Profile: "prod", Address: "etcd://10.1.2.3:2379", Prefix: "app", Theme: theme, Timeout: time.Second,
	})
	m.now = func() time.Time { return noon }
	m.Init()
	give(m, tea.WindowSizeMsg{Width: w, Height: h})
	give(m, feedOpened{gen: m.feed.gen, feed: deadFeed{}})
	give(m, healthTold{kv.Health{Server: "etcd 3.7.3", Leader: "n1", Healthy: true, Members: 3}, nil})
	keys := []string{"config/limits.json", "config/mail/from", "config/mail/host", "feature", "locks/a", "jobs/1", "jobs/2"}
	first := kv.Batch{Begin: true, Synced: true, State: kv.Live, Listed: len(keys)}
	for i, key := range keys {
		first.Events = append(first.Events, kv.Event{Key: "app/" + key, Index: uint64(100 + i), Size: 10, Flags: kv.KeyFlags(i % 8)})
	}
	give(m, pulled(m, first))
	give(m, pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{
		{Key: "app/feature", Index: 200, Size: 4},
		{Key: "app/new", Index: 201, Size: 4},
		{Kind: kv.DeleteEvent, Key: "app/locks/a", Index: 202},
		{Key: "app/jobs/1", Index: 203, Size: 1},
	}}))
	return m
}

// give passes a message to the model, and what the model sends itself.
func give(m *Model, msg tea.Msg) {
	m.Update(msg)
	for m.feed.intake != nil {
		m.Update(m.feed.intake)
	}
}

// relaid lays the model out and has it drawn again, as an update does, after a test
// has changed it by hand.
func relaid(m *Model) *Model {
	m.layOut()
	m.frame.stale = true
	return m
}

func strike(m *Model, keys ...string) {
	for _, key := range keys {
		give(m, keyPress(key))
	}
}

// read lets the time pass that a person takes to read the screen.
func read(m *Model) {
	m.View()
	at := m.now().Add(readFor)
	m.now = func() time.Time { return at }
}

// showLimits puts the cursor on a value and shows it.
func showLimits(m *Model) {
	strike(m, "l", "j")
	text := []byte("{\n  \"rate\": 100,\n  \"burst\": true\n}\n")
	give(m, valueRead{shown{
		key: "app/config/limits.json", pair: &kv.KVPair{Key: "app/config/limits.json", Value: text, LastIndex: 100},
		kind: format.JSON, about: "JSON, 2 keys", lines: format.Highlight(format.JSON, text), at: noon,
		meta: &kv.Meta{Created: 90, Version: 3, Owner: "694d", TTL: time.Minute, Left: 30 * time.Second, Ephemeral: true},
	}})
}

// someHits returns what a search for "mail" has found so far.
func someHits(m *Model) tea.Msg {
	r := valuesSearched{pane: searchOf(m), gen: searchOf(m).gen, last: "app/config/mail/from", sum: kv.Searched{Keys: 2, Bytes: 3 << 20}}
	for key, value := range map[string]string{
		"app/config/limits.json": "{\n\t\"rate\": 100,\n\t\"mailboxes\": 3,\n\t\"mails\": 7\n}\n",
		"app/config/mail/from":   "\x00\x01\xffMail\x1b[2J",
		"app/config/mail/host":   strings.Repeat("far off ", 30) + "mail.example.org " + strings.Repeat("\u202eevil ", 30),
	} {
		f, ok := findIn(searchOf(m).values, []byte(value))
		if !ok {
			panic(key)
		}
		r.hits = append(r.hits, hit{key, f})
		r.sum.Hits++
	}
	return r
}

// scenes are the surfaces that golden frames are taken of.
func scenes() map[string]func(*Model) {
	all := historyScenes()
	maps.Copy(all, commonScenes())
	maps.Copy(all, compareScenes())
	return all
}

// commonScenes are those of all surfaces but the history.
func commonScenes() map[string]func(*Model) {
	return map[string]func(*Model){
		"tree": showLimits,
		"marks": func(m *Model) {
			strike(m, "space", "j", "l", "j", "space", "j", "v", "j")
		},
		"conflict": func(m *Model) {
			showLimits(m)
			strike(m, "e")
			base := m.editor.edit.base.Value
			mine := []byte(strings.Replace(string(base), "100", "150", 1))
			theirs := []byte(strings.Replace(string(base), "true", "false", 1))
			m.editIn(m.editor.edit, mine)
			give(m, saved{edit: m.editor.edit, mine: mine, conflict: true, theirs: &kv.KVPair{Value: theirs, LastIndex: 300}})
		},
		"editor": func(m *Model) {
			showLimits(m)
			strike(m, "e", "x")
			give(m, pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{{Key: "app/config/limits.json", Index: 300, Size: 9}}}))
		},
		"editor-unseen": func(m *Model) {
			text := []byte("all:\t# a Makefile  \r\n\tgo build\nodd \u202e\u200b\u0301 \x1b[2J\n" +
				strings.Repeat("{\"a\": 1}, ", 30) + "\nno end ")
			m.editIn(newEdit("app/Makefile", &kv.KVPair{Key: "app/Makefile", Value: text, LastIndex: 7}), text)
			strike(m, "down", "end", "enter")
			give(m, tea.PasteMsg{Content: "@echo\tdone "})
		},
		"add": func(m *Model) {
			strike(m, "a")
			give(m, tea.PasteMsg{Content: " a name\u200b "})
		},
		"plan": func(m *Model) {
			strike(m, "D")
			d := m.top().(*planDialog)
			plan := &kv.Plan{Prefix: "app/config"}
			for i := range 12 {
				plan.Keys = append(plan.Keys, kv.PlannedKey{Key: fmt.Sprintf("app/config/%d", i), Index: 1, Size: 100, Flags: kv.KeyFlags(i % 8)})
			}
			d.siblings = []string{"app/config-old"}
			give(m, planMade{dialog: d, plan: plan, totals: plan.Totals(), list: newPlanList(plan.Keys)})
		},
		"report": func(m *Model) {
			strike(m, "D")
			d := m.top().(*planDialog)
			give(m, planMade{dialog: d, plan: &kv.Plan{Prefix: "app/config", Keys: make([]kv.PlannedKey, 3)}, list: newPlanList(make([]kv.PlannedKey, 3))})
			give(m, planDone{d, kv.Report{
				Deleted: 1, Kept: []kv.Outcome{{Key: "app/config/a", Err: kv.ErrKeyModified}},
				Appeared: []string{"app/config/b"}, Left: 1, Cancelled: true,
			}, nil})
		},
		"copy-prompt": func(m *Model) {
			m.opts.Elsewhere.Open = func(context.Context, string, string, string) (*transfer.Site, error) { panic("opened") }
			strike(m, "c")
		},
		"copy-plan": func(m *Model) { give(m, plannedMove(m)) },
		"copy-report": func(m *Model) {
			made := plannedMove(m)
			give(m, made)
			give(m, transferDone{dialog: made.dialog, report: transfer.Report{
				Created: 2, Overwritten: 1, Deleted: 1, Left: 1, Cancelled: true,
				Failed: []kv.Outcome{{Key: "app/archive/config/a", Err: kv.ErrKeyModified}},
				Stayed: []kv.Outcome{{Key: "app/config/b", Err: transfer.ErrNotCopied}},
			}})
		},
		"locks": func(m *Model) {
			strike(m, "L")
			give(m, locksRead{locksOf(m), []kv.LockInfo{
				{
					Key: "app/deploy", Recipe: "etcd mutex", Limit: 1,
					Holders: []kv.Contender{{ID: "694d", Key: "app/deploy/694d", Index: 7, TTL: time.Minute, Left: 40 * time.Second}},
					Waiters: []kv.Contender{{ID: "694e", Key: "app/deploy/694e", Index: 8, TTL: time.Minute, Left: 50 * time.Second}},
				},
				{Key: "app/consul", Recipe: "consul lock", WaitersHidden: "not visible in Consul"},
			}, nil, 0})
			strike(m, "j")
		},
		"changes": showChanges,
		"changes-inside": func(m *Model) {
			showChanges(m)
			m.View()
			strike(m, "l", "j")
		},
		"changes-paused": func(m *Model) {
			showChanges(m)
			strike(m, "g", " ")
			give(m, pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{{Key: "app/new", Index: 400, Size: 4}}}))
		},
		"search": func(m *Model) {
			strike(m, "S")
			give(m, tea.PasteMsg{Content: "mail"})
			strike(m, "enter")
			give(m, someHits(m))
			strike(m, "j")
		},
		"search-stopped": func(m *Model) {
			strike(m, "S", "tab")
			give(m, tea.PasteMsg{Content: "nowhere"})
			strike(m, "enter", "esc")
			give(m, valuesSearched{pane: searchOf(m), gen: searchOf(m).gen, sum: kv.Searched{Keys: 4, Bytes: 5000, Denied: 1, Cut: 1}, err: context.Canceled})
		},
		"search-prompt": func(m *Model) { strike(m, "S") },
		"help":          func(m *Model) { strike(m, "?") },
		"past":          showPast,
		"past-refused": func(m *Model) {
			showPast(m)
			strike(m, "D")
		},
		"folder":       showFolder,
		"folder-value": showOwnValue,
		"card":         func(m *Model) { m.card = true },
		"palette":      func(m *Model) { strike(m, ":") },
		"lost": func(m *Model) {
			give(m, pulled(m, kv.Batch{State: kv.Reconnecting, Err: &kv.Error{Op: "follow", Key: "app", Server: "etcdv3 10.1.2.3:2379", Kind: kv.ErrNotReachable}}))
		},
	}
}

// plannedMove asks to move a folder, and returns a plan with keys of every fate.
func plannedMove(m *Model) transferMade {
	strike(m, "m")
	give(m, tea.PasteMsg{Content: "2/x"})
	strike(m, "enter")
	d := m.top().(*transferDialog)
	plan := &transfer.Plan{Move: true, Steps: []transfer.Step{
		{Key: "app/config2/x", Directory: true},
		{Key: "app/config2/x/a", From: "app/config/a", Size: 10, Flags: kv.Locked},
		{Key: "app/config2/x/b", From: "app/config/b", Size: 2000, Action: transfer.Overwrite, Flags: kv.Leased},
		{Key: "app/config2/x/c", From: "app/config/c", Size: 3, Action: transfer.Leave, Reason: transfer.Exists},
		{Key: "app/config2/x/d", From: "app/config/d", Size: 3, Action: transfer.Leave, Reason: transfer.IsOwned, Flags: kv.Ephemeral},
		{
			Key: "app/config2/x/big", From: "app/config/big", Size: 3 << 20, Action: transfer.Refuse,
			Err: &kv.Error{Op: kv.OpWriteNodes, Key: "app/config2/x/big", Kind: kv.ErrTooLarge},
		},
	}}
	totals := transfer.Totals{
		Create: 2, Folders: 1, Overwrite: 1, Leave: 2, Refuse: 1, Delete: 2, Bytes: 2010, Locked: 1, Leased: 1,
		Left: map[transfer.Reason]int{transfer.Exists: 1, transfer.IsOwned: 1}, Lost: map[string]int{"flags": 2},
	}
	return transferMade{d, &transfer.Site{Place: transfer.Place{Store: m.store}}, plan, totals, firstRefused(plan.Steps), newPlanList(stepKeys(plan.Steps)), unseen{}, nil}
}

// showChanges shows changes of every kind with marks between them, and the
// difference of the last one.
func showChanges(m *Model) {
	limits := kv.Event{Key: "app/config/limits.json", Index: 302, Size: 1500}
	for _, b := range []kv.Batch{
		{State: kv.Live, Missed: kv.Coalesced, Events: []kv.Event{{Key: "app/feature", Index: 300, Size: 4, Flags: kv.Locked}}},
		{State: kv.Reconnecting, Err: kv.ErrNotReachable},
		{State: kv.Live, Begin: true, Synced: true, Missed: kv.Gap, Events: []kv.Event{
			{Key: "app/feature", Index: 301, Size: -1}, {Key: "app/config/mail/from", Index: 101, Size: 10, Flags: 1}, limits,
		}},
		{State: kv.Live, Events: []kv.Event{{Key: "app/odd\x1b[31m\u202ename", Index: 303, Size: 0, Flags: kv.Leased}}},
		{State: kv.Live, Events: []kv.Event{{Key: limits.Key, Index: 304, Size: 30}}},
	} {
		give(m, pulled(m, b))
	}
	strike(m, "w")
	n := changesOf(m).Number(changesOf(m).Rows()-1) + 1
	give(m, diffDue{changesOf(m), n})
	give(m, changeRead{pane: changesOf(m), of: n, remarks: []string{"read at 12:00:00, and not changed since"}, lines: textdiff.Compare("k",
		[]byte("{\n  \"rate\": 100,\n  \"burst\": true\n}\n"), []byte("{\n  \"rate\": 150,\n  \"burst\": \"\x1b[2J\"\n}\n")).Lines})
}

func TestGoldenFrames(t *testing.T) {
	for name, scene := range scenes() {
		for _, size := range [][2]int{{80, 24}, {160, 45}} {
			for _, theme := range []string{"default", "nord"} {
				t.Run(fmt.Sprintf("%s-%dx%d-%s", name, size[0], size[1], theme), func(t *testing.T) {
					m := still(t, theme, size[0], size[1])
					scene(m)
					compareGolden(t, m.View().Content)
				})
			}
		}
	}
}

// compareGolden compares a frame with the one on record. Escape sequences are
// spelled out, so that a diff of the files can be read.
func compareGolden(t *testing.T, frame string) {
	t.Helper()
	var b strings.Builder
	for _, line := range strings.Split(strings.ReplaceAll(frame, "\x1b", "␛"), "\n") {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, name, _ := strings.Cut(t.Name(), "/")
	file := filepath.Join("testdata", strings.ReplaceAll(name, "/", "-")+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the frame is another than in %s (go test ./tui -update writes it anew):\n%s", file, b.String())
	}
}

// Drawing a surface and pressing any key on it never calls the store, unless a
// command is run.
func TestUpdateAndViewNeverTouchTheStore(t *testing.T) {
	for name, scene := range scenes() {
		t.Run(name, func(t *testing.T) {
			for _, s := range allKeys() {
				m := still(t, "", 100, 30)
				scene(m)
				read(m)
				strike(m, s)
				m.View()
			}
		})
	}
}

// allKeys returns all keys that the default keymap binds.
func allKeys() []string {
	var names []string
	for _, b := range keymap.Default().Bindings() {
		names = append(names, b.Keys...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// What keys do never depends on whether frames were drawn between them.
func TestDrawingDecidesNothing(t *testing.T) {
	moves := []string{"pgdown", "j", "ctrl+d", "k", "G", "ctrl+u", "pgup", "j", "l", "ctrl+d", "j", "pgup", "tab", "pgdown", "j", "end", "up"}
	for name, scene := range scenes() {
		for _, size := range [][2]int{{60, 15}, {100, 30}} {
			drawn, undrawn := still(t, "", size[0], size[1]), still(t, "", size[0], size[1])
			scene(drawn)
			scene(undrawn)
			for _, key := range moves {
				drawn.View()
				strike(drawn, key)
				strike(undrawn, key)
			}
			if a, b := ansi.Strip(drawn.View().Content), ansi.Strip(undrawn.View().Content); a != b {
				t.Errorf("%s in %v is, when each frame is drawn:\n%s\nand else:\n%s", name, size, a, b)
			}
		}
	}
}

func TestAnASCIITerminalGetsNothingElse(t *testing.T) {
	for name, scene := range scenes() {
		m := still(t, "", 100, 30)
		m.opts.ASCII = true
		m.look = newLook(m.opts, "", true)
		scene(m)
		for _, r := range m.View().Content {
			if r >= 0x80 {
				t.Errorf("%s holds %q", name, r)
				break
			}
		}
	}
}
