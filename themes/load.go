package themes

import (
	"fmt"
	"image/color"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"

	"kvist/internal/nearest"
	"kvist/internal/printable"
	"kvist/internal/settings"
)

// Load reads a user's theme from a TOML file:
//
//	inherits = "nord"        # a theme that comes with the program; else default
//	name = "dusk"            # else the name of the file
//	text = "#d8dee9"
//	selection = 24
//	background = "terminal"  # the terminal's own
//
// Colours are "#rrggbb" or "#rgb", 0 to 255 of the terminal's palette, a name
// of its first 16 ("red", "bright-red") or "terminal". For an unknown tint or
// colour, the error names the file, the line and the key; errors are of type
// *settings.Error.
func Load(data []byte, filename string) (Theme, error) {
	all, err := settings.Read(data, filename)
	if err != nil {
		return Theme{}, err
	}
	t, err := inherited(all, filename)
	if err != nil {
		return Theme{}, err
	}
	t.Name = strings.TrimSuffix(filepath.Base(filename), filepath.Ext(filename))
	for _, s := range all {
		if err := t.set(s, filename); err != nil {
			return Theme{}, err
		}
	}
	return t, nil
}

// inherited returns the theme that a file starts from.
func inherited(all []settings.Setting, filename string) (Theme, error) {
	for _, s := range all {
		if !slices.Equal(s.Path, []string{"inherits"}) {
			continue
		}
		name, ok := s.Value.(string)
		if !ok || name == "" {
			return Theme{}, s.Refuse(filename, "is not the name of a theme")
		}
		t, err := find(name, nil)
		if err != nil {
			return Theme{}, s.Refuse(filename, "%v", err)
		}
		return t, nil
	}
	return find(Default, nil)
}

// set applies one line of a file to the theme.
func (t *Theme) set(s settings.Setting, filename string) error {
	key := strings.Join(s.Path, ".")
	switch key {
	case "inherits":
		return nil
	case "name":
		name, ok := s.Value.(string)
		if !ok || name == "" || printable.String(name) != name {
			return s.Refuse(filename, "is not a printable name")
		}
		t.Name = name
		return nil
	}
	names := tintNames
	i := slices.Index(names[:], key)
	if i < 0 {
		return s.Refuse(filename, "there is nothing of that name to colour; %s", nearest.Among(key, append(names[:], "inherits", "name")...))
	}
	c, err := parseColour(s.Value)
	if err != nil {
		return s.Refuse(filename, "%v", err)
	}
	t.tints[i] = c
	return nil
}

// parseColour returns a colour as written in a file; nil is the terminal's own.
func parseColour(value any) (color.Color, error) {
	written := ""
	switch v := value.(type) {
	case string:
		written = strings.ToLower(strings.TrimSpace(v))
	case int:
		written = strconv.Itoa(v)
	}
	if written == "terminal" {
		return nil, nil //nolint:nilnil // no colour is a colour here
	}
	if i := slices.Index(ansiNames(), written); i >= 0 {
		written = strconv.Itoa(i)
	}
	if n, err := strconv.Atoi(written); err == nil && n >= 0 && n <= 255 {
		return lipgloss.Color(strconv.Itoa(n)), nil
	}
	if isHex(written) {
		return lipgloss.Color(written), nil
	}
	if near := nearest.To(written, append(ansiNames(), "terminal")...); near != "" {
		return nil, fmt.Errorf("%q is no colour; did you mean %q?", written, near)
	}
	return nil, fmt.Errorf("a colour is \"#rrggbb\", a number from 0 to 255, \"terminal\", or one of %s",
		strings.Join(ansiNames(), ", "))
}

// isHex reports whether s is #rgb or #rrggbb.
func isHex(s string) bool {
	digits, ok := strings.CutPrefix(s, "#")
	if !ok || len(digits) != 3 && len(digits) != 6 {
		return false
	}
	_, err := strconv.ParseUint(digits, 16, 32)
	return err == nil
}

// ansiNames are the names of the terminal's first 16 colours, in their order.
func ansiNames() []string {
	return []string{
		"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
		"bright-black", "bright-red", "bright-green", "bright-yellow",
		"bright-blue", "bright-magenta", "bright-cyan", "bright-white",
	}
}
