package config

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A row of the table says all that the program has to know about a store.
func TestStoresAreComplete(t *testing.T) {
	seen := map[string]bool{}
	once := func(what, word string) {
		if word != "" && seen[what+word] {
			t.Errorf("%s %q stands in two rows", what, word)
		}
		seen[what+word] = true
	}
	for _, k := range stores {
		once("scheme", string(k.scheme))
		once("server", k.server)
		once("title", k.title)
		if k.scheme == "" || !strings.HasPrefix(k.usage, string(k.scheme)+"://") {
			t.Errorf("%s is used as %s", k.scheme, k.usage)
		}
		if (k.open == nil) != (len(k.ports) == 0) || (k.server == "") != (k.one == "") || (k.server == "") != (k.called == "") {
			t.Errorf("the row of %s lacks something: %+v", k.scheme, k)
		}
		if OneServer(k.server) != k.one {
			t.Errorf("one server of %s is %q", k.scheme, OneServer(k.server))
		}
		if got := ServerInWords(k.server + " h:1"); k.server != "" && (got != k.called+" h:1" || ServerInWords(k.server) != k.called) {
			t.Errorf("a server of %s is called %q", k.scheme, got)
		}
	}
	if len(stores) != len(Schemes()) || !slices.Contains(Schemes(), Embedded) {
		t.Errorf("the schemes are %v", Schemes())
	}
}

// What users read about the kinds of stores comes from the table, and names each of them once.
func TestStoresInSentences(t *testing.T) {
	for _, k := range stores {
		for what, text := range map[string]string{
			"the schemes": "; " + SchemeList("and") + ",", "the addresses": usages(), "the help": AddressHelp(),
		} {
			if n := len(regexp.MustCompile(`\b`+string(k.scheme)+`(,| |://|$)`).FindAllString(text, -1)); n != 1 {
				t.Errorf("%s name %s %d times: %s", what, k.scheme, n, text)
			}
		}
		if k.title != "" && (!strings.Contains(Titles(), k.title) || !strings.Contains(UsualPorts(), k.scheme.port())) {
			t.Errorf("%s is missing in %q or %q", k.title, Titles(), UsualPorts())
		}
	}
	for got, want := range map[string]string{
		inSentence([]string{"a", "b", "c"}, "and"): "a, b and c",
		inSentence([]string{"a", "b"}, "or"):       "a or b",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
