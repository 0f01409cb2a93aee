package stories

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"kvist/kv/kvtest"
)

// A screen can shrink below what can be used, and grow again.
func TestResize(t *testing.T) {
	s := onEtcd(t)
	x := s.with("a", "b/c")
	x.Sees("value of a")
	x.Resize(59, 20)
	x.Sees("terminal too small: 59x20, kvist needs 60x15")
	x.Resize(70, 20)
	x.Sees("Keys in "+s.prefix+"/", "Value "+s.key("a"), "value of a")
	x.SeesNot("too small")
	if strings.Contains(x.Text(), "┬") {
		t.Errorf("the panes are beside each other on a narrow screen:\n%s", x.Text())
	}
	x.Resize(120, 40)
	x.Sees("┬", "value of a")
	x.Until("40 lines", func() bool { return strings.Count(x.Text(), "\n") == 39 })
}

// A screen that is too small from the start says so, and q leaves it.
func TestTooSmallAScreen(t *testing.T) {
	s := onEtcd(t)
	x := s.home.start(40, 10, s.address())
	x.Sees("terminal too small")
	x.Quit()
	x.givenBack()
}

// A click puts the cursor on a row, a second one opens it; the wheel scrolls.
func TestMouse(t *testing.T) {
	s := onEtcd(t)
	names := []string{"folder/inside"}
	for i := range 60 {
		names = append(names, fmt.Sprintf("key%02d", i))
	}
	x := s.with(names...)
	x.Sees("key05")
	row := 0
	for i, line := range strings.Split(x.Text(), "\n") {
		if strings.Contains(line, " key05 ") {
			row = i
		}
	}
	x.Click(6, row)
	x.Sees("Value "+s.key("key05"), "value of key05")
	x.WheelDown(6, row)
	x.SeesNot("folder/")
	x.Sees("key29")
}

// A flag chooses a theme in full colours; NO_COLOR shows none at all.
func TestColours(t *testing.T) {
	colour := regexp.MustCompile(`\x1b\[[0-9;]*(3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8)[0-9;]*m`)
	t.Run("theme", func(t *testing.T) {
		s := onEtcd(t)
		s.home.env = append(s.home.env, "COLORTERM=truecolor")
		s.put("a", "v")
		x := s.open("--theme", "nord")
		x.Sees(" a")
		if !strings.Contains(x.Stream(), "38;2;") {
			t.Errorf("no true colours: %q", x.Stream())
		}
	})
	t.Run("unknown theme", func(t *testing.T) {
		s := onEtcd(t)
		x := s.home.start(100, 30, "--theme", "nosuch", s.address())
		if code := x.Ends(); code != 2 || !strings.Contains(x.Text(), "nosuch") || !strings.Contains(x.Text(), "nord") {
			t.Errorf("exit code %d: %s", code, x.Text())
		}
	})
	t.Run("NO_COLOR", func(t *testing.T) {
		s := onEtcd(t)
		s.home.env = append(s.home.env, "NO_COLOR=1")
		s.put("a", "v")
		x := s.open()
		x.Sees(" a")
		s.put("a", "w")
		x.Sees("~  a") // lit rows have a sign, too
		if found := colour.FindString(x.Stream()); found != "" {
			t.Errorf("a colour in spite of NO_COLOR: %q", found)
		}
	})
}

// Without a terminal for its output, one paragraph says what to do instead.
func TestNoTerminal(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"consul://127.0.0.1:1"}} {
		cmd := newHome(t).command(args...)
		out, err := cmd.Output()
		var failed *exec.ExitError
		ok := errors.As(err, &failed)
		if !ok || failed.ExitCode() != 2 || len(out) > 0 {
			t.Fatalf("%v, %q", err, out)
		}
		said := string(failed.Stderr)
		if strings.Count(said, "\n") != 1 || !strings.Contains(said, "terminal") || !strings.Contains(said, "kvist ls") {
			t.Errorf("it says %q", said)
		}
	}
}

// An address where nothing listens, or where something else does, is an error
// on a terminal that was never taken.
func TestNoStoreThere(t *testing.T) {
	s := onEtcd(t)
	for address, want := range map[string]string{
		"consul://" + kvtest.DeadAddr(): "Check that a server of that kind runs there",
		"zk://" + s.server.Addr:         "Another kind of server answers there",
	} {
		x := s.home.start(110, 30, address)
		if code := x.Ends(); code != 5 {
			t.Errorf("%s: exit code %d", address, code)
		}
		if text := strings.ReplaceAll(x.Text(), "\n", ""); !strings.Contains(text, want) {
			t.Errorf("%s: it says %q", address, text)
		}
		if strings.Contains(x.Stream(), "\x1b") {
			t.Errorf("%s: escape sequences for an error: %q", address, x.Stream())
		}
	}
}
