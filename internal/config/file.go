package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"kvist/internal/nearest"
	"kvist/internal/settings"
)

// DefaultProfile is the profile that is opened when none is named.
const DefaultProfile = "default"

// File is the content of the settings file.
type File struct {
	Path  string // where it is, or would be
	Theme string
	// Memory bounds the keys of an explorer whose profile sets no bound.
	Memory Size
	// JournalAge and JournalSize bound the journals of all stores; 0 means the
	// default.
	JournalAge  time.Duration
	JournalSize Size
	// ConfirmCount is how many keys a Delete plan may have without the user
	// having to type their number; nil if it is not set.
	ConfirmCount *int
	// Restore says whether what was open comes back at the next start; nil is yes.
	Restore *bool
	// Linear says whether the explorer prints lines instead of drawing a screen; nil
	// is no.
	Linear *bool
	// Text is the whole file, in which package keymap looks for bindings.
	Text     []byte
	Profiles map[string]Profile
}

// Path returns where the settings file is: the flag's value, else
// $KVIST_CONFIG, else kvist/config.toml in the user's configuration directory
// (https://specifications.freedesktop.org/basedir-spec/latest/). asked reports
// whether the user named the file, so that it must exist.
func Path(flag string, env Environ) (path string, asked bool) {
	if flag != "" {
		return flag, true
	}
	if named := env.get("KVIST_CONFIG"); named != "" {
		return named, true
	}
	return filepath.Join(xdg.ConfigHome, "kvist", "config.toml"), false
}

// ThemesDir returns where the user's own themes are, beside a settings file.
func ThemesDir(path string) string { return filepath.Join(filepath.Dir(path), "themes") }

// Load reads the settings file. A missing file is an empty one, unless asked is
// true. The error names every mistake in it: each is a *settings.Error with the file,
// the line and the key, and never quotes what may be a secret.
func Load(path string, asked bool) (*File, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return &File{Path: path}, nil
	}
	if err != nil {
		return nil, usagef("the settings cannot be read: %w", err)
	}
	return parse(path, text)
}

// parse reads the text of the file at path.
func parse(path string, text []byte) (*File, error) {
	all, err := settings.Read(text, path)
	if err != nil {
		return nil, err
	}
	f := &File{Path: path, Text: text, Profiles: map[string]Profile{}}
	var wrong []mistake
	first, refused := map[string]settings.Setting{}, map[string]bool{} // of each profile
	for _, s := range all {
		of := s.Path[:min(2, len(s.Path))]
		err := f.set(s)
		if err != nil {
			wrong = append(wrong, mistake{s.Line, s.Refuse(path, "%v", err)})
		}
		if s.Path[0] != profileTable || len(of) < 2 {
			continue
		}
		refused[of[1]] = refused[of[1]] || err != nil
		if first[of[1]].Line == 0 {
			first[of[1]] = s
		}
	}
	for _, name := range f.Names() {
		profile, err := f.Profiles[name].complete(filepath.Dir(path))
		if err != nil && (!refused[name] || !validName.MatchString(name)) {
			line := cmp.Or(first[name].Table, first[name].Line)
			wrong = append(wrong, mistake{line, &settings.Error{File: path, Line: line, Key: profileTable + "." + name, Reason: err.Error()}})
		}
		f.Profiles[name] = profile
	}
	if len(wrong) > 0 {
		return nil, inOrder(wrong)
	}
	return f, nil
}

// mistake is an error about a line of the file.
type mistake struct {
	line int
	err  error
}

// inOrder returns all mistakes as one error, in the order of their lines.
func inOrder(wrong []mistake) error {
	slices.SortStableFunc(wrong, func(a, b mistake) int { return a.line - b.line })
	all := make([]error, len(wrong))
	for i, w := range wrong {
		all[i] = w.err
	}
	return errors.Join(all...)
}

// Refuse returns the error about a setting at the top of the file that only its
// user can judge, such as the name of a theme.
func (f *File) Refuse(key string, reason error) error {
	all, err := settings.Read(f.Text, f.Path)
	if err != nil {
		return err
	}
	for _, s := range all {
		if len(s.Path) == 1 && s.Path[0] == key {
			return s.Refuse(f.Path, "%v", reason)
		}
	}
	return reason
}

// profileTable is the table that holds the profiles.
const profileTable = "profile"

// set stores one setting in its place.
func (f *File) set(s settings.Setting) error {
	switch s.Path[0] {
	case "keys":
		return nil // package keymap knows what they mean
	case profileTable:
		if len(s.Path) < 3 {
			return errors.New("a profile is a table, such as [profile.prod]")
		}
		name := s.Path[1]
		profile := f.Profiles[name]
		profile.Name = name
		err := profile.set(strings.Join(s.Path[2:], "."), s.Value)
		f.Profiles[name] = profile
		return err
	}
	place, ok := f.places()[s.Path[0]]
	switch {
	case !ok:
		return f.unknownSetting(s)
	case len(s.Path) > 1:
		return fmt.Errorf("unknown key; %s is a setting, not a table", s.Path[0])
	}
	return put(place, s.Value)
}

// places returns where each setting outside of the tables is stored.
func (f *File) places() map[string]any {
	return map[string]any{
		"theme":         &f.Theme,
		"memory":        &f.Memory,
		"confirm_count": &f.ConfirmCount,
		"restore":       &f.Restore,
		"linear":        &f.Linear,
		"journal_age":   &f.JournalAge,
		"journal_size":  &f.JournalSize,
	}
}

// unknownSetting is the error for an unknown key outside of the tables, which may be that
// of a profile.
func (f *File) unknownSetting(s settings.Setting) error {
	known := append(slices.Sorted(maps.Keys(f.places())), "keys", profileTable)
	near := nearest.To(s.Path[0], profileKeys()...)
	if len(s.Path) == 1 && near != "" && nearest.To(s.Path[0], known...) == "" {
		return fmt.Errorf("unknown key; did you mean %s of a profile, as in [profile.prod]?", near)
	}
	return unknownKey(s.Path[0], known...)
}

// profileKeys are the names of a profile's settings.
func profileKeys() []string { return slices.Sorted(maps.Keys(new(Profile).places())) }

// unknownKey is the error for an unknown key; known are the keys that exist.
func unknownKey(key string, known ...string) error {
	return errors.New("unknown key; " + nearest.Among(key, known...))
}
