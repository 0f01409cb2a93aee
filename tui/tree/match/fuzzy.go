package match

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/junegunn/fzf/src/algo"
)

// stepFuzzy is Step for letters: a state is how many of them were found, each
// at the first place behind the one before.
func (p *Pattern) stepFuzzy(s State, text string) State {
	return State(p.greedy(int(s), text))
}

// greedy is how many letters are found when at of them were before text.
func (p *Pattern) greedy(at int, text string) int {
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

// letter is a letter that is looked for, and how it may stand in ASCII.
type letter struct {
	letter         rune
	small, capital byte // 0xff, which is not ASCII, when it cannot
}

// letters are what is looked for, letter by letter.
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

// letter is what fzf takes r for, which is beyond ASCII.
func (p *Pattern) letter(r rune) rune {
	if p.folds {
		r = unicode.To(unicode.LowerCase, r)
	}
	if p.accents {
		return r
	}
	return algo.NormalizeRunes([]rune{r})[0]
}

// Accented reports whether text has accents of Latin letters, which are then
// meant: fzf leaves them aside in paths only while there are none in text.
func Accented(text string) bool {
	text = strings.ToLower(text)
	return text != string(algo.NormalizeRunes([]rune(text)))
}
