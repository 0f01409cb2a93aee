package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/pelletier/go-toml/v2"

	"kvist/internal/printable"
)

// DefaultProfile is the profile that is opened where none is named.
const DefaultProfile = "default"

// File is what the file of settings says.
type File struct {
	Path  string // where it is, or would be
	Theme string
	// Keys are the user's bindings as they stand in the file; package keymap
	// knows what they mean.
	Keys map[string]any
	// Text is the whole file, for messages about its lines.
	Text     []byte
	Profiles map[string]Profile
}

// Profile is a named store with the settings to reach it.
type Profile struct {
	Name    string
	Address Address
	Settings
}

// fileTOML is the file as it is written.
type fileTOML struct {
	Theme   string                 `toml:"theme"`
	Keys    map[string]any         `toml:"keys"`
	Profile map[string]profileTOML `toml:"profile"`
}

// profileTOML is a profile as it is written.
type profileTOML struct {
	Address            string   `toml:"address"`
	ReadOnly           bool     `toml:"read_only"`
	Protected          bool     `toml:"protected"`
	User               string   `toml:"user"`
	PasswordFile       string   `toml:"password_file"`
	PasswordEnv        string   `toml:"password_env"`
	PasswordCommand    []string `toml:"password_command"`
	TokenFile          string   `toml:"token_file"`
	TokenEnv           string   `toml:"token_env"`
	TokenCommand       []string `toml:"token_command"`
	CA                 string   `toml:"ca"`
	Cert               string   `toml:"cert"`
	Key                string   `toml:"key"`
	ServerName         string   `toml:"server_name"`
	TLS                *bool    `toml:"tls"`
	InsecureSkipVerify *bool    `toml:"insecure_skip_verify"`
	Datacenter         string   `toml:"datacenter"`
	Timeout            string   `toml:"timeout"`
	EphemeralTTL       string   `toml:"ephemeral_ttl"`
	WatchBudget        int      `toml:"watch_budget"`
}

// Path is where the file of settings is: the flag's, else $KVIST_CONFIG, else
// kvist/config.toml in the user's directory for configuration
// (https://specifications.freedesktop.org/basedir-spec/latest/). asked tells
// whether the person named it, so that it must be there.
func Path(flag string, env Environ) (path string, asked bool) {
	if flag != "" {
		return flag, true
	}
	if named := env.get("KVIST_CONFIG"); named != "" {
		return named, true
	}
	return filepath.Join(xdg.ConfigHome, "kvist", "config.toml"), false
}

// Load reads the file of settings. One that is not there is an empty one,
// unless it was asked for. Every mistake in it is a *UsageError that names
// the file, the line and the key.
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
	var raw fileTOML
	decoder := toml.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&raw); err != nil {
		return nil, located(path, err)
	}
	f := &File{Path: path, Theme: raw.Theme, Keys: raw.Keys, Text: text, Profiles: map[string]Profile{}}
	for _, name := range slices.Sorted(maps.Keys(raw.Profile)) {
		profile, err := raw.Profile[name].profile(name, filepath.Dir(path))
		if err != nil {
			return nil, usagef("%s:%d: [profile.%s]: %w", printable.String(path), profileLine(text, name), printable.String(name), err)
		}
		f.Profiles[name] = profile
	}
	return f, nil
}

// located says where in the file a mistake is. It does not quote the line,
// which may hold a secret.
func located(path string, err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		first := unknown.Errors[0]
		row, _ := first.Position()
		return usagef("%s:%d: %s", printable.String(path), row, unknownKey(first.Key()))
	}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		row, column := wrong.Position()
		where := ""
		if key := wrong.Key(); len(key) > 0 {
			where = quote(strings.Join(key, ".")) + ": "
		}
		return usagef("%s:%d:%d: %s%s", printable.String(path), row, column, where, printable.String(wrong.Error()))
	}
	return usagef("%s: %s", printable.String(path), printable.String(err.Error()))
}

// unknownKey says what is wrong with a key that means nothing, and what to
// write instead of a secret.
func unknownKey(key toml.Key) string {
	whole := quote(strings.Join(key, "."))
	switch last := key[len(key)-1]; last {
	case "password", "token":
		return fmt.Sprintf("%s would keep a secret in plain sight; name its place instead: %s_file, %s_env or %s_command", whole, last, last, last)
	}
	return "unknown key " + whole
}

// profileLine is the line on which a profile begins, as well as that can be
// told without its position; 1 where its heading is not found.
func profileLine(text []byte, name string) int {
	heading := regexp.MustCompile(`^\s*\[\s*profile\s*\.\s*["']?` + regexp.QuoteMeta(name) + `["']?\s*[.\]]`)
	for i, line := range bytes.Split(text, []byte("\n")) {
		if heading.Match(line) {
			return i + 1
		}
	}
	return 1
}

// validName is what a profile can be called, so that PROFILE/KEY can be read
// and no profile looks like an address.
var validName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// profile checks a profile and resolves its file names against dir.
func (p profileTOML) profile(name, dir string) (Profile, error) {
	if !validName.MatchString(name) {
		return Profile{}, usagef("a profile's name is made of letters, digits, '-', '_' and '.'")
	}
	if p.Address == "" {
		return Profile{}, usagef(`it has no address, such as address = "consul://127.0.0.1:8500"`)
	}
	address, err := ParseAddress(p.Address)
	if err != nil {
		return Profile{}, usagef("address: %w", err)
	}
	s := Settings{
		User: p.User, CA: inDir(dir, p.CA), Cert: inDir(dir, p.Cert), Key: inDir(dir, p.Key),
		ServerName: p.ServerName, TLS: p.TLS, Insecure: p.InsecureSkipVerify,
		Datacenter: p.Datacenter, WatchBudget: p.WatchBudget, ReadOnly: p.ReadOnly, Protected: p.Protected,
	}
	if s.Timeout, err = duration("timeout", p.Timeout); err != nil {
		return Profile{}, err
	}
	if s.EphemeralTTL, err = duration("ephemeral_ttl", p.EphemeralTTL); err != nil {
		return Profile{}, err
	}
	if p.WatchBudget < 0 {
		return Profile{}, usagef("watch_budget: %d is less than nothing", p.WatchBudget)
	}
	if s.Password, err = oneSecret("password", inDir(dir, p.PasswordFile), p.PasswordEnv, p.PasswordCommand); err != nil {
		return Profile{}, err
	}
	if s.Token, err = oneSecret("token", inDir(dir, p.TokenFile), p.TokenEnv, p.TokenCommand); err != nil {
		return Profile{}, err
	}
	return Profile{Name: name, Address: address, Settings: s}, nil
}

// duration reads a length of time such as "5s"; "" is 0.
func duration(key, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, usagef(`%s: %s is no length of time such as "5s" or "1m30s"`, key, quote(text))
	}
	return d, nil
}

// oneSecret is the one place that is named for a secret.
func oneSecret(what, file, env string, command []string) (Secret, error) {
	named := 0
	for _, is := range []bool{file != "", env != "", len(command) > 0} {
		if is {
			named++
		}
	}
	if named > 1 {
		return Secret{}, usagef("only one of %s_file, %s_env and %s_command can be given", what, what, what)
	}
	return Secret{File: file, Env: env, Command: command}, nil
}

// inDir is a file name as the file of settings means it: from the directory
// it is in, or from the home directory after "~/".
func inDir(dir, name string) string {
	switch rest, home := strings.CutPrefix(name, "~/"); {
	case home:
		return filepath.Join(xdg.Home, rest)
	case name == "" || filepath.IsAbs(name):
		return name
	}
	return filepath.Join(dir, name)
}
