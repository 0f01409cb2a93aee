package places

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	tabsEnding = ".tabs"
	// TabsMax is how many tabs are kept, and nameMax the most bytes of a name in one.
	TabsMax = 30
	nameMax = 8 << 10
)

// Tab is a store that was open beside another one, as the command line names it: by a
// profile and a key behind that, or else by an address. It holds no secret.
type Tab struct {
	Profile string `json:"profile,omitempty"`
	Key     []byte `json:"key,omitempty"` // may have any bytes, which a JSON string cannot hold
	Address []byte `json:"address,omitempty"`
}

// sound reports whether a tab names a store.
func (t Tab) sound() bool {
	return t.Profile+string(t.Address) != "" && len(t.Profile)+len(t.Key)+len(t.Address) <= nameMax
}

// Tabs returns the stores that were open beside this one, in their order; none if
// nothing is known, or nothing that can be read.
func (s *Store) Tabs(of string) []Tab {
	r, err := s.read(of, part(of)+tabsEnding)
	if err != nil {
		return nil
	}
	return soundTabs(r.Tabs)
}

// soundTabs returns the tabs that name a store, as many as are kept.
func soundTabs(all []Tab) []Tab {
	var tabs []Tab
	for _, t := range all {
		if t.sound() && len(tabs) < TabsMax {
			tabs = append(tabs, t)
		}
	}
	return tabs
}

// KeepTabs keeps which stores are open beside this one, in place of those that were.
// Of several programs the last one decides.
func (s *Store) KeepTabs(of string, tabs []Tab) error {
	name := part(of) + tabsEnding
	if tabs = soundTabs(tabs); len(tabs) == 0 {
		if err := os.Remove(filepath.Join(s.dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := s.write(name, &record{Of: of, Tabs: tabs}); err != nil {
		return err
	}
	return s.prune(tabsEnding)
}
