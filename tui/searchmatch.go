package tui

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/junegunn/fzf/src/algo"
	"github.com/junegunn/fzf/src/util"
)

// sought is what a search of values looks for, in the language of find: text
// in any case unless it has capitals, !text for values without it, ~text
// fuzzy in a line, =regexp. It is for one goroutine.
type sought struct {
	query   string
	find    func(value []byte) (from, to int) // the first place; from is negative where there is none
	fold    bool                              // compare in lower case
	inverse bool
	text    bool   // only text can be compared so
	lower   []byte // room for a value in lower case
	passed  int    // values that are no text, where only that can be compared
}

// soughtBy is what a query looks for; nil when it is empty.
func soughtBy(query string) (*sought, error) {
	if query == "" || query == "!" || query == "~" || query == "=" {
		return nil, nil
	}
	s := &sought{query: query}
	switch rest := query[1:]; query[0] {
	case '!':
		s.inverse = true
		s.plain(rest)
	case '~':
		s.text, s.find = true, fuzzyLine(rest)
	case '=':
		if _, err := regexp.Compile(rest); err != nil {
			return nil, err // which tells of what was typed, and not of the flag below
		}
		re, err := regexp.Compile("(?m)" + rest)
		if err != nil {
			return nil, err
		}
		s.find = func(value []byte) (int, int) {
			at := re.FindIndex(value)
			if len(at) < 2 || at[0] > 0 && at[0] == len(value) && value[at[0]-1] == '\n' {
				return -1, -1 // behind the last line there is none that could be empty
			}
			return at[0], at[1]
		}
	default:
		s.plain(query)
	}
	return s, nil
}

// plain looks for text.
func (s *sought) plain(text string) {
	s.fold = text == strings.ToLower(text)
	needle := []byte(text)
	if s.fold {
		needle = appendLower(nil, needle)
	}
	s.find = func(value []byte) (int, int) {
		at := bytes.Index(value, needle)
		return at, at + len(needle)
	}
}

// fuzzyLine finds a line that matches as fzf matches.
func fuzzyLine(text string) func([]byte) (int, int) {
	fuzzyTables()
	sensitive := text != strings.ToLower(text)
	pattern := []rune(text)
	normalize := slices.Equal(algo.NormalizeRunes(pattern), pattern) // accents count where the pattern has some
	return func(value []byte) (int, int) {
		for from := 0; from < len(value); {
			line := value[from:]
			if i := bytes.IndexByte(line, '\n'); i >= 0 {
				line = line[:i]
			}
			chars := util.ToChars(line)
			if r, _ := algo.FuzzyMatchV1(sensitive, normalize, true, &chars, pattern, false, nil); r.Start >= 0 {
				return from + runesIn(line, r.Start), from + runesIn(line, r.End)
			}
			from += len(line) + 1
		}
		return -1, -1
	}
}

// runesIn is how many bytes the first n runes of line take.
func runesIn(line []byte, n int) int {
	at := 0
	for ; n > 0 && at < len(line); n-- {
		_, size := utf8.DecodeRune(line[at:])
		at += size
	}
	return at
}

// appendLower appends text in lower case to buf, byte for byte: what takes
// another number of bytes in lower case stays as it is, so that a place in the
// one is the same place in the other.
func appendLower(buf, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			buf = append(buf, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if l := unicode.ToLower(r); r != utf8.RuneError && utf8.RuneLen(l) == size {
			buf = utf8.AppendRune(buf, l)
		} else {
			buf = append(buf, text[i:i+size]...)
		}
		i += size
	}
	return buf
}

// finding is the first place in a value that matches, made safe to draw.
type finding struct {
	line   int  // its number, from 1; 0 where the value is a hit for what it lacks
	offset int  // in bytes, where the value has no lines
	binary bool // it has none
	lines  int  // how many lines match

	before, match, after string // the line, as far as it is near
}

// in looks for it in a value.
func (s *sought) in(value []byte) (finding, bool) {
	value = wholeRunes(value)
	binary := !utf8.Valid(value) || bytes.IndexByte(value, 0) >= 0
	if binary && s.text {
		s.passed++
		return finding{}, false
	}
	hay := value
	if s.fold {
		s.lower = appendLower(s.lower[:0], value)
		hay = s.lower
	}
	from, to := s.find(hay)
	switch {
	case s.inverse && from < 0:
		f := excerpt(value, 0, 0, binary)
		f.line, f.lines = 0, 0
		return f, true
	case s.inverse || from < 0:
		return finding{}, false
	}
	f := excerpt(value, from, to, binary)
	f.lines = 1
	for rest := hay; !binary; f.lines++ {
		end := bytes.IndexByte(rest[to:], '\n')
		if end < 0 || to+end+1 == len(rest) {
			break
		}
		rest = rest[to+end+1:]
		if from, to = s.find(rest); from < 0 {
			break
		}
	}
	return f, true
}

// wholeRunes is value without the beginning of a rune at its end, which is
// what cutting a long text may leave.
func wholeRunes(value []byte) []byte {
	for n := 1; n < utf8.UTFMax && n <= len(value); n++ {
		if tail := value[len(value)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return value[:len(value)-n]
			}
			break
		}
	}
	return value
}

// How many bytes around a match are kept to be shown.
const (
	excerptBefore = 80
	excerptMatch  = 200
	excerptAfter  = 300
)

// excerpt is the line that value[from:to] stands in, or what is around it
// where the value is binary.
func excerpt(value []byte, from, to int, binary bool) finding {
	f := finding{binary: binary, offset: from}
	begin, end := 0, len(value)
	if !binary {
		f.line = 1 + bytes.Count(value[:from], []byte{'\n'})
		begin = 1 + bytes.LastIndexByte(value[:from], '\n')
		if i := bytes.IndexByte(value[to:], '\n'); i >= 0 {
			end = to + i
		}
	}
	cut := max(begin, from-excerptBefore)
	before, match, after := value[cut:from], value[from:to], value[to:end]
	if binary {
		f.before, f.match, f.after = string(before), string(firstBytes(match, excerptMatch)), string(firstBytes(after, excerptAfter))
	} else {
		for len(before) > 0 && !utf8.RuneStart(before[0]) {
			before = before[1:]
		}
		if cut == begin {
			before = bytes.TrimLeft(before, " \t")
		}
		f.before, f.match = shownText(before), shownText(firstRunes(match, excerptMatch))
		f.after = shownText(firstRunes(bytes.TrimRight(after, "\r"), excerptAfter))
	}
	f.before, f.match, f.after = clean(f.before), clean(f.match), clean(f.after)
	if cut > begin {
		f.before = "…" + f.before
	}
	return f
}

// firstBytes is at most n bytes.
func firstBytes(b []byte, n int) []byte { return b[:min(n, len(b))] }

// firstRunes is at most n bytes of text, cut between runes.
func firstRunes(b []byte, n int) []byte { return wholeRunes(firstBytes(b, n)) }

// shownText is text with its tabs as blanks: an indentation that is spelled
// out is harder to read than one that is narrow.
func shownText(b []byte) string { return strings.ReplaceAll(string(b), "\t", " ") }
