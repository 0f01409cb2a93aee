package cli

import (
	"bufio"
	"io"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Only what is typed after a question answers it. A y that was typed before
// would carry out a plan that nobody has seen.
func TestWhatWasTypedAheadIsNoAnswer(t *testing.T) {
	keyboard, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	defer terminal.Close()
	if _, err := keyboard.WriteString("y\n"); err != nil {
		t.Fatal(err)
	}
	ready := []unix.PollFd{{Fd: int32(terminal.Fd()), Events: unix.POLLIN}}
	if n, err := unix.Poll(ready, 10_000); n != 1 || err != nil {
		t.Fatalf("the terminal did not get it: %d, %v", n, err)
	}
	asked, said := io.Pipe()
	go func() {
		question, err := bufio.NewReader(asked).ReadString(']')
		if err != nil || question != "Sure? [y/N]" {
			t.Errorf("%q was asked, %v", question, err)
		}
		go io.Copy(io.Discard, asked)
		if _, err := keyboard.WriteString("n\n"); err != nil {
			t.Error(err)
		}
	}()
	p := &Program{Stdin: terminal, Stderr: said}
	answer, err := p.ask("Sure? [y/N]", "")
	if answer != "n" || err != nil {
		t.Errorf("the answer is %q, %v", answer, err)
	}
	said.Close()
}
