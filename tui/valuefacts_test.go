package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"kvist/kv"
)

// A value that could not be read without contact is read when contact is back,
// without a key press.
func TestAValueIsReadAgainWhenContactIsBack(t *testing.T) {
	m := still(t, "", 100, 24)
	strike(m, "j")
	key := m.value.shown.key
	m.value.shown = shown{key: key, err: &kv.Error{Op: "get", Key: key, Kind: kv.ErrNotReachable}}
	m.value.loading, m.value.stale = false, false
	give(m, pulled(m, kv.Batch{State: kv.Reconnecting, Since: m.now(), Err: kv.ErrNotReachable}))
	if m.value.stale || m.value.loading {
		t.Fatal("it is read while there is no contact")
	}
	give(m, pulled(m, kv.Batch{State: kv.Live, Synced: true}))
	if m.value.shown.err != nil || !m.value.stale && !m.value.loading {
		t.Errorf("contact is back, and the pane still says %v", m.value.shown.err)
	}
}

// Without contact the time left of a lease is shown as of when it was read, since
// nobody knows whether it was renewed.
func TestATTLIsNotCountedDownWithoutContact(t *testing.T) {
	m := still(t, "", 120, 24)
	meta := &kv.Meta{Owner: "694d", TTL: time.Minute, Left: 30 * time.Second}
	m.value.shown = shown{key: m.tree.cursor, pair: &kv.KVPair{Key: m.tree.cursor, LastIndex: 7}, meta: meta, at: m.now().Add(-10 * time.Second)}
	relaid(m)
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "20s left") {
		t.Errorf("in contact:\n%s", screen)
	}
	m.feed.state = kv.Reconnecting
	relaid(m)
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "30s left at "+m.value.shown.at.Format("15:04:05")) {
		t.Errorf("without contact:\n%s", screen)
	}
}

// Without contact, a value that is waited for is not called "reading".
func TestAValueWithoutContact(t *testing.T) {
	m := still(t, "", 80, 24)
	give(m, pulled(m, kv.Batch{State: kv.Reconnecting, Err: kv.ErrNotReachable}))
	m.value.shown, m.value.loading = shown{key: "app/feature"}, true
	relaid(m)
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "no contact: not read yet") || strings.Contains(screen, "reading…") {
		t.Error(screen)
	}
}
