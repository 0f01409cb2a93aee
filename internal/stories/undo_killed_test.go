package stories

import (
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// onTheWay returns how long each direction takes while a plan is to be cut off: long
// enough to see it under way.
func (p *past) onTheWay() time.Duration {
	if p.place.Scheme == "etcdv2" {
		return 15 * time.Millisecond // each key takes a request
	}
	return 150 * time.Millisecond
}

// A plan that kill -9 cut off is carried on with at the next start: all of it is
// gone, and nothing else. Then all of it is brought back by one undo.
func TestAPlanThatWasKilledIsCarriedOn(t *testing.T) {
	onEach(t, func(s *scene) {
		p, x, left := killedInThePlan(s, (*terminal).isKilled)
		x.Press("c")
		kept := "1 key changed since"
		if p.place.Directories { // what somebody else wrote is in two
			left, kept = left-2, "3 keys changed since"
		}
		x.endOf("carrying on")
		x.Sees("carried on with delete " + p.key("big") + ": " + spaced(left-1) + " keys; " + kept)
		p.isGoneExactly(map[string]string{manyName(4): "theirs"})
		x.Quit()
		x = p.open() // without a question
		x.Press("u") // both halves at once
		x.Asked("Undo", "delete "+p.key("big"), " put back")
		lost := notBack(x.Dialog())
		x.Answer("y")
		x.Until("the end of it", func() bool { return x.Dialog() == "" || strings.Contains(x.Dialog(), "esc close") })
		p.isAsItWas(lost, map[string]string{manyName(4): "theirs"})
		x.Kill()
	})
}

// A plan whose guard kill -9 ended, so that the program ended in good order, is rolled
// back at the next start: the store is exactly what it was, but for what somebody else
// wrote and what the dialog says that does not come back.
func TestAPlanThatWasKilledIsRolledBack(t *testing.T) {
	onEach(t, func(s *scene) {
		p, x, _ := killedInThePlan(s, (*terminal).losesItsGuard)
		x.Press("u")
		x.Asked("Undo", "delete "+p.key("big"), " put back")
		lost := notBack(x.Dialog())
		x.Answer("y")
		x.Until("the end of it", func() bool { return x.Dialog() == "" || strings.Contains(x.Dialog(), "esc close") })
		p.isAsItWas(lost, map[string]string{manyName(4): "theirs"})
		if x.Dialog() != "" {
			x.Press("esc")
			x.SeesNot("─ Undo ─")
		}
		x.Quit()
		p.open().Quit()
	})
}

// endOf waits for as long as a dialog says that something is under way, which takes
// a request for each key on etcd's v2 API.
func (x *terminal) endOf(doing string) {
	x.Helper()
	for range 6 {
		if x.Terminal.Until("its end", func() bool { return !strings.Contains(x.Dialog(), doing) }) == nil {
			return
		}
	}
}

// isKilled kills the program and its guard.
func (x *terminal) isKilled() { x.Kill() }

// losesItsGuard kills the guard alone, and waits until the program has ended.
func (x *terminal) losesItsGuard() { x.ends(syscall.SIGKILL) }

// isTerminated asks the program to end, and waits until it has.
func (x *terminal) isTerminated() { x.ends(syscall.SIGTERM) }

// ends sends a signal to the process that was started, and waits for the end of all.
func (x *terminal) ends(s syscall.Signal) {
	x.Helper()
	if err := x.Cmd.Process.Signal(s); err != nil {
		x.Fatal(err)
	}
	if err := x.End(); err != nil {
		x.Fatal(err)
	}
}

// killedInThePlan ends the program in the middle of a plan, starts it again, and
// returns it with the question on the screen, and how many keys were not deleted.
func killedInThePlan(s *scene, end func(*terminal)) (p *past, x *terminal, left int) {
	s.Helper()
	s.far()
	p = newPast(s)
	all := p.inBig(p.was)
	x = p.open()
	x.Press("g", "D")
	x.Asked("Delete plan", "will be deleted")
	p.put(manyName(4), "theirs") // so that etcd cannot delete everything at once
	p.link.Delay(p.onTheWay())
	x.Answer("y")
	x.Until("some of the keys to be gone", func() bool {
		said := underWay.FindStringSubmatch(x.Dialog())
		return said != nil && counted(said[1]) > 0
	})
	end(x)
	p.link.Cut()
	p.link.Delay(0)
	p.link.Mend()
	p.settle()
	x = p.open()
	var written, planned int
	x.Until("the question, and how many keys were not deleted", func() bool {
		said := cutOffAt.FindStringSubmatch(x.Dialog())
		if said == nil {
			return false
		}
		written, planned, left = counted(said[1]), counted(said[2]), counted(said[3])
		return true
	})
	if is := p.inBig(p.facts(p.prefix)); left != is || planned != all || written != all-left || written == 0 || left < 2 {
		p.Fatalf("%d of %d keys are left; it says %s", is, all, x.Dialog())
	}
	time.Sleep(reading)
	return p, x, left
}

// underWay is how the progress says how many keys were deleted.
var underWay = regexp.MustCompile(`([\d ]+) of [\d ]+ keys`)

// cutOffAt is how the question says how far a plan came.
var cutOffAt = regexp.MustCompile(`([\d ]+) of ([\d ]+) keys were written, ([\d ]+) were not`)

// counted reads a number as the program writes it.
func counted(text string) int {
	n, _ := strconv.Atoi(strings.ReplaceAll(text, " ", "")) // its digits were matched
	return n
}

// settle waits until the server has carried out what was on its way when the
// connection was cut.
func (p *past) settle() {
	p.Helper()
	before, since := -1, time.Now()
	p.eventually("the server to be done", func() bool {
		if now := p.inBig(p.facts(p.prefix)); now != before {
			before, since = now, time.Now()
		}
		return time.Since(since) > 2*time.Second
	})
}
