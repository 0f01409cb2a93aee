package keymap

import (
	"fmt"
	"slices"
	"strings"

	"kvist/internal/nearest"
	"kvist/internal/printable"
	"kvist/internal/settings"
)

// Load returns the default keymap with the overrides of a user's TOML file:
//
//	[keys.tree]
//	"find.open" = ["/", "ctrl+f"]
//	"tree.chains" = []              # no key, only by the palette
//
// It ignores tables other than [keys]. It refuses, with an error that names the
// file, the line and the key: an unknown scope or action, a key that no
// terminal sends, two actions of one scope on one key, an action that inner
// scopes leave no key, a letter where letters are text, a destructive action on
// a chord or a key of reflex, and a surface without a way out. Errors are of
// type *settings.Error.
func Load(data []byte, filename string) (*Keymap, error) {
	all, err := settings.Read(data, filename)
	if err != nil {
		return nil, err
	}
	l := loader{file: filename, bindings: defaults(), from: map[place]settings.Setting{}}
	for _, s := range all {
		if s.Path[0] != "keys" {
			continue
		}
		if err := l.override(s); err != nil {
			return nil, err
		}
	}
	for _, check := range []func() error{l.checkUse, l.checkConflicts, l.checkReach} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	m := index(l.bindings)
	m.taken = l.taken
	return m, nil
}

// place identifies one line of the table.
type place struct {
	scope  Scope
	action Action
}

// loader is the table while overrides are applied.
type loader struct {
	file     string
	bindings []Binding
	from     map[place]settings.Setting // what the user set, and where
	taken    []string                   // sentences about keys that hide others
}

// override applies one setting to the table.
func (l *loader) override(s settings.Setting) error {
	if len(s.Path) < 3 {
		return s.Refuse(l.file, "keys are set as \"action\" = [\"key\"] in a table [keys.SCOPE]; scopes are %s", join(Scopes()))
	}
	at := place{Scope(s.Path[1]), Action(strings.Join(s.Path[2:], "."))}
	if !slices.Contains(Scopes(), at.scope) {
		return s.Refuse(l.file, "there is no scope %q; %s", at.scope, among(at.scope, Scopes()))
	}
	i := slices.IndexFunc(l.bindings, func(b Binding) bool { return b.Scope == at.scope && b.Action == at.action })
	if i < 0 {
		return s.Refuse(l.file, "there is no action %q in [keys.%s]; %s", at.action, at.scope, l.actionMeant(at))
	}
	if before, twice := l.from[at]; twice {
		return s.Refuse(l.file, "is set in line %d already", before.Line)
	}
	names, err := keyNames(l.file, s)
	if err != nil {
		return err
	}
	l.bindings[i].Keys = names
	l.from[at] = s
	return nil
}

// actionMeant returns how an error goes on about an action that a scope does not
// have.
func (l *loader) actionMeant(at place) string {
	for _, b := range l.bindings {
		if b.Action == at.action {
			return fmt.Sprintf("it is one of [keys.%s]", b.Scope)
		}
	}
	return among(at.action, l.actionsOf(at.scope))
}

// among is nearest.Among for scopes and actions.
func among[T ~string](word T, words []T) string {
	var known []string
	for _, w := range words {
		known = append(known, string(w))
	}
	return nearest.Among(string(word), known...)
}

func (l *loader) actionsOf(s Scope) []Action {
	var out []Action
	for _, b := range l.bindings {
		if b.Scope == s {
			out = append(out, b.Action)
		}
	}
	return out
}

// keyNames returns the keys of a setting by Bubble Tea's names.
func keyNames(file string, s settings.Setting) ([]string, error) {
	var written []string
	switch v := s.Value.(type) {
	case string:
		written = []string{v}
	case []string:
		written = v
	default:
		return nil, s.Refuse(file, "is not a key name or a list of key names")
	}
	var out []string
	for _, w := range written {
		k, err := parseKey(w)
		if err != nil {
			if meant := keyMeant(w); meant != "" {
				return nil, s.Refuse(file, "%q is not a key: did you mean %q?", w, meant)
			}
			return nil, s.Refuse(file, "%q is not a key: %v", w, err)
		}
		if slices.Contains(out, k) {
			return nil, s.Refuse(file, "%q is there twice", w)
		}
		out = append(out, k)
	}
	return out, nil
}

