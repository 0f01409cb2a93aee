package match

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/junegunn/fzf/src/algo"
)

// stepFuzzy is Step for letters. The state is how many of them were found, each in
// the first place behind the one before.
func (p *Pattern) stepFuzzy(s State, text string) State {
	return State(p.greedy(int(s), text))
}

// greedy returns how many letters are found behind text, if at of them were before.
func (p *Pattern) greedy(at int, text string) int {
	text = p.composed(text)
	for i := 0; i < len(text) && at < len(p.letters); i++ {
		b, want := text[i], p.letters[at]
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
			if p.letter(r) == want.letter {
				at++
			}
			i += size - 1
		} else if b == want.small || b == want.capital {
			at++
		}
	}
	return at
}

// letter is a letter that is looked for, and its ASCII bytes.
type letter struct {
	letter         rune
	small, capital byte // 0xff, which is not ASCII, if there is none
}

// letters returns the letters of text.
func letters(text string, folds bool) []letter {
	found := make([]letter, 0, len(text))
	for _, r := range text {
		l := letter{r, 0xff, 0xff}
		if r < utf8.RuneSelf {
			l.small, l.capital = byte(r), byte(r)
			if folds && 'a' <= r && r <= 'z' {
				l.capital -= 'a' - 'A'
			}
		}
		found = append(found, l)
	}
	return found
}

// letter returns what fzf takes r for, which is not ASCII.
func (p *Pattern) letter(r rune) rune {
	if p.folds {
		r = unicode.To(unicode.LowerCase, r)
	}
	if p.accents {
		return r
	}
	return algo.NormalizeRunes([]rune{r})[0]
}

// Accented reports whether text has accents of Latin letters. If it has, accents
// count; if not, fzf ignores them in paths.
func Accented(text string) bool {
	text = strings.ToLower(text)
	return text != string(algo.NormalizeRunes([]rune(text)))
}
