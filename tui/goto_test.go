package tui

import (
	"strings"
	"testing"

	"kvist/keymap"
	"kvist/kv"
)

// :goto goes to a key of the tree, opening the folders around it, or to a folder;
// tab completes its name, and one that does not exist is said and can be corrected.
func TestGoTo(t *testing.T) {
	d, _ := explore(t, "a", "config/web/host", "config/web/port", "config/x")
	d.press(":")
	d.typing("goto conf")
	d.press("tab")
	d.sees("goto config/")
	d.typing("web/")
	d.sees("config/web/host", "config/web/port")
	d.typing("p")
	d.press("tab", "enter")
	d.sees("value of config/web/port")
	d.press(":")
	d.typing("goto config/nothing")
	d.press("enter")
	d.sees("config/nothing is not in the tree now")
	d.press("ctrl+w", "down", "down", "enter")
	if row, _ := d.m.tree.row(); row.Key != t.Name()+"/config/x" {
		t.Errorf("the cursor is on %q", row.Key)
	}
	d.press(":")
	d.typing("goto " + t.Name() + "/a") // in full, as the screen names it
	d.press("enter")
	d.sees("value of a")
	if row, _ := d.m.tree.row(); row.Key != t.Name()+"/a" {
		t.Errorf("the cursor is on %q", row.Key)
	}
}

// :goto without a key asks for one, and a key that a filter hides is shown.
func TestGoToPastAFilter(t *testing.T) {
	d, _ := explore(t, "one", "xyz")
	d.press("/")
	d.typing("xyz")
	d.press("enter", ":")
	d.typing("goto")
	d.press("enter")
	d.sees(": goto·")
	d.typing("one")
	d.press("enter")
	d.sees("value of one")
	if d.m.finder.on {
		t.Error("the filter stays")
	}
}

// halfKnown is a store of which only open folders are followed.
type halfKnown struct {
	*scripted
	keys map[string]bool
}

func (s halfKnown) Get(key string) (*kv.KVPair, error) {
	if !s.keys[key] {
		return nil, kv.ErrKeyNotFound
	}
	return s.scripted.Get(key)
}

func (s halfKnown) List(string) ([]*kv.KVPair, error) { return nil, kv.ErrKeyNotFound }

// Where only open folders are followed, :goto opens folder after folder until it has
// the key, and says what does not exist.
func TestGoToWhatIsNotListed(t *testing.T) {
	s := halfKnown{newScripted(), map[string]bool{"a/b/c": true}}
	d := drive(t, s, Options{Address: "consul://x"}, 100, 30)
	say := func(folders ...string) {
		b := kv.Batch{State: kv.Live, Partial: true}
		for _, f := range folders {
			b.Events = append(b.Events, kv.Event{Kind: kv.FolderEvent, Key: f, Old: true})
		}
		s.batches <- b
	}
	s.batches <- kv.Batch{
		State: kv.Live, Begin: true, Synced: true, Partial: true,
		Events: []kv.Event{{Kind: kv.FolderEvent, Key: "a"}, {Kind: kv.PutEvent, Key: "z", Index: 1, Size: 1}},
	}
	d.sees("▸ a/")
	d.press(":")
	d.typing("goto a/b/c")
	d.press("enter")
	d.told(s.scripted, "a")
	say("a/b")
	d.told(s.scripted, "a", "a/b")
	s.batches <- kv.Batch{State: kv.Live, Partial: true, Events: []kv.Event{{Kind: kv.PutEvent, Key: "a/b/c", Index: 1, Size: 1, Old: true}}}
	d.sees("value of a/b/c")
	d.press(":")
	d.typing("goto a/b/nothing")
	d.press("enter")
	d.sees("a/b/nothing does not exist")
	if row, _ := d.m.tree.row(); row.Key != "a/b/c" || !strings.Contains(d.screen(), "c") {
		t.Errorf("the cursor is on %q", row.Key)
	}
}

// A folder that is opened at the lower edge is scrolled, so that what is in it is seen.
func TestAFolderOpensIntoSight(t *testing.T) {
	m := still(t, "", 80, 24)
	give(m, pulled(m, batchOf(puts("app/z/1", "app/z/2"))))
	for _, open := range []string{"l", "enter"} {
		m.tree.height = 4
		m.tree.tree.Close("app/z")
		m.tree.top = 0
		m.tree.goTo("app/z")
		p := m.tree
		if p.line() != p.height-1 {
			t.Fatalf("the folder is on line %d of %d", p.line(), p.height)
		}
		p.act(m, map[string]keymap.Action{"l": keymap.TreeOpen, "enter": keymap.TreeEnter}[open])
		if row, _ := p.row(); row.Key != "app/z" || p.height-1-p.line() != 2 {
			t.Errorf("%s leaves %q on line %d of %d", open, row.Key, p.line(), p.height)
		}
	}
}
