package tui

import (
	"slices"

	"kvist/kv"
)

// carrying is a dialog that carries something out.
type carrying interface {
	// deed returns what is being carried out; "" if nothing is.
	deed() string
}

func (d *planDialog) deed() string {
	if !d.running {
		return ""
	}
	return "deleting " + d.subject()
}

func (d *undoDialog) deed() string {
	if !d.running {
		return ""
	}
	return d.doing() + ": " + d.what()
}

func (d *transferDialog) deed() string {
	if d.stage() != planRunning {
		return ""
	}
	return string(d.done.Load().Phase) + ": " + d.what() + " to " + d.where()
}

func (d *cutOffDialog) deed() string {
	if !d.running {
		return ""
	}
	return "carrying on with " + clean(d.plan().Title)
}

// noteDeed keeps for the end what is being carried out when the program is left.
func (m *Model) noteDeed() {
	open := m.dialogs
	if m.past != nil { // from which something may be copied to now
		open = slices.Concat(open, m.past.dialogs)
	}
	m.deed = ""
	for _, d := range open {
		if c, ok := d.(carrying); ok && m.deed == "" {
			m.deed = c.deed()
		}
	}
}

// noteDeeds is noteDeed of all tabs.
func (m *Model) noteDeeds() {
	if m.deck == nil {
		m.noteDeed()
		return
	}
	for _, t := range m.deck.tabs {
		t.noteDeed()
	}
}

// cutOffError says at the end that a plan was left.
type cutOffError struct {
	deed     string
	recorded bool
}

func (e *cutOffError) Unwrap() error { return kv.ErrCutOff }

func (e *cutOffError) Error() string { return e.Said() }

// Said implements explain.Sayer.
func (e *cutOffError) Said() string {
	said := "left in the middle of a plan (" + e.deed + "). "
	if !e.recorded {
		return said + "Nothing was recorded of it: look at the keys to see how far it came."
	}
	return said + "If it did not come to its end, the next start there says how far it came, and offers to carry on or to roll back."
}

// cutOff returns the error of a plan that was left; nil if there is none.
func (m *Model) cutOff() error {
	if m.deed == "" {
		return nil
	}
	return &cutOffError{m.deed, m.journal() != nil}
}
