package tui

import (
	"errors"
	"io"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"pgregory.net/rapid"
)

// throughInput returns what a terminal's bytes are read as, in pieces of some
// sizes.
func throughInput(t *rapid.T, sent string) string {
	p := &pasteInput{from: strings.NewReader(sent)}
	var got strings.Builder
	for {
		b := make([]byte, rapid.IntRange(21, 64).Draw(t, "size"))
		n, err := p.Read(b)
		got.Write(b[:n])
		if errors.Is(err, io.EOF) {
			return got.String()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A paste of any bytes passes the parser as plain letters and arrives unchanged, as
// do the keys around it.
func TestAPasteIsReadAsItWasSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pasted := rapid.OneOf(
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.Map(rapid.SliceOf(rapid.SampledFrom([]string{"\x1b", "[", "201", "~", "%", "%!", "a\tb\r\n", "\x1b[20", "鍵", "\xff", "\ufffd"})),
				func(all []string) string { return strings.Join(all, "") }),
		).Draw(t, "pasted")
		if strings.Contains(pasted, pasteEnd) {
			t.Skip("it would end there")
		}
		keys := rapid.SampledFrom([]string{"", "x%", "\x1b[A", "\x1b[20", "\x1b"}).Draw(t, "keys")
		got := throughInput(t, keys+pasteBegin+pasted+pasteEnd+keys)
		before, rest, ok := strings.Cut(got, pasteBegin)
		inside, after, ended := strings.Cut(rest, pasteEnd)
		if !ok || !ended || before != keys || after != keys {
			t.Fatalf("it is read as %q", got)
		}
		for _, c := range inside {
			if c <= ' ' || c >= 0x7f {
				t.Fatalf("%q goes through the parser", c)
			}
		}
		if msg := new(pasteInput).read(tea.PasteMsg{Content: inside}); msg != (tea.PasteMsg{Content: pasted}) {
			t.Fatalf("%q came out as %q", pasted, msg)
		}
	})
}

// Messages that did not pass the input are left alone.
func TestOtherMessagesAreNoPastes(t *testing.T) {
	for _, msg := range []tea.Msg{tea.PasteMsg{Content: "100%25"}, tea.KeyPressMsg{Code: 'a', Text: "a"}} {
		if got := new(pasteInput).read(msg); got != msg {
			t.Errorf("%v became %v", msg, got)
		}
	}
}
