package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"kvist/themes"
)

// Profile is a named store with the settings to reach it.
type Profile struct {
	Name    string
	Address Address
	Colour  Colour // by which people know it
	Settings
}

// validName is what a profile may be called, so that PROFILE/KEY can be read
// and no profile looks like an address.
var validName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// set stores one setting of the file in the profile.
func (p *Profile) set(key string, value any) error {
	switch key {
	case "password", "token":
		return fmt.Errorf("would keep a secret in plain sight; name its place instead: %s_file, %s_env or %s_command", key, key, key)
	}
	place, ok := p.places()[key]
	if !ok {
		return unknownKey(key, profileKeys()...)
	}
	what, _, _ := strings.Cut(key, "_")
	if secret := map[string]Secret{"password": p.Password, "token": p.Token}[what]; secret.set() {
		return fmt.Errorf("only one of %s_file, %s_env and %s_command can be given", what, what, what)
	}
	if user, ok := value.(string); ok && key == "user" {
		if err := CheckUser("it", user); err != nil {
			return err
		}
	}
	return put(place, value)
}

// places are where a profile's settings are stored, by their names in the file.
func (p *Profile) places() map[string]any {
	return map[string]any{
		"address":              &p.Address,
		"colour":               &p.Colour,
		"read_only":            &p.ReadOnly,
		"protected":            &p.Protected,
		"user":                 &p.User,
		"password_file":        &p.Password.File,
		"password_env":         &p.Password.Env,
		"password_command":     &p.Password.Command,
		"token_file":           &p.Token.File,
		"token_env":            &p.Token.Env,
		"token_command":        &p.Token.Command,
		"ca":                   &p.CA,
		"cert":                 &p.Cert,
		"key":                  &p.Key,
		"server_name":          &p.ServerName,
		"tls":                  &p.TLS,
		"insecure_skip_verify": &p.Insecure,
		"datacenter":           &p.Datacenter,
		"timeout":              &p.Timeout,
		"ephemeral_ttl":        &p.EphemeralTTL,
		"watch_budget":         &p.WatchBudget,
		"memory":               &p.Memory,
		"journal":              &p.Journal,
		"journal_hide":         &p.JournalHide,
		"mask":                 &p.Mask,
	}
}

// put stores the value of a setting at place, or returns an error that says
// what the value should be.
func put(place, value any) error {
	switch to := place.(type) {
	case *bool:
		return is(to, value, "true or false")
	case **bool:
		*to = new(bool)
		return is(*to, value, "true or false")
	case *Prefixes:
		return to.set(value)
	case *[]string:
		return is(to, value, `a list of words, such as ["pass", "show", "prod"]`)
	case **int:
		n, ok := value.(int)
		if !ok || n < 0 {
			return errors.New("should be a number, 0 or greater")
		}
		*to = &n
		return nil
	case *int:
		n, ok := value.(int)
		if !ok || n <= 0 {
			return errors.New("should be a number greater than 0")
		}
		*to = n
		return nil
	}
	var text string
	if err := is(&text, value, "text in quotes"); err != nil {
		return err
	}
	var err error
	switch to := place.(type) {
	case *string:
		*to = text
	case *time.Duration:
		*to, err = duration(text)
	case *Size:
		err = to.Set(text)
	case *JournalMode:
		err = to.Set(text)
	case *Address:
		*to, err = ParseAddress(text)
	case *Colour:
		err = to.Set(text)
	}
	return err
}

// is stores a value that has the type of its place, or returns an error that
// says what it should be.
func is[T any](to *T, value any, should string) error {
	v, ok := value.(T)
	if !ok {
		return fmt.Errorf("should be %s", should)
	}
	*to = v
	return nil
}

// duration reads a duration such as "5s" or "30d".
func duration(text string) (time.Duration, error) {
	const day, mostDays = 24 * time.Hour, 99999
	d, err := time.ParseDuration(text)
	if days, whole := strings.CutSuffix(text, "d"); whole {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 64)
		d = time.Duration(min(n, mostDays+1)) * day
	}
	if err != nil || d <= 0 || d > mostDays*day {
		return 0, fmt.Errorf(`%s is not a duration such as "5s", "1m30s" or "30d"`, quote(text))
	}
	return d, nil
}

// complete checks the profile once all its settings are known, and resolves
// file names against dir.
func (p Profile) complete(dir string) (Profile, error) {
	if !validName.MatchString(p.Name) {
		return p, errors.New("a profile's name is made of ASCII letters, digits, '-', '_' and '.', and does not begin with '-' or '.'")
	}
	if p.Address.Scheme == "" {
		return p, errors.New(`it has no address, such as address = "consul://127.0.0.1:8500"`)
	}
	for _, name := range []*string{&p.CA, &p.Cert, &p.Key, &p.Password.File, &p.Token.File} {
		*name = inDir(dir, *name)
	}
	return p, nil
}

// Colour is the colour of a profile: a word of the themes, or "#rrggbb".
type Colour string

// Set takes what a person wrote.
func (c *Colour) Set(text string) error {
	if err := themes.CheckColour(text); err != nil {
		return fmt.Errorf("%s %w", quote(text), err)
	}
	*c = Colour(text)
	return nil
}

// String implements fmt.Stringer.
func (c *Colour) String() string { return string(*c) }

// Asks reports whether opening the profile runs a command for a secret, which may ask
// a person.
func (p Profile) Asks() bool { return len(p.Password.Command) > 0 || len(p.Token.Command) > 0 }

// inDir resolves a file name of the settings file: against its directory, or
// against the home directory after "~/".
func inDir(dir, name string) string {
	switch rest, home := strings.CutPrefix(name, "~/"); {
	case home:
		return filepath.Join(xdg.Home, rest)
	case name == "" || filepath.IsAbs(name):
		return name
	}
	return filepath.Join(dir, name)
}
