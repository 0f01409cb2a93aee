package tui

import (
	"io"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/places"
	"kvist/keymap"
)

// keyReader is a program that collects keys until q.
type keyReader struct{ keys []tea.KeyPressMsg }

func (r *keyReader) Init() tea.Cmd  { return nil }
func (r *keyReader) View() tea.View { return tea.NewView("") }
func (r *keyReader) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		if key.String() == "q" {
			return r, tea.Quit
		}
		r.keys = append(r.keys, key)
	}
	return r, nil
}

// sent returns the keys that a terminal sends as these bytes.
func sent(t *testing.T, bytes string) []tea.KeyPressMsg {
	t.Helper()
	r := &keyReader{}
	p := tea.NewProgram(r, tea.WithContext(t.Context()), tea.WithInput(strings.NewReader(bytes+"q")), tea.WithOutput(io.Discard), tea.WithoutSignalHandler())
	if _, err := p.Run(); err != nil {
		t.Fatal(err)
	}
	return r.keys
}

// A letter that means nothing means what its key does on the base layout, if the
// terminal says so; one that is bound, or of ASCII, means itself.
func TestKeysOfOtherKeyboards(t *testing.T) {
	for name, c := range map[string]struct {
		bytes string
		in    func(*Model) surface
		want  string
	}{
		"Cyrillic ф is a":            {"\x1b[1092::97;;1092u", nil, "a"},
		"without text":               {"\x1b[1092::97u", nil, "a"},
		"capital О is J":             {"\x1b[1086:1054:106;2;1054u", nil, "J"},
		"with caps lock":             {"\x1b[1086::106;65;1054u", nil, "J"},
		"ctrl and в is ctrl+d":       {"\x1b[1074::100;5u", nil, "ctrl+d"},
		"German ö is ;":              {"\x1b[246::59;;246u", nil, ";"},
		"German Ö is :":              {"\x1b[246:214:59;2;214u", nil, ":"},
		"German ü is [":              {"\x1b[252::91;;252u", nil, "["},
		"Cyrillic ъ is ]":            {"\x1b[1098::93;;1098u", nil, "]"},
		"German z stays z":           {"\x1b[122::121;;122u", nil, "z"},
		"German ctrl+z stays ctrl+z": {"\x1b[122::121;5u", nil, "ctrl+z"},
		"a German slash":             {"\x1b[55:47:55;2;47u", nil, "/"},
		"a German question mark":     {"\x1b[223:63:45;2;63u", nil, "?"},
		"without a base":             {"\x1b[1092u", nil, "ф"},
		"as text":                    {"ф", nil, "ф"},
		"bound":                      {"\x1b[1078::59;;1078u", nil, "ж"},
		"in text":                    {"\x1b[1092::97;;1092u", func(m *Model) surface { strike(m, "/"); return m.top() }, "ф"},
		"a chord in text":            {"\x1b[1099::115;5u", func(m *Model) surface { showLimits(m); strike(m, "e"); return m.top() }, "ctrl+s"},
		"an answer":                  {"\x1b[1085::121;;1085u", func(m *Model) surface { opened()["plan"](m); return m.top() }, "y"},
	} {
		m := still(t, "", 100, 30)
		var err error
		if m.keys, err = keymap.Load([]byte("[keys.tree]\n\"tree.chains\" = [\"J\", \"ж\", \"ü+\"]\n"), "f"); err == nil {
			t.Error("ü+ is a key")
		}
		m.keys, err = keymap.Load([]byte("[keys.tree]\n\"tree.chains\" = [\"J\", \"ж\"]\n"), "f")
		if err != nil {
			t.Fatal(err)
		}
		on := surface(m.tree)
		if c.in != nil {
			on = c.in(m)
		}
		keys := sent(t, c.bytes)
		if len(keys) != 1 {
			t.Fatalf("%s: %+v", name, keys)
		}
		if got := m.keyName(on, keys[0]); got != c.want {
			t.Errorf("%s: %+v is %q, want %q", name, keys[0], got, c.want)
		}
	}
}

// The keys do what they are called, also in sequence, and a key that only changes
// others does nothing.
func TestACyrillicKeyboardMoves(t *testing.T) {
	m := still(t, "", 100, 30)
	d := newDeck(t.Context(), m)
	press := func(bytes string) {
		for _, key := range sent(t, bytes) {
			d.Update(key)
		}
	}
	press("\x1b[1086::106;;1086u") // о, where j is
	if m.tree.at != 1 {
		t.Errorf("the cursor is on row %d", m.tree.at)
	}
	press("\x1b[1083::107;;1083u\x1b[1076::108;;1076u") // л and д, where k and l are
	if m.tree.at != 0 || m.tree.tree.Len() != 7 {
		t.Errorf("the cursor is on row %d of %d", m.tree.at, m.tree.tree.Len())
	}
	press("\x1b[1087::103;;1087u\x1b[57441;2u") // п, where g is, and shift
	if m.sequence.key != "g" {
		t.Error("shift ends a sequence")
	}
	strike(m, "S")
	press("\x1b[1092::97;;1092u")
	if got := m.top().(*prompt).input.text(); got != "ф" {
		t.Errorf("typed is %q", got)
	}
}

