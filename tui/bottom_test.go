package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"kvist/kv"
)

// bottom returns the last two lines of the screen: the message and the keys.
func bottom(m *Model) (message, keys string) {
	lines := strings.Split(ansi.Strip(m.View().Content), "\n")
	return strings.TrimSpace(lines[len(lines)-2]), strings.TrimSpace(lines[len(lines)-1])
}

func TestNoMessageHidesTheKeys(t *testing.T) {
	for _, keys := range []string{"", "2", "L", "w"} {
		m := still(t, "", 80, 24)
		strike(m, strings.Split(keys, "")...)
		_, before := bottom(m)
		for _, text := range []string{"saved the key", strings.Repeat("a long piece of bad news ", 10)} {
			m.notice.warn(m.now(), text)
			relaid(m)
			lines := strings.Split(ansi.Strip(m.View().Content), "\n")
			if got := strings.TrimSpace(lines[len(lines)-1]); got != before || before == "" {
				t.Errorf("behind %q the keys are %q, and were %q", keys, got, before)
			}
		}
	}
}

func TestTheKeyUnderTheCursorIsNamedInFull(t *testing.T) {
	m := still(t, "", 80, 24)
	row, _ := m.tree.row()
	if message, _ := bottom(m); strings.TrimSuffix(message, "/") != row.Key {
		t.Errorf("the line says %q, the cursor is on %q", message, row.Key)
	}
}

// Keys that can do nothing are not offered, and the others are named by what they
// do.
func TestOnlyKeysThatWorkAreOffered(t *testing.T) {
	m := still(t, "", 100, 24)
	for range 10 {
		strike(m, "k")
	}
	if _, keys := bottom(m); strings.Contains(keys, "e edit") || strings.Contains(keys, "d delete") || !strings.Contains(keys, "enter open") && !strings.Contains(keys, "enter close") {
		t.Errorf("on a folder: %q", keys)
	}
	for range 20 {
		if row, _ := m.tree.row(); row.IsKey && !row.Ghost {
			break
		}
		strike(m, "j")
	}
	if _, keys := bottom(m); !strings.Contains(keys, "e edit") || !strings.Contains(keys, "d delete") || !strings.Contains(keys, "enter value") {
		t.Errorf("on a key: %q", keys)
	}
	m.opts.ReadOnly = true
	relaid(m)
	if _, keys := bottom(m); strings.Contains(keys, "edit") || strings.Contains(keys, "delete") || strings.Contains(keys, "add") {
		t.Errorf("opened read-only: %q", keys)
	}
}

// The status says since when contact is lost and how many attempts failed.
func TestLostContactSaysSinceWhen(t *testing.T) {
	m := still(t, "", 120, 24)
	give(m, pulled(m, kv.Batch{State: kv.Reconnecting, Since: m.now().Add(-12 * time.Second), Attempt: 3, Err: kv.ErrNotReachable}))
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "reconnecting 12s, attempt 3") {
		t.Error(screen)
	}
	give(m, pulled(m, kv.Batch{State: kv.Denied, Since: m.now(), Attempt: 1, Err: &kv.Error{Op: "follow", Kind: kv.ErrDenied}}))
	if screen := ansi.Strip(m.View().Content); !strings.Contains(screen, "! denied 0s") || !strings.Contains(screen, "access denied") {
		t.Error(screen)
	}
}
