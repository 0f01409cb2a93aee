package textarea

import (
	"strings"
	"testing"
)

// giants are texts that make an editor slow.
func giants() map[string]string {
	return map[string]string{
		"100 000 lines":         strings.Repeat("\tkey: value of a line\r\n", 100_000),
		"a line of 1 MB":        strings.Repeat(`{"key":"value"},`, 1<<16),
		"a line of 1 MB, kanji": strings.Repeat("鍵と値\t", 1<<20/10),
	}
}

// BenchmarkKey measures a key typed in the middle, to its rows.
func BenchmarkKey(b *testing.B) {
	for name, text := range giants() {
		b.Run(name, func(b *testing.B) {
			a := New(text, nil)
			a.Resize(100, 50)
			a.goTo(Pos{}.behind(text[:len(text)/2]))
			base := []byte(text)
			for i := 0; b.Loop(); i++ {
				if i%2 == 0 {
					a.Type("x")
				} else {
					a.Do(EraseBack)
				}
				a.Rows()
				a.Cursor()
				a.Place()
				a.Is(base)
			}
		})
	}
}

// BenchmarkMove measures a cursor key in the middle, to its rows.
func BenchmarkMove(b *testing.B) {
	for name, text := range giants() {
		b.Run(name, func(b *testing.B) {
			a := New(text, nil)
			a.Resize(100, 50)
			a.goTo(Pos{}.behind(text[:len(text)/2]))
			for i := 0; b.Loop(); i++ {
				a.Do([]Op{Down, Up, PageDown, PageUp, Right, Left}[i%6])
				a.Rows()
				a.Cursor()
			}
		})
	}
}

// BenchmarkPaste measures a paste of everything, to its rows.
func BenchmarkPaste(b *testing.B) {
	for name, text := range giants() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				a := New("some\ntext\n", nil)
				a.Resize(100, 50)
				a.Paste(text)
				a.Rows()
			}
		})
	}
}
