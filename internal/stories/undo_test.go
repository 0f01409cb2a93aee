package stories

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Everything that was done in a sitting, a thousand keys with all their metadata
// among it, is brought back by u and in the journal: the store is what it was, but
// for what somebody else wrote meanwhile, which is shown as a conflict, and what
// the dialog says that it cannot bring back.
func TestEverythingIsBroughtBack(t *testing.T) {
	onEach(t, func(s *scene) {
		p := newPast(s)
		x := p.open()
		p.breaksTheLock(x)
		p.editsTen(x)
		p.deletesBig(x)
		p.isGone(manyName(0))
		p.addsThree(x)
		p.put(manyName(4), "theirs")
		p.put(editName(4), "theirs")
		p.revoke()

		lost := p.undoesTheNewest(x)
		lost = append(lost, p.undoesInTheJournal(x)...)
		p.isAsItWas(lost, map[string]string{manyName(4): "theirs", editName(4): "theirs"})
		x.Quit()
	})
}

// editsTen edits ten keys, one after the other.
func (p *past) editsTen(x *terminal) {
	p.Helper()
	x.Answer("/")
	x.Type("edit/")
	x.Sees("Find a key", "10 matches")
	x.Press("enter")
	for i := range pastEdits {
		x.Sees("Value " + p.key(editName(i)))
		x.Press("e")
		x.Sees(" editing ")
		x.Type("new ")
		x.Press("ctrl+s")
		x.Sees("saved " + p.key(editName(i)))
		x.Answer("j")
	}
}

// deletesBig deletes the folder of a thousand keys.
func (p *past) deletesBig(x *terminal) {
	p.Helper()
	x.Press("esc")
	x.SeesNot("matches for")
	x.Press("g", "D")
	x.Asked("Delete plan", "will be deleted")
	x.Answer("y")
	x.Sees("deleted " + spaced(p.inBig(p.was)) + " keys")
}

// addsThree adds three keys.
func (p *past) addsThree(x *terminal) {
	p.Helper()
	for i := range 3 {
		x.Answer("a")
		x.Sees("Add a key")
		x.Type("new" + strconv.Itoa(i))
		x.Press("enter")
		x.Sees("new key:")
		x.Type("made")
		x.Press("ctrl+s")
		x.Sees("saved " + p.key("big/new"+strconv.Itoa(i)))
	}
	x.Answer("1") // keys right behind a save are ignored
}

// breaksTheLock breaks the lock that is shown last.
func (p *past) breaksTheLock(x *terminal) {
	p.Helper()
	x.Press("L")
	x.Sees("Locks in "+p.prefix+"/", p.key("job"), "holder")
	x.Press("G")
	if p.place.Scheme == "consul" {
		x.Press("k") // from the line that says that waiters are not visible
	}
	x.Press("x")
	x.Asked("Break the lock?", p.key("job"), "holds", "This will")
	x.Answer("y")
	x.Sees("broke the lock")
	x.Press("esc")
	x.SeesNot("Locks in")
}

// undoesTheNewest undoes by u until the key is next that somebody else wrote, and
// returns what the dialogs said that does not come back.
func (p *past) undoesTheNewest(x *terminal) (lost []string) {
	p.Helper()
	for i := 2; i >= 0; i-- {
		lost = append(lost, p.undoes(x, "big/new"+strconv.Itoa(i), "will be deleted")...)
	}
	lost = append(lost, p.undoes(x, "delete "+p.key("big"), "1 key changed by someone else since, and left alone: "+p.key(manyName(4)))...)
	for i := pastEdits - 1; i > 4; i-- {
		lost = append(lost, p.undoes(x, p.key(editName(i)), "1 key will be put back")...)
	}
	x.Press("u")
	x.Asked("Undo", p.key(editName(4)), "someone else changed it since; nothing is overwritten")
	x.Answer("y")                                                                     // to no avail
	return append(lost, p.undoes(x, p.key(editName(3)), "1 key will be put back")...) // u goes past it
}

// undoesInTheJournal undoes in the journal what is left.
func (p *past) undoesInTheJournal(x *terminal) (lost []string) {
	p.Helper()
	x.Press("U")
	x.Sees("─ Journal ─")
	for i := 2; i >= 0; i-- {
		p.finds(x, editName(i))
		lost = append(lost, p.undoes(x, p.key(editName(i)), "1 key will be put back")...)
	}
	p.finds(x, "break")
	says := "does not come back"
	if p.place.Scheme == "etcdv2" {
		says = "1 key will be put back" // its TTL is all that a lock depends on
	}
	return append(lost, p.undoes(x, "break "+p.key("job"), says)...)
}

// finds filters the journal.
func (p *past) finds(x *terminal, text string) {
	p.Helper()
	x.Press("/")
	x.Asked("Filter")
	x.Type("\x15" + text + "\r")
	x.Sees("filter "+text, " · done")
}

// undoes undoes what is next, or under the cursor, as far as it can be, and returns
// what does not come back.
func (p *past) undoes(x *terminal, sees ...string) (lost []string) {
	p.Helper()
	x.Press("u")
	x.Asked(append(sees, "─ Undo ─")...)
	dialog := x.Dialog()
	if strings.Contains(dialog, "nothing can be put back") {
		x.Press("esc")
	} else {
		x.Answer("y")
		x.Until("the end of it", func() bool {
			if strings.Contains(x.Text(), "key ignored") { // its age has just changed
				x.Answer("y")
			}
			return x.Dialog() == "" || strings.Contains(x.Dialog(), "esc close")
		})
		if x.Dialog() != "" {
			x.Press("esc")
		}
	}
	x.SeesNot("─ Undo ─")
	return notBack(dialog)
}

// notBack returns what a dialog says that does not come back.
func notBack(dialog string) []string {
	var lost []string
	for _, m := range regexp.MustCompile(`does not come back: (.*?),? (?:\([\d ]+ keys?\)|which only its own)`).FindAllStringSubmatch(dialog, -1) {
		lost = append(lost, m[1])
	}
	return lost
}

// spaced writes a number as the program does.
func spaced(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d %03d", n/1000, n%1000)
}
