package stories

import (
	"strings"
	"testing"
)

// A terminal that tells where a key is makes a Cyrillic keyboard work with the default
// keys; what is typed stays as it is typed; and the terminal's keys are given back.
func TestACyrillicKeyboard(t *testing.T) {
	const letters, chords = "\x1b[=29;1u", "\x1b[=5;1u" // of Kitty's protocol
	s := onEtcd(t)
	x := s.with("a", "b")
	x.Sees("value of a")
	x.Type("\x1b[?1u") // the terminal's answer: it speaks the protocol
	x.Until("letters to be asked for as keys", func() bool { return strings.Contains(x.Stream(), letters) })
	x.Type("\x1b[1086::106;;1086u") // о, where j is
	x.Sees("value of b")
	x.Type("\x1b[1091::101;;1091u") // у, where e is
	x.Sees(" editing ")
	x.Until("letters to be asked for as text", func() bool {
		return strings.LastIndex(x.Stream(), chords) > strings.LastIndex(x.Stream(), letters)
	})
	x.Type("ф\x1b[1092::97;;1092u ")
	x.Sees("фф value of b")
	x.Type("\x1b[1099::115;5u") // ctrl and ы, where s is
	x.Sees("saved " + s.key("b"))
	s.stays("b", "фф value of b")
	x.Quit()
	x.givenBack()
	if stream := x.Stream(); strings.LastIndex(stream, "\x1b[<1u") < strings.LastIndex(stream, "\x1b[>") {
		t.Error("the terminal's keyboard is not given back")
	}
}
