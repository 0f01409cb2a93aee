package stories

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kvist/kv/kvtest"
)

// How long a monkey plays, and which one: the seed decides what it does and how
// long it pauses between.
var (
	monkeyFor  = flag.Duration("monkey.for", 25*time.Second, "how long a monkey plays at the keys")
	monkeySeed = flag.Uint64("monkey.seed", 0, "the monkey to play again; 0 is a new one")
)

// A monkey presses keys, over a link that delays by turns, while somebody else
// writes the same keys. Whatever it presses, nothing is written or deleted that
// was not shown and answered, what it typed into the editor is in the store, in
// the editor or in a draft, and the screen stays whole and true.
func TestMonkey(t *testing.T) {
	seed := *monkeySeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	onEach(t, func(s *scene) {
		s.Logf("go test ./internal/stories -run TestMonkey/%s -monkey.seed=%d -monkey.for=%v", s.place.Scheme, seed, *monkeyFor)
		newMonkey(s, seed).play(*monkeyFor)
	})
}

// monkey presses keys without knowing what they do.
type monkey struct {
	*scene
	dice  *rand.Rand
	link  *kvtest.Link
	x     *terminal
	eyes  *monkeyEyes
	books *monkeyBooks
	other *monkeyOther
	token int
}

// monkeyKeys are the scene's first keys.
func monkeyKeys() map[string]string {
	return map[string]string{
		"body": "30s", "config/limits.json": `{"rate": 100, "burst": 200}`, "config/Makefile": "all:\n\techo\n",
		"config/day/one": "1\n", "config/day/two": "2\n", "config/empty": "", "dy/y": "true", "dy/yy": "false", "theirs/a": "a", "theirs/b": "b",
	}
}

// newMonkey makes the scene.
func newMonkey(s *scene, seed uint64) *monkey {
	s.Helper()
	for name, value := range monkeyKeys() {
		s.put(name, value)
	}
	m := &monkey{scene: s, dice: rand.New(rand.NewPCG(seed, 0)), link: kvtest.NewLink(s.T, s.server.Addr)}
	m.books = newMonkeyBooks(s)
	m.other = newMonkeyOther(s, m.books, seed)
	s.home.env = append(s.home.env, "EDITOR=true")
	m.x = s.home.start(100, 30, m.address())
	m.x.Sees("● live", "body")
	m.eyes = watchScreen(m.x)
	return m
}

// address returns where the program finds the scene, over the link.
func (m *monkey) address() string { return m.place.Scheme + "://" + m.link.Addr() + "/" + m.prefix }

// play lets the monkey play for a time, checks now and then whether the screen
// is true, and audits the store at the end.
func (m *monkey) play(long time.Duration) {
	m.Helper()
	end := time.Now().Add(long)
	look := time.Now().Add(long / 2)
	for time.Now().Before(end) && m.alive() {
		m.act()
		m.pause()
		if time.Now().After(look) {
			m.looksRound()
			look = time.Now().Add(long / 2)
		}
	}
	if m.alive() {
		m.looksRound()
	}
	m.audit()
}

// alive fails if the program has ended: nothing that the monkey does ends it.
func (m *monkey) alive() bool {
	m.Helper()
	select {
	case <-m.x.Ended():
		m.Fatalf("the program ended by itself; the last that the monkey did:\n%s\nthe screen:\n%s", m.eyes.recent(), m.x.Text())
		return false
	default:
		return true
	}
}

// act does one thing.
func (m *monkey) act() {
	m.Helper()
	switch n := m.dice.IntN(100); {
	case n < 10:
		m.edits()
	case n < 14:
		m.deletes()
	case n < 48:
		m.press(pick(m.dice, monkeyPresses()))
	case n < 60:
		m.press(pick(m.dice, monkeyMoves()))
	case n < 72:
		m.types(pick(m.dice, []string{"body", "day", "dy", "yy", "today", "Dy", "ddy", "yes", "no", "toy", "my", "nod", "DDyy", "xy", "ey"}))
	case n < 80:
		m.types(m.newToken() + " ")
	case n < 84:
		m.paste(m.newToken() + "\t\"tab\"\r\n  " + m.newToken() + " \n")
	case n < 88:
		m.clicks(m.dice.IntN(100), m.dice.IntN(30))
	case n < 91:
		m.x.WheelDown(m.dice.IntN(100), m.dice.IntN(30))
	case n < 94:
		size := pick(m.dice, [][2]int{{100, 30}, {80, 24}, {60, 15}, {160, 45}, {45, 12}, {59, 20}})
		m.eyes.note(fmt.Sprintf("resized to %v", size))
		m.x.Resize(size[0], size[1])
	case n < 98:
		delay := time.Duration(m.dice.IntN(4)) * 100 * time.Millisecond
		m.eyes.note("delay " + delay.String())
		m.link.Delay(delay)
	default:
		m.eyes.note("link cut")
		m.link.Cut()
		time.Sleep(time.Duration(m.dice.IntN(500)) * time.Millisecond)
		m.link.Mend()
	}
}

