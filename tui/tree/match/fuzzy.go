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
	for i := 0; i < len(text) && at < len(p.letters); {
		b, want := text[i], p.letters[at]
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
			if p.letter(r) == want {
				at++
			}
			i += size
			continue
		}
		if p.folds && 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if rune(b) == want {
			at++
		}
		i++
	}
	return at
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

// Accented tells whether text has accents of Latin letters, which are then
// meant: fzf leaves them aside in paths only while there are none in text.
func Accented(text string) bool {
	text = strings.ToLower(text)
	return text != string(algo.NormalizeRunes([]rune(text)))
}
