package stories

import (
	"strings"
	"testing"
	"time"
)

// delay is how long each direction of a slow link takes: far longer than a
// person needs for a letter.
const delay = 400 * time.Millisecond

// hand is the pace of a person who types.
const hand = 60 * time.Millisecond

// Types types text letter by letter, at the pace of a hand.
func (x *terminal) Types(text string) {
	x.Helper()
	for _, r := range text {
		x.Type(string(r))
		time.Sleep(hand)
	}
}

// Text that is typed while a value is being saved stays in the editor.
func TestTypingWhileAValueIsSaved(t *testing.T) {
	onEach(t, func(s *scene) {
		s.far()
		x := s.with("a")
		x.Sees("value of a")
		x.Press("e")
		x.Sees(" editing ")
		x.Type("mine ")
		x.Sees("modified (based on")
		s.link.Delay(delay)
		x.Press("ctrl+s")
		x.Types("dy ")
		x.Sees("saved "+s.key("a"), "not saved yet", "mine dy value of a")
		s.stays("a", "mine value of a")
		x.Press("ctrl+s")
		x.Sees("saved " + s.key("a"))
		x.SeesNot("not saved yet")
		s.stays("a", "mine dy value of a")
		x.Quit()
	})
}

// readsUp waits until the program has read all that was typed: the help, which a
// key opens everywhere, comes after that.
func (x *terminal) readsUp() {
	x.Helper()
	const isHelp = "─ Help ─"
	for end := time.Now().Add(patience); !strings.Contains(x.Text(), isHelp); time.Sleep(4 * delay) {
		if time.Now().After(end) {
			x.Fatalf("the key for help is ignored; the screen:\n%s", x.Text())
		}
		x.Press("f1") // keys are ignored for a while
	}
	x.Press("esc")
	x.SeesNot(isHelp)
}

// A word that is typed on after a save deletes nothing.
func TestTypingBehindASave(t *testing.T) {
	onEach(t, func(s *scene) {
		s.far()
		x := s.with("a", "b")
		x.Sees("value of a")
		x.Press("e")
		x.Sees(" editing ")
		x.Type("mine ")
		x.Sees("modified (based on")
		s.link.Delay(delay)
		x.Press("ctrl+s")
		x.Sees("saved " + s.key("a"))
		x.Types("dy DDyy")
		// On a machine that is too slow the word comes later than a person
		// would type on: it may then open the plan, but must not answer it.
		x.Until("the word to be ignored", func() bool {
			screen := x.Text()
			return strings.Contains(screen, "keys typed right after it were ignored") || strings.Contains(screen, "key ignored")
		})
		x.readsUp()
		if x.Dialog() != "" {
			x.Press("esc")
			x.SeesNot("Delete plan")
		}
		x.Quit()
		s.stays("a", "mine value of a")
		s.stays("b", "value of b")
	})
}

// A word that is typed while a save meets a conflict answers nothing; letters
// typed before the conflict appeared are in the editor.
func TestTypingIntoAConflict(t *testing.T) {
	onEach(t, func(s *scene) {
		s.far()
		x := s.with("a")
		x.Sees("value of a")
		x.Press("e")
		x.Sees(" editing ")
		x.Type("mine ")
		x.Sees("modified (based on")
		s.link.Delay(delay)
		s.put("a", "theirs")
		x.Press("ctrl+s")
		x.Types("to")
		for !strings.Contains(x.Text(), "Conflict") {
			x.Types("o")
		}
		x.Types("to mott yn ot")
		x.Asked("Conflict", "+ mine to", "+ theirs")
		s.stays("a", "theirs")
		s.link.Delay(0)
		x.Answer("o")
		x.Sees("saved " + s.key("a"))
		got, _ := s.client.Get(s.key("a"))
		if !strings.HasPrefix(got, "mine to") || !strings.HasSuffix(got, "value of a") {
			t.Errorf("saved is %q", got)
		}
		x.Quit()
	})
}

// A word that is typed after a refused edit does nothing.
func TestTypingBehindARefusedEdit(t *testing.T) {
	onEach(t, func(s *scene) {
		s.withEditor(`touch "$HOME/opened"`)
		s.far()
		s.put("a", "a\x01b")
		x := s.open()
		x.Sees("61 01 62")
		s.link.Delay(delay)
		x.Type("e")
		x.Types("body dy\rDyn\r")
		x.Asked("Cannot edit here", "open it in $EDITOR")
		x.Answer("esc")
		x.SeesNot("Cannot edit here")
		s.stays("a", "a\x01b")
		x.Quit()
	})
}

// The plan of a subtree that takes long to read is not carried out by keys
// typed before it appears, nor by those typed just then.
func TestTypingAheadOfAPlan(t *testing.T) {
	onEach(t, func(s *scene) {
		s.far()
		x := s.with("app/a", "app/b")
		x.Sees("▸ app/")
		s.link.Delay(delay)
		x.Type("Dyy")
		x.Asked("Delete plan", "everything under")
		x.Type("y")
		x.Sees("key ignored")
		s.stays("app/a", "value of app/a")
		s.link.Delay(0)
		x.Answer("y")
		x.Sees("deleted") // the folder too, where it is a key
		s.isGone("app/a")
		x.Quit()
	})
}

// A plan that a small screen hides is not carried out.
func TestAPlanOnAScreenTooSmall(t *testing.T) {
	s := onEtcd(t)
	x := s.with("app/a", "app/b")
	x.Sees("▸ app/")
	x.Press("D")
	x.Asked("Delete plan", "will be deleted")
	x.Resize(40, 12)
	x.Sees("terminal too small")
	x.Answer("y")
	x.Resize(100, 30)
	x.Asked("Delete plan", "will be deleted")
	s.stays("app/a", "value of app/a")
	x.Answer("y")
	x.Sees("deleted 2 keys")
	x.Quit()
}

// If the program is told to end during a save, it waits for the answer: what
// was saved leaves no draft, and what was typed since does.
func TestQuittingWhileAValueIsSaved(t *testing.T) {
	onEach(t, func(s *scene) {
		for _, since := range []string{"", "since "} {
			s.far()
			s.put("a", "value of a")
			x := s.open()
			x.Sees("value of a")
			x.Press("e")
			x.Sees(" editing ")
			x.Type("mine ")
			x.Sees("modified (based on")
			s.link.Delay(delay)
			x.Press("ctrl+s")
			x.Sees("saving")
			x.Type(since)
			x.Press("ctrl+c")
			if code := x.Ends(); code != 0 {
				t.Errorf("the exit code is %d; it said %s", code, x.Text())
			}
			s.stays("a", "mine value of a")
			kept := s.home.drafts(s.address())
			if since == "" && len(kept) > 0 || since != "" && (len(kept) != 1 || string(kept[0].Mine) != "mine since value of a") {
				t.Errorf("typed since the save: %q; kept are %+v", since, kept)
			}
		}
	})
}
