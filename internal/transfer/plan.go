package transfer

import (
	"strings"

	"kvist/internal/undo"
	"kvist/kv"
)

// Action is what a plan does with a key.
type Action uint8

// The actions.
const (
	Create    Action = iota // there must be no such key
	Overwrite               // the key must still have the version that was seen
	Leave                   // nothing is written
	Refuse                  // it cannot be written
)

// String is the word for the action, in output and on the screen.
func (a Action) String() string {
	return [...]string{"create", "overwrite", "leave", "refuse"}[a]
}

// Reason is why a key is left as it is.
type Reason uint8

// The reasons.
const (
	NoReason   Reason = iota
	Exists            // at the target there is such a key, and it is not to be overwritten
	Same              // the target has it already
	IsOwned           // it is ephemeral, and would end with a session that does not come along
	IsQueued          // it is a place in the queue of a lock
	IsImplied         // it is a folder, which the target has without a key for it
	IsFolder          // it is a folder that is there already
	reasonSize = iota
)

// String is the reason in words.
func (r Reason) String() string {
	return [reasonSize]string{
		"", "exists", "the same already", "ephemeral", "a place in the queue of a lock",
		"a folder, which needs no key there", "a folder that is there",
	}[r]
}

// Step is what a plan does with one key.
type Step struct {
	Key    string // at the target; "" if it has no name there
	From   string // the key at the source; "" for a folder that only the target needs
	Action Action
	Reason Reason      // of Leave
	Err    error       // of Refuse
	Flags  kv.KeyFlags // of the source: locked, leased, ephemeral
	// Directory says that it becomes a directory without a value.
	Directory bool
	Size      int // bytes of the value

	version uint64 // of the source, that will be written
	before  uint64 // the target's index that is overwritten, or was found the same
	place   int    // among the items of the source; -1 if it is not from there
	parent  bool   // it has others below it
	stays   bool   // it is a folder at the source of which something stays
	lost    int32  // in Plan.losses
}

// Plan is what will be done, exactly and nothing else.
type Plan struct {
	Title string // what it does, as the journal keeps it
	Move  bool   // what was copied is deleted at the source
	// Steps are in the order of the source; folders that only the target needs
	// come first.
	Steps []Step
	// Unseen is why there may be keys at the source that the plan does not
	// know: the login may not read all.
	Unseen error

	source    Source
	to        Place
	from      *Place // nil if the source is no store
	nature    kv.Nature
	losses    [][]string
	again     string // the Request for it, as the record keeps it; "" for none
	continues string // the ID of the plan in the journal that it carries on with; "" for none
}

// Lost returns what the step's key has at the source and does not get at the
// target, in words such as "flags".
func (p *Plan) Lost(s *Step) []string {
	if s.lost == 0 {
		return nil
	}
	return p.losses[s.lost]
}

// Totals sums a plan up.
type Totals struct {
	Create, Overwrite, Leave, Refuse int
	Folders                          int   // of Create: those that only the target needs
	Delete                           int   // keys that go at the source if all is copied
	Bytes                            int64 // of the values that are written
	Locked, Leased, Ephemeral        int   // keys at the source, of those that are written
	Left                             map[Reason]int
	Lost                             map[string]int // keys that lose what each word says
	Unkept                           undo.Loss
}

// Totals sums up all steps.
func (p *Plan) Totals() Totals {
	t := Totals{Left: map[Reason]int{}, Lost: map[string]int{}}
	for i := range p.Steps {
		t.add(p, &p.Steps[i])
	}
	return t
}

func (t *Totals) add(p *Plan, s *Step) {
	switch s.Action {
	case Create:
		t.Create++
		if s.From == "" {
			t.Folders++
		}
	case Overwrite:
		t.Overwrite++
	case Leave:
		t.Leave++
		t.Left[s.Reason]++
	case Refuse:
		t.Refuse++
	}
	if p.deletes(s) {
		t.Delete++
	}
	p.unkept(s, &t.Unkept)
	for _, word := range p.Lost(s) {
		t.Lost[word]++
	}
	if !s.writes() {
		return
	}
	t.Bytes += int64(s.Size)
	for _, f := range []struct {
		flag kv.KeyFlags
		n    *int
	}{{kv.Locked, &t.Locked}, {kv.Leased, &t.Leased}, {kv.Ephemeral, &t.Ephemeral}} {
		if s.Flags&f.flag != 0 {
			*f.n++
		}
	}
}

// writes reports whether the step changes the target.
func (s *Step) writes() bool { return s.Action == Create || s.Action == Overwrite }

// deletes reports whether the step's key goes at the source, once the target
// has it.
func (p *Plan) deletes(s *Step) bool {
	if !p.Move || s.From == "" || s.stays {
		return false
	}
	return s.writes() || s.Action == Leave && (s.Reason == Same || s.Reason == IsImplied || s.Reason == IsFolder)
}

// unkept counts what the step replaces or deletes and what cannot be put back. What moves
// within a store can be moved back, if that is recorded.
func (p *Plan) unkept(s *Step, l *undo.Loss) {
	if s.Action == Overwrite {
		l.Add(p.to.Store, s.Key)
	}
	if p.deletes(s) && p.from != nil && (p.from.Store != p.to.Store || kv.RecorderOf(p.from.Store) == nil) {
		l.Add(p.from.Store, s.From)
	}
}

// above calls visit with each key above a key, the nearest first, down to what
// begins with dir.
func above(dir, key string, visit func(string) bool) {
	for {
		i := strings.LastIndexByte(key, '/')
		if i < len(dir) {
			return
		}
		if key = key[:i]; !visit(key) {
			return
		}
	}
}
