package tui

import (
	"strings"
	"testing"
)

// secret is in every value that no surface may show.
const secret = "hunter2"

// maskedExplore is recordedExplore of a profile that masks the keys s and t.
func maskedExplore(t *testing.T) *driver {
	t.Helper()
	d, store := recordedExplore(t, t.TempDir(), "a", "s")
	d.m.opts.Masked = func(key string) bool { return strings.HasPrefix(key, t.Name()+"/s") }
	recordedPut(t, d, "s", secret+" first")
	recordedPut(t, d, "s", secret+" the second")
	put(t, store, t.Name()+"/a", "open to all")
	return d
}

// shows presses keys and waits for texts, among which no secret may be.
func (d *driver) shows(keys []string, texts ...string) {
	d.t.Helper()
	d.press(keys...)
	d.sees(texts...)
	if screen := d.screen(); strings.Contains(screen, secret) {
		d.t.Fatalf("%v shows a masked value:\n%s", keys, screen)
	}
}

// A masked value is shown nowhere: not where values are read, not where they are
// compared, not where they are found or put back.
func TestMaskedValuesAreShownNowhere(t *testing.T) {
	d := maskedExplore(t)
	d.shows(nil, "open to all")
	d.shows([]string{"j"}, "•••••••• 18 B, masked: V shows it", "value · 18 B")
	d.shows([]string{"2", "/"}, "nothing can be found in a value that is hidden")
	d.shows([]string{"1", "w"}, "10 B → 11 B") // a, the newest
	d.shows([]string{"k"}, " B → •••••••• 18 B, masked")
	d.shows([]string{"esc", "U"}, "change "+t.Name()+"/s", "•••••••• 13 B → •••••••• 18 B")
	d.shows([]string{"esc", "u"}, "1 key will be put back", "•••••••• 18 B → •••••••• 13 B")
	d.shows([]string{"esc", "H"}, "→", "•••••••• 13 B → •••••••• 18 B")
	d.shows([]string{"enter"}, "•••••••• 18 B, masked")
	d.shows([]string{"enter", "j", "p"}, "Put ", "•••••••• 18 B → •••••••• 13 B")
	d.press("esc", "esc", "S")
	d.typing("hunter")
	d.shows([]string{"enter"}, "1 hit", "••••••••, masked")
}

// V shows the value under the cursor, and hides it again; so does the cursor when it
// leaves.
func TestRevealingLastsUntilTheCursorLeaves(t *testing.T) {
	d := maskedExplore(t)
	d.shows([]string{"j"}, "masked: V shows it")
	d.press("V")
	d.sees(secret + " the second")
	d.shows([]string{"V"}, "masked: V shows it")
	d.press("V")
	d.sees(secret + " the second")
	d.shows([]string{"k", "j"}, "masked: V shows it")
	d.press("V")
	d.sees(secret + " the second")
	d.shows([]string{"w", "esc"}, "masked: V shows it")
	d.press("k", "V")
	d.sees("no value is masked here")
}

// A dialog about a masked value shows it when it is asked to.
func TestADialogRevealsWhatItIsAbout(t *testing.T) {
	d := maskedExplore(t)
	d.shows([]string{"u"}, "•••••••• 18 B → •••••••• 13 B")
	d.press("V")
	d.sees("+ "+secret+" first", "- "+secret+" the second")
}

// A masked value goes to no clipboard before it is shown, alone or among others.
func TestAMaskedValueIsNotCopiedUnseen(t *testing.T) {
	d := maskedExplore(t)
	d.m.opts.Environ = []string{"PATH="} // no program takes it
	d.shows([]string{"j"}, "masked: V shows it")
	d.shows([]string{"y"}, "the profile masks this value: V shows it, and then it can be copied")
	d.shows([]string{"k", "space", "space", "y"}, "nothing was copied: the profile masks values among them")
	d.press("esc", "G", "V", "y")
	d.await("the copy", func() bool { return strings.Contains(d.m.notice.text, "the value of") })
}

// To edit a masked value shows it, which is asked first.
func TestEditingAMaskedValueAsks(t *testing.T) {
	for _, key := range []string{"e", "E"} {
		d := maskedExplore(t)
		d.shows([]string{"j"}, "masked: V shows it")
		d.shows([]string{key}, "Show the value?", "Editing shows it on the screen")
		d.shows([]string{"n"}, "masked: V shows it")
	}
	d := maskedExplore(t)
	d.shows([]string{"j"}, "masked: V shows it")
	d.shows([]string{"e"}, "Show the value?")
	d.press("y")
	d.sees("Edit", secret+" the second")
}

// A folder has no value that is masked: V is not offered and says why, and so does y. On
// a key V is offered on the narrowest usual screen.
func TestAFolderHasNothingToReveal(t *testing.T) {
	m := still(t, "", 80, 24)
	m.opts.Masked = func(string) bool { return true }
	if line := strings.Join(m.bottomLines(80), "\n"); strings.Contains(line, "reveal") {
		t.Errorf("on a folder: %q", line)
	}
	strike(m, "V")
	see(t, m, "no value is masked here: this is a folder")
	strike(m, "y")
	see(t, m, "there is no value here to copy")
	strike(m, "l", "j")
	m.notice = notice{}
	m.frame.stale = true
	see(t, m, "V reveal")
}