// edits is what an operator does all day, except for the keys typed after it:
// an edit, a save, and on with something else, at any pace.
func (m *monkey) edits() {
	m.Helper()
	pause := m.pause
	if m.dice.IntN(2) == 0 {
		pause = m.waits
	}
	m.press("e")
	pause()
	m.types(m.newToken() + " ")
	pause()
	m.press("ctrl+s")
	if m.dice.IntN(2) == 0 {
		pause()
	}
	m.types(pick(m.dice, []string{"", "day", "ototo", "yes", "dy", "nn", "j"}))
}

// deletes is a deletion with a pause before the answer.
func (m *monkey) deletes() {
	m.Helper()
	m.press(pick(m.dice, []string{"d", "D"}))
	if m.dice.IntN(2) == 0 {
		m.waits()
	}
	m.press("y")
}

// monkeyPresses are keys with an effect, except for those that leave the
// program.
func monkeyPresses() []string {
	return []string{
		"e", "e", "e", "a", "d", "D", "y", "y", "y", "n", "o", "t", "m", "x", "enter", "enter", "esc", "esc", "ctrl+s", "ctrl+s", "ctrl+s",
		"E", "Y", "L", "w", "S", "R", "J", "=", "-", "/", "?", "space", "tab", "c", "r", "1", "2", "3", "4", "5", "N", "u", "ctrl+o",
	}
}

// monkeyMoves are keys that move.
func monkeyMoves() []string {
	return []string{"j", "j", "j", "k", "k", "l", "h", "g", "G", "ctrl+d", "up", "down", "home", "end"}
}

// press presses a key, with the screen as it is now.
func (m *monkey) press(name string) {
	m.Helper()
	m.eyes.pressed(name)
	m.x.Press(name)
}

// clicks clicks a cell. Typing there may then part the words of that line.
func (m *monkey) clicks(column, row int) {
	m.Helper()
	m.eyes.clicked(column, row)
	m.x.Click(column, row)
}

// types types a word, as fast as a person in a hurry.
func (m *monkey) types(word string) {
	m.Helper()
	for _, r := range word {
		m.eyes.pressed(string(r))
		m.x.Type(string(r))
		time.Sleep(time.Duration(m.dice.IntN(60)) * time.Millisecond)
	}
}

// paste pastes text between the signs that terminals put around it.
func (m *monkey) paste(text string) {
	m.Helper()
	m.eyes.note(fmt.Sprintf("pasted %q", text))
	m.x.Type("\x1b[200~" + text + "\x1b[201~")
}

// newToken returns a word that is nowhere else.
func (m *monkey) newToken() string {
	m.token++
	token := fmt.Sprintf("W%03dW", m.token)
	m.eyes.mind(token)
	return token
}

// pause waits as long as a person may; often not at all.
func (m *monkey) pause() {
	if m.dice.IntN(3) == 0 {
		time.Sleep(time.Duration(m.dice.IntN(900)) * time.Millisecond)
		return
	}
	time.Sleep(time.Duration(m.dice.IntN(120)) * time.Millisecond)
}

// waits waits as long as a person needs to read the screen.
func (m *monkey) waits() {
	time.Sleep(time.Duration(700+m.dice.IntN(600)) * time.Millisecond)
}

// pick returns one of several.
func pick[T any](dice *rand.Rand, all []T) T { return all[dice.IntN(len(all))] }

// looksRound stops everything, closes what is open, and compares the screen
// with the store.
func (m *monkey) looksRound() {
	m.Helper()
	m.other.stop()
	m.link.Mend()
	m.link.Delay(0)
	m.eyes.note("looks round")
	m.x.Resize(160, 60)
	for range 8 { // out of dialogs, editor and filters
		m.press("esc")
		time.Sleep(500 * time.Millisecond)
	}
	m.press("1")
	time.Sleep(500 * time.Millisecond)
	m.press("R")
	m.press("g")
	m.press("=")
	want := m.books.names()
	m.eyes.until("the tree to be as the store: "+strings.Join(want, " "), func(screen string) bool {
		return strings.Contains(screen, "● live") && strings.Contains(screen, fmt.Sprintf(" %d key", len(want)))
	})
	m.isWhole()
	m.other.start()
}

// isWhole waits until the screen is drawn to its end, and fails if something is
// outside of its cells.
func (m *monkey) isWhole() {
	m.Helper()
	m.eyes.until("a screen that is in line", inLine)
}

// inLine reports whether nothing on a screen is outside of its cells: the panes'
// border is a straight line, and the status is the first line.
func inLine(screen string) bool {
	lines := strings.Split(screen, "\n")
	if len(lines) < 4 {
		return false
	}
	column := slices.Index([]rune(lines[1]), '┬')
	return strings.Contains(lines[0], "live") && column >= 0 &&
		!slices.ContainsFunc(lines[2:len(lines)-2], func(line string) bool {
			cells := []rune(line)
			return len(cells) <= column || !strings.ContainsRune("│┃█", cells[column])
		})
}
