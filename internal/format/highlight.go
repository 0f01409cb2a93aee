package format

import (
	"embed"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alecthomas/chroma/v2"

	"kvist/themes"
)

// Span is a piece of a line that is drawn in one look. Its text is printable:
// tabs are blanks, and what a terminal might act on is escaped.
type Span struct {
	Text string
	Role themes.Role
}

// Line is one line of a value.
type Line []Span

// Bounds of the work for colours. Text beyond them is plain.
const (
	lexingTime = time.Second / 2 // the lexers are regular expressions with backtracking
	tabWidth   = 4
	spanBytes  = 256 // of one Span, so that cutting a long line stays cheap
)

// Highlight returns a value as lines to be drawn. The lexers take a second for
// a megabyte, so it belongs in a command and not on the way to the screen;
// above 512 KiB, and after half a second, the text is plain.
func Highlight(f Format, value []byte) []Line {
	text := string(value)
	p := painter{}
	for _, t := range lex(f, text) {
		p.write(t.Value, roleOf(f, t))
	}
	return p.done()
}

// lex cuts a text into tokens. Whatever goes wrong, the tokens' values are the
// text: the user must see exactly the stored value. A single token may cost the
// lexer seconds; it is then left running, and stops by itself after that token.
func lex(f Format, text string) []chroma.Token {
	lexer := lexerOf(f)
	if lexer == nil || len(text) > maxHighlight {
		return []chroma.Token{{Type: chroma.Text, Value: text}}
	}
	run := &lexing{cut: make(chan []chroma.Token, 1)}
	go run.tokens(lexer, text)
	limit := time.NewTimer(lexingTime)
	defer limit.Stop()
	select {
	case tokens := <-run.cut:
		return tokens
	case <-limit.C:
		run.late.Store(true)
		return []chroma.Token{{Type: chroma.Text, Value: text}}
	}
}

// lexing is one run of a lexer.
type lexing struct {
	cut  chan []chroma.Token // takes the result
	late atomic.Bool         // nobody waits any longer
}

func (l *lexing) tokens(lexer chroma.Lexer, text string) {
	var tokens []chroma.Token
	size := 0
	defer func() {
		_ = recover() // the lexer's; the rest is plain
		l.cut <- append(tokens, chroma.Token{Type: chroma.Text, Value: text[size:]})
	}()
	next, err := lexer.Tokenise(&chroma.TokeniseOptions{State: "root"}, text)
	if err != nil {
		return
	}
	for t := next(); t != chroma.EOF && size < len(text) && !l.late.Load(); t = next() {
		if !strings.HasPrefix(text[size:], t.Value) {
			return
		}
		tokens = append(tokens, t)
		size += len(t.Value)
	}
}

// lexerFiles are chroma's grammars of the formats here. Its own package reads
// two hundred more whenever the program starts.
//
//go:embed lexers/*.xml
var lexerFiles embed.FS

// lexerOf reads the lexer of a format; nil if there is none.
func lexerOf(f Format) chroma.Lexer {
	switch f {
	case JSON, YAML, TOML, XML, HCL, Properties:
		lexer, err := chroma.NewXMLLexer(lexerFiles, "lexers/"+strings.ToLower(f.String())+".xml")
		if err != nil {
			return nil
		}
		return lexer
	default:
		return nil
	}
}

// roleOf maps chroma's many token types to roles. The lexers use different
// types for the same thing: a tag is the key of a JSON object and the element
// of an XML document.
func roleOf(f Format, t chroma.Token) themes.Role {
	switch t.Type {
	case chroma.NameTag:
		if f == XML {
			return themes.SyntaxTag
		}
		return themes.SyntaxKey
	case chroma.NameAttribute:
		if f == XML {
			return themes.SyntaxAttr
		}
		return themes.SyntaxKey
	case chroma.Keyword:
		return themes.SyntaxHeading // the type of an HCL block
	case chroma.TextPunctuation:
		return themes.SyntaxPunctuation
	}
	switch t.Type.Category() {
	case chroma.Comment:
		return themes.SyntaxComment
	case chroma.Keyword:
		return constant(t.Value)
	case chroma.Name:
		return themes.SyntaxKey
	case chroma.Punctuation, chroma.Operator:
		return themes.SyntaxPunctuation
	case chroma.Literal:
		if t.Type == chroma.LiteralDate || t.Type.InSubCategory(chroma.LiteralNumber) {
			return themes.SyntaxNumber
		}
		return themes.SyntaxString
	}
	return themes.Text
}

// constant returns the role of a word that stands for a value.
func constant(word string) themes.Role {
	if word == "null" || word == "~" {
		return themes.SyntaxNull
	}
	return themes.SyntaxBool
}