// checkUse refuses keys that an action cannot have, whatever the other bindings
// are.
func (l *loader) checkUse() error {
	for _, b := range l.bindings {
		s, set := l.from[place{b.Scope, b.Action}]
		if !set {
			continue
		}
		if b.Needed && len(b.Keys) == 0 {
			return s.Refuse(l.file, "needs a key: it is a way out")
		}
		for _, k := range b.Keys {
			switch {
			case b.Destructive && careless(k):
				return s.Refuse(l.file, "%q is pressed too easily for an action that removes or overwrites", k)
			case typed(b.Scope) && types(k) && !(b.Scope == ScopeText && k == "backspace"):
				return s.Refuse(l.file, "%q types text there and cannot do anything else", k)
			}
		}
	}
	return nil
}

// typed reports whether letters can be text where a scope holds.
func typed(s Scope) bool { return Typing(s) || s == ScopeText || s == ScopeAlways }

// checkConflicts refuses two actions of one scope on one key.
func (l *loader) checkConflicts() error {
	type key struct {
		scope Scope
		name  string
	}
	owner := map[key]Action{}
	for _, b := range l.bindings {
		for _, k := range b.Keys {
			other, taken := owner[key{b.Scope, k}]
			if !taken {
				owner[key{b.Scope, k}] = b.Action
				continue
			}
			s, rival := l.blame(place{b.Scope, b.Action}, place{b.Scope, other})
			return s.Refuse(l.file, "%q is the key of %s too", k, rival)
		}
	}
	return nil
}

// blame picks the setting that an error about two bindings names: the user's,
// and of two of the user's the later one. It also returns the action that the
// setting clashes with.
func (l *loader) blame(a, b place) (settings.Setting, string) {
	sa, setA := l.from[a]
	sb, setB := l.from[b]
	if !setA || setB && sb.Line > sa.Line {
		return sb, rivalName(a, b)
	}
	return sa, rivalName(b, a)
}

// rivalName returns the name of other as seen from a setting of the scope of
// at.
func rivalName(other, at place) string {
	if other.scope == at.scope {
		return string(other.action)
	}
	return fmt.Sprintf("%s in [keys.%s]", other.action, other.scope)
}

// checkReach refuses settings that leave an action without a key on some
// surface because inner scopes have taken all of them. Taking one of several
// keys is allowed, and so is hiding keys for moving in a dialog, whose few keys
// come first.
func (l *loader) checkReach() error {
	for _, top := range scopes {
		if !top.reach {
			continue
		}
		taken := map[string]Binding{}
		for _, s := range Stack(top.name) {
			if err := l.checkScope(s, taken); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkScope is checkReach for one scope; it adds the scope's keys to taken.
func (l *loader) checkScope(s Scope, taken map[string]Binding) error {
	var own []Binding
	for _, b := range l.bindings {
		if b.Scope != s {
			continue
		}
		if by, lost := allTaken(b, taken); lost {
			at, rival := l.blame(place{b.Scope, b.Action}, place{by.Scope, by.Action})
			return at.Refuse(l.file, "and %s have the same keys, and one hides the other", rival)
		}
		l.noteTaken(b, taken)
		own = append(own, b)
	}
	for _, b := range own {
		take(taken, b)
	}
	return nil
}

// noteTaken records the keys of b that an inner scope gave to another action
// because a user's setting says so.
func (l *loader) noteTaken(b Binding, taken map[string]Binding) {
	for _, k := range b.Keys {
		by, gone := taken[k]
		s, set := l.from[place{by.Scope, by.Action}]
		if !gone || !set || by.Action == b.Action || hasByDefault(by, k) {
			continue
		}
		note := fmt.Sprintf("%s:%d: in [keys.%s], %q is %s now and %s no longer", printable.String(l.file), s.Line, by.Scope, Show(k), by.Action, b.Action)
		if !slices.Contains(l.taken, note) {
			l.taken = append(l.taken, note)
		}
	}
}

// hasByDefault reports whether an action has the key as delivered.
func hasByDefault(b Binding, key string) bool {
	return slices.ContainsFunc(defaults(), func(d Binding) bool {
		return d.Scope == b.Scope && d.Action == b.Action && slices.Contains(d.Keys, key)
	})
}

// allTaken reports whether b has keys and inner scopes gave all of them to
// other actions; it returns one of these.
func allTaken(b Binding, taken map[string]Binding) (by Binding, lost bool) {
	for _, k := range b.Keys {
		other, gone := taken[k]
		if !gone || other.Action == b.Action {
			return Binding{}, false
		}
		by = other
	}
	return by, len(b.Keys) > 0
}

// take marks a binding's keys as taken; the innermost binding stays.
func take(taken map[string]Binding, b Binding) {
	for _, k := range b.Keys {
		if _, already := taken[k]; !already {
			taken[k] = b
		}
	}
}

func join[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}
