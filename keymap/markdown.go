package keymap

import (
	"errors"
	"fmt"
	"strings"
)

// The comments around the key table in docs/keys.md.
const (
	markdownBegin = "<!-- keys -->"
	markdownEnd   = "<!-- /keys -->"
)

// Markdown returns the key table of docs/keys.md: every action with its name in a
// user's file.
func (m *Keymap) Markdown() string {
	var b strings.Builder
	for _, s := range Scopes() {
		fmt.Fprintf(&b, "\n**%s** (`[keys.%s]`)\n\n| key | does | action |\n|---|---|---|\n", Title(s), s)
		for _, e := range m.bindings {
			if e.Scope == s {
				fmt.Fprintf(&b, "| %s | %s | `%s` |\n", markdownKeys(e.Keys), e.Help, e.Action)
			}
		}
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// markdownKeys writes keys as code, with a bar escaped as tables need it.
func markdownKeys(names []string) string {
	if len(names) == 0 {
		return "palette (`:`) only"
	}
	code := make([]string, len(names))
	for i, n := range names {
		code[i] = "`" + strings.ReplaceAll(show(n), "|", `\|`) + "`"
		if n == "`" {
			code[i] = "`` ` ``"
		}
	}
	return strings.Join(code, " ")
}

// CompareMarkdown returns an error unless the document holds, between the
// comments "<!-- keys -->" and "<!-- /keys -->", exactly what Markdown returns.
// The error shows the wanted table.
func (m *Keymap) CompareMarkdown(doc string) error {
	_, rest, ok := strings.Cut(doc, markdownBegin)
	if !ok {
		return errors.New("no " + markdownBegin + " in the document")
	}
	got, _, ok := strings.Cut(rest, markdownEnd)
	if !ok {
		return errors.New("no " + markdownEnd + " in the document")
	}
	if want := m.Markdown(); strings.TrimSpace(got) != strings.TrimSpace(want) {
		return fmt.Errorf("the key table is not that of the keymap; it should be:\n%s", want)
	}
	return nil
}
