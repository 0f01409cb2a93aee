package format

import (
	"strings"
	"time"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"

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

// The bounds of the work that goes into colours. Text beyond them is plain.
const (
	lexingTime = time.Second / 2 // the lexers are regular expressions with backtracking
	tabWidth   = 4
	spanBytes  = 256 // of one Span, so that cutting a long line stays cheap
)

// Highlight is a value as lines to be drawn. The lexers take a second for a
// megabyte, so this belongs into a command and not on the way to the screen;
// above 512 KiB, and after half a second of trying, the text is plain.
func Highlight(f Format, value []byte) []Line {
	text := string(value)
	p := painter{}
	for _, t := range lex(f, text) {
		p.write(t.Value, roleOf(f, t))
	}
	return p.done()
}

// lex cuts a text into tokens. Whatever goes wrong, the tokens' values are
// the text: the user must not be shown a value that is not the stored one.
func lex(f Format, text string) (tokens []chroma.Token) {
	plain := []chroma.Token{{Type: chroma.Text, Value: text}}
	lexer := lexers.Get(lexerName(f))
	if lexer == nil || len(text) > maxHighlight {
		return plain
	}
	defer func() {
		if recover() != nil {
			tokens = plain
		}
	}()
	next, err := lexer.Tokenise(&chroma.TokeniseOptions{State: "root"}, text)
	if err != nil {
		return plain
	}
	size := 0
	deadline := time.Now().Add(lexingTime)
	for t := next(); t != chroma.EOF && size < len(text); t = next() {
		if !strings.HasPrefix(text[size:], t.Value) {
			break
		}
		tokens = append(tokens, t)
		size += len(t.Value)
		if len(tokens)%64 == 0 && time.Now().After(deadline) {
			break
		}
	}
	return append(tokens, chroma.Token{Type: chroma.Text, Value: text[size:]})
}

// lexerName is what chroma calls the lexer of a format; "" is none.
func lexerName(f Format) string {
	switch f {
	case JSON, YAML, TOML, XML, HCL:
		return f.String()
	case Properties:
		return "properties"
	default:
		return ""
	}
}

// roleOf maps chroma's token types, of which there are many, to ours. The
// lexers call the same thing by different types: a tag is the key of a JSON
// object and the element of an XML document.
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

// constant is the role of a word that stands for a value.
func constant(word string) themes.Role {
	if word == "null" || word == "~" {
		return themes.SyntaxNull
	}
	return themes.SyntaxBool
}