// Letters are sent as keys only where they are none of a text, and only by terminals
// that say that they can.
func TestKeysAreAskedForWhereTheyAreNoText(t *testing.T) {
	m := still(t, "", 100, 30)
	d := newDeck(t.Context(), m)
	none, chords := tea.KeyboardEnhancements{}, tea.KeyboardEnhancements{ReportAlternateKeys: true}
	all := tea.KeyboardEnhancements{ReportAlternateKeys: true, ReportAllKeysAsEscapeCodes: true, ReportAssociatedText: true}
	check := func(when string, want tea.KeyboardEnhancements) {
		t.Helper()
		if got := d.View().KeyboardEnhancements; got != want {
			t.Errorf("%s it asks for %+v, want %+v", when, got, want)
		}
	}
	check("before the terminal has said anything", none)
	d.Update(tea.KeyboardEnhancementsMsg{Flags: 1})
	check("in the tree", all)
	strike(m, "/")
	check("in a prompt", chords)
	strike(m, "esc")
	check("in the tree again", all)
	d.Update(tea.KeyboardEnhancementsMsg{Flags: 8 | 4 | 1})
	check("of a terminal that sends no text", chords)
	d.Update(tea.KeyboardEnhancementsMsg{})
	check("of a terminal that knows nothing", none)
}

// No action is only on a bracket, which many keyboards lack, or on what most terminals
// cannot tell from another key.
func TestBracketsAreNeverTheOnlyWay(t *testing.T) {
	rare := []string{"[", "]", "{", "}", "ctrl+i", "ctrl+m", "ctrl+[", "ctrl+]"}
	found := 0
	for _, b := range keymap.Default().Bindings() {
		if !slices.ContainsFunc(b.Keys, func(k string) bool { return strings.ContainsAny(k, "[]{}") }) {
			continue
		}
		found++
		if !slices.ContainsFunc(b.Keys, func(k string) bool { return !slices.Contains(rare, k) }) {
			t.Errorf("%s has only %q", b.Action, b.Keys)
		}
	}
	if found == 0 {
		t.Error("nothing is on a bracket")
	}
	m := still(t, "", 100, 30)
	strike(m, "j")
	m.jumps.from("app/config", "app/feature")
	for _, key := range []string{"alt+left", "alt+right"} {
		before := m.tree.cursor
		if strike(m, key); m.tree.cursor == before {
			t.Errorf("%s leads nowhere", key)
		}
	}
}

// Two escapes in one read are two, unless alt+esc is bound or the terminal can tell them
// from it.
func TestTwoEscapesAtOnce(t *testing.T) {
	m := still(t, "", 100, 30)
	d := newDeck(t.Context(), m)
	key := keyPress("alt+esc") // as Bubble Tea reads two escapes
	strike(m, "?", "z", "z")
	if d.Update(key); m.top() != surface(m.tree) {
		t.Error("the help with a filter is still there")
	}
	showLimits(m)
	strike(m, "e", "x")
	if _, open := m.top().(*editor); !open {
		t.Fatal("there is no editor")
	}
	if d.Update(key); m.top() == surface(m.editor) {
		t.Error("the editor is still there")
	}
	if !d.twoEscapes(key) {
		t.Errorf("%+v is not two escapes", key)
	}
	d.Update(tea.KeyboardEnhancementsMsg{Flags: 1})
	if d.twoEscapes(key) {
		t.Error("where the terminal sends alt+esc, it is two escapes")
	}
	d.speaks = false
	m.keys, _ = keymap.Load([]byte("[keys.tree]\n\"tree.chains\" = \"alt+esc\"\n"), "f")
	if d.twoEscapes(key) {
		t.Error("alt+esc is bound, and two escapes")
	}
}

// Enter that was typed before the terminal's line was raw arrives as a line feed: it is
// enter wherever nothing is bound to it, and a new line in the editor.
func TestALineFeedIsEnter(t *testing.T) {
	lf := sent(t, "\n")[0]
	for name, c := range map[string]struct {
		in   []string
		want string
	}{
		"the tree": {nil, "enter"}, "a prompt": {[]string{"S"}, "enter"}, "the palette": {[]string{":"}, "enter"},
		"the help": {[]string{"?"}, "enter"}, "the editor": {[]string{"e"}, "ctrl+j"},
	} {
		m := still(t, "", 100, 30)
		showLimits(m)
		strike(m, c.in...)
		if got := m.keyName(m.top(), lf); got != c.want {
			t.Errorf("in %s it is %q, want %q", name, got, c.want)
		}
	}
	d, _ := started(t, threeProfiles(), places.New(t.TempDir()), opens())
	d.typing("stag")
	d.send(lf)
	d.sees("this is staging")
}
