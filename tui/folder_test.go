package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/internal/format"
	"kvist/kv"
)

// showFolder shows a folder of many children, some of which changed, and its locks.
func showFolder(m *Model) {
	var events []kv.Event
	for i := range 30 {
		events = append(events, kv.Event{Key: fmt.Sprintf("app/config/n%02d", i), Index: 300, Size: 1 << i, Flags: kv.KeyFlags(i % 8)})
	}
	give(m, pulled(m, kv.Batch{State: kv.Live, At: noon.Add(-2 * time.Minute), Events: events}))
	give(m, pulled(m, kv.Batch{State: kv.Live, At: noon.Add(-20 * time.Second), Events: []kv.Event{
		{Key: "app/config/mail/from", Index: 301, Size: 12},
		{Key: "app/config/odd\x1b[2J\u202ename", Index: 302, Size: 5},
		{Kind: kv.DeleteEvent, Key: "app/config/n29", Index: 303},
	}}))
	part := &m.value.folder
	give(m, folderRests{part, "app/config"})
	give(m, folderLooked{part, "app/config", []kv.LockInfo{
		{Key: "app/config/deploy", Holders: []kv.Contender{{ID: "694d", Name: "build-7"}}, Waiters: make([]kv.Contender, 2)},
		{Key: "app/config/\x1b[2J", Holders: []kv.Contender{{ID: "694e"}, {ID: "694f"}}},
		{Key: "app/config/x"},
		{Key: "app/config/y"},
	}, nil, noon})
}

// showOwnValue shows a folder that is a key, too.
func showOwnValue(m *Model) {
	give(m, pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{{Key: "app/config", Index: 400, Size: 200}}}))
	text := []byte(strings.Repeat("a line of its own\n", 12))
	give(m, valueRead{shown{
		key: "app/config", pair: &kv.KVPair{Key: "app/config", Value: text, LastIndex: 400},
		kind: format.Text, about: "text, 12 lines", lines: format.Highlight(format.Text, text), at: noon,
	}})
}

// The value of a folder that is a key takes half of the room at most, and scrolls; its
// children stay.
func TestAFolderWithAValueShowsBoth(t *testing.T) {
	for _, size := range [][2]int{{60, 15}, {80, 24}, {160, 45}} {
		m := still(t, "", size[0], size[1])
		showOwnValue(m)
		for range 2 {
			screen := ansi.Strip(relaid(m).View().Content)
			if !strings.Contains(screen, "a line of its own") || size[1] > 15 && !strings.Contains(screen, " limits.json ") {
				t.Errorf("%v:\n%s", size, screen)
			}
			strike(m, "tab", "G")
		}
	}
}

// A folder shows those of its children that fit, and how many there are besides.
func TestAFolderShowsAsManyChildrenAsFit(t *testing.T) {
	m := still(t, "", 80, 24)
	var events []kv.Event
	for i := range 5000 {
		events = append(events, kv.Event{Key: fmt.Sprintf("app/config/n%04d", i), Index: 300, Size: -1})
	}
	give(m, pulled(m, kv.Batch{State: kv.Live, Events: events}))
	screen := ansi.Strip(m.View().Content)
	if rows := len(m.value.folder.rows); rows > 24 || !strings.Contains(screen, "… "+grouped(5002-rows)+" more") {
		t.Errorf("%d rows:\n%s", rows, screen)
	}
	if m.looksForLocks("app/config") {
		t.Error("it is looked for locks among 5000 keys")
	}
	give(m, tea.MouseClickMsg{X: 40, Y: 5, Button: tea.MouseLeft}) // the second child
	if want := m.value.folder.key; m.tree.cursor != "app/config/mail" || want != "app/config/mail" {
		t.Errorf("a click on a child leads to %q, and %q is shown", m.tree.cursor, want)
	}
}

// lockCounter counts how often it is looked for locks.
type lockCounter struct {
	*scripted
	asked chan string
	hold  chan struct{}
}

func (s *lockCounter) Locks(ctx context.Context, prefix string) ([]kv.LockInfo, error) {
	s.asked <- prefix
	select {
	case <-s.hold:
		return []kv.LockInfo{{Key: prefix + "deploy", Holders: []kv.Contender{{ID: "694d", Name: "build-7"}}}}, nil
	case <-ctx.Done():
		return nil, errors.New("too slow")
	}
}

func (s *lockCounter) BreakPlan(context.Context, kv.LockInfo, kv.Contender) (kv.BreakPlan, error) {
	return kv.BreakPlan{}, kv.ErrDenied
}

func (s *lockCounter) Break(context.Context, kv.LockInfo, kv.Contender) error { return kv.ErrDenied }

// Locks below a folder are looked for once the cursor rests on it, beside all keys, and
// again only after something below has changed.
func TestLocksBelowAFolder(t *testing.T) {
	store := &lockCounter{newScripted(), make(chan string, 16), make(chan struct{})}
	d := drive(t, store, Options{Address: "etcd://x"}, 80, 24)
	store.batches <- batchOf(puts("a/1", "a/2", "b/1", "c"))
	d.sees("● live", "2 keys below")
	d.await("a look", func() bool { return d.m.value.folder.locks.loading == "a" })
	d.press("j") // nothing waits for the answer
	d.sees("1 key below")
	close(store.hold)
	d.press("k")
	d.sees("deploy: build-7", "locked below")
	if first, more := <-store.asked, len(store.asked); first != "a/" || more > 0 {
		t.Errorf("looked below %q, and %d times more", first, more)
	}
	again := func(key string) kv.Batch {
		return kv.Batch{State: kv.Live, Events: []kv.Event{{Key: key, Index: 2, Size: 1}}}
	}
	store.batches <- again("c")
	d.await("the change", func() bool { return d.m.log.Version() > 0 })
	if d.m.value.folder.locks.wanted {
		t.Error("it is looked again although nothing below has changed")
	}
	d.ahead.Add(int64(lookEvery))
	store.batches <- again("a/3")
	d.sees("newest changes", "+ 3")
	d.await("another look", func() bool { return d.m.value.folder.locks.loading == "a" })
}

// A store that does not say in time which locks there are is not waited for.
func TestLocksBelowAFolderThatAreNotKnown(t *testing.T) {
	m := still(t, "", 80, 24)
	showFolder(m)
	part := &m.value.folder
	give(m, folderLooked{part, "app/config", nil, context.DeadlineExceeded, noon})
	m.value.folder.locks.found = nil
	if screen := ansi.Strip(relaid(m).View().Content); !strings.Contains(screen, "not known: context deadline exceeded") {
		t.Errorf("the screen:\n%s", screen)
	}
	give(m, folderLooked{part, "app/other", []kv.LockInfo{{Key: "app/other/x"}}, nil, noon})
	if len(part.locks.found) != 0 {
		t.Error("the locks of another folder are shown")
	}
}
