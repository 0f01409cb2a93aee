package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// InForce is a setting as it is in force, and where it came from.
type InForce struct {
	Name   string `json:"name"`
	Value  string `json:"value,omitempty"` // as TOML; secrets are not read, so that there are none here
	Source string `json:"source"`
}

// InForce returns the settings of a choice, in the order of the catalogue; demo are
// those that the embedded store brings along. No secret is read.
func (c Choice) InForce(flags, demo Settings, env Environ) ([]InForce, error) {
	around, err := env.native(c.Profile.Address.Scheme)
	if err != nil {
		return nil, err
	}
	profile := "the address"
	if c.Profile.Name != "" {
		profile = "profile " + c.Profile.Name
	}
	asked := flags.over(Settings{User: c.Profile.Address.User}.over(c.Profile.Settings))
	itsServers := len(c.Profile.Address.Endpoints) == 0 && len(around.endpoints) > 0
	decided := Profile{Address: c.Profile.Address, Colour: c.Profile.Colour, Settings: asked.overEnvironment(around, itsServers)}
	if c.Profile.Address.Scheme == Embedded {
		decided.Settings = decided.over(demo)
	}
	layers := []layer{
		{"a flag", Profile{Settings: flags}},
		{profile, c.Profile},
		{"the environment (KVIST_…)", Profile{Settings: around.own}},
		{"the environment (of the native client)", Profile{Settings: around.Settings}},
		{"the demo", Profile{Settings: demo}},
	}
	var all []InForce
	for _, e := range ProfileEntries() {
		all = append(all, e.inForce(decided, layers))
	}
	return all, nil
}

// layer is where settings come from.
type layer struct {
	name     string
	settings Profile
}

// inForce finds out which layer decided a setting: the first that has the value
// that is in force.
func (e Entry) inForce(decided Profile, layers []layer) InForce {
	value := valueOf(decided, e.Name)
	if value == "" {
		said := "default"
		if e.Default == "" {
			said = "not set"
		}
		return InForce{e.Name, e.Default, said}
	}
	for _, l := range layers {
		if valueOf(l.settings, e.Name) == value {
			return InForce{e.Name, value, l.name}
		}
	}
	return InForce{e.Name, value, "several layers"}
}

// valueOf returns a setting as TOML; "" if it is not set.
func valueOf(p Profile, name string) string {
	place := reflect.ValueOf(p.places()[name]).Elem()
	for place.Kind() == reflect.Pointer && !place.IsNil() {
		place = place.Elem()
	}
	if place.IsZero() || place.Kind() == reflect.Slice && place.Len() == 0 {
		return ""
	}
	switch v := place.Addr().Interface().(type) {
	case *string:
		return fmt.Sprintf("%q", clean(*v))
	case *time.Duration:
		return fmt.Sprintf("%q", v.String())
	case *Address:
		return fmt.Sprintf("%q", clean(v.String()))
	case fmt.Stringer: // a size or a mode
		return fmt.Sprintf("%q", v.String())
	}
	if place.Kind() == reflect.Slice {
		words := make([]string, place.Len())
		for i := range words {
			words[i] = fmt.Sprintf("%q", clean(place.Index(i).String()))
		}
		return "[" + strings.Join(words, ", ") + "]"
	}
	return fmt.Sprint(place.Interface())
}
