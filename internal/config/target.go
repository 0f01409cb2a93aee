package config

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"kvist/internal/nearest"
	"kvist/kv"
)

// Target is a store to open: everything is decided and secrets are read.
type Target struct {
	Profile string // the profile's name; "" for a bare address
	// Address is the store, with Root and Name joined as its prefix, for being
	// shown.
	Address Address
	// Root is the profile's own prefix, outside of which nothing can be named;
	// "" for a bare address. Name is the key or prefix that is meant, relative
	// to it.
	Root, Name string
	Config     kv.Config
	Journal    Journal
	Mask       []string // prefixes below which the screen shows no values
	ReadOnly   bool
	Protected  bool
	// Unverified says that TLS is used without verifying the server's
	// certificate, so that anybody on the way may impersonate the server.
	Unverified bool
	// Warnings are what the user should know before trusting the store.
	Warnings []string
	// SecretEnv are the variables of the environment that the profile takes
	// secrets from, besides those that kvist knows itself.
	SecretEnv []string
}

// Choice is what a person asked for: an address or a profile, and perhaps a key
// in it. Making one is cheap: no secret is read.
type Choice struct {
	Profile Profile // nameless for a bare address
	// Key is what was named behind the profile, relative to the profile's own
	// prefix. For a bare address it is the prefix.
	Key string
	// HasKey distinguishes "profile/" from "profile", and an address with a
	// prefix from one without.
	HasKey bool

	journalAge  time.Duration
	journalSize Size
}

// Choose finds the profile or address called what. "" is the profile called
// default, or the embedded store if there is none. A profile may be followed by
// a slash and a key, written as in an address.
func (f *File) Choose(what string) (Choice, error) {
	choice, err := f.choose(what)
	choice.Profile.Memory = cmp.Or(choice.Profile.Memory, f.Memory)
	choice.journalAge, choice.journalSize = f.JournalAge, f.JournalSize
	return choice, err
}

func (f *File) choose(what string) (Choice, error) {
	switch {
	case what == "":
		if profile, ok := f.Profiles[DefaultProfile]; ok {
			return Choice{Profile: profile}, nil
		}
		return Choice{Profile: Profile{Address: Address{Scheme: Embedded}}}, nil
	case IsAddress(what):
		address, err := ParseAddress(what)
		if err != nil {
			return Choice{}, err
		}
		return Choice{Profile: Profile{Address: address}, Key: address.Prefix, HasKey: address.Prefix != ""}, nil
	}
	name, key, slash := strings.Cut(what, "/")
	profile, ok := f.Profiles[name]
	if !ok {
		return Choice{}, f.noProfile(what, name)
	}
	if !slash {
		return Choice{Profile: profile}, nil
	}
	key, err := DecodeKey(key)
	return Choice{Profile: profile, Key: key, HasKey: key != ""}, err
}

// noProfile is the error for an unknown profile; it lists the known ones.
func (f *File) noProfile(what, name string) error {
	known := "there are none yet in " + f.Path
	if names := f.Names(); len(names) > 0 {
		known = "known are " + strings.Join(names, ", ")
	}
	hint := meant(what)
	if near := nearest.To(name, f.Names()...); hint == "" && near != "" {
		hint = "; did you mean " + near + strings.TrimPrefix(clean(what), clean(name)) + "?"
	}
	return usagef("%s is neither an address, such as consul://host:8500/prefix, nor does it start with the name of a profile: no profile is called %s (%s)%s",
		quote(what), quote(name), known, hint)
}

// Names returns the profiles' names, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.Profiles)) }

// SecretEnv returns the variables of the environment that the profiles take secrets
// from.
func (f *File) SecretEnv() []string {
	var names []string
	for _, name := range f.Names() {
		for _, secret := range []Secret{f.Profiles[name].Password, f.Profiles[name].Token} {
			if secret.Env != "" {
				names = append(names, secret.Env)
			}
		}
	}
	return names
}

// Resolve decides everything about opening a choice: flags take precedence over
// the profile, the profile over the environment, and that over the defaults. It
// reads secrets, which may run a command.
func (c Choice) Resolve(ctx context.Context, flags Settings, env Environ) (Target, error) {
	t, err := c.resolve(ctx, flags, env)
	s := flags.over(c.Profile.Settings)
	t.Journal = Journal{Mode: cmp.Or(s.Journal, JournalFull), Hide: slices.Concat(s.JournalHide, s.Mask), Age: c.journalAge, Size: c.journalSize}
	t.Mask = s.Mask
	return t, err
}

func (c Choice) resolve(ctx context.Context, flags Settings, env Environ) (Target, error) {
	address, root := c.Profile.Address, ""
	if c.Profile.Name != "" {
		root = address.Prefix
	}
	address.Prefix = join(root, c.Key)
	if address.Scheme == Embedded {
		s := flags.over(c.Profile.Settings)
		return Target{
			Profile: c.Profile.Name, Address: address, Root: root, Name: c.Key, ReadOnly: s.ReadOnly, Protected: s.Protected,
			Config: kv.Config{ConnectionTimeout: s.Timeout, EphemeralTTL: s.EphemeralTTL, Memory: int64(s.Memory)},
		}, nil
	}
	around, err := env.native(address.Scheme)
	if err != nil {
		return Target{}, err
	}
	itsServers := len(address.Endpoints) == 0 && len(around.endpoints) > 0
	if itsServers {
		address.Endpoints = around.endpoints
	}
	if len(address.Endpoints) == 0 {
		address.Endpoints = []string{"127.0.0.1:" + address.Scheme.port()}
	}
	asked := flags.over(Settings{User: address.User}.over(c.Profile.Settings))
	t, err := asked.overEnvironment(around, itsServers).target(ctx, c.Profile.Name, address, env)
	if err != nil {
		return Target{}, err
	}
	t.Root, t.Name = root, c.Key
	t.Warnings = append(t.Warnings, t.exposed(asked)...)
	return t, nil
}

// join returns a name behind a root, as an address shows the two. The store
// decides what it means.
func join(root, name string) string {
	if root == "" || name == "" {
		return root + name
	}
	return strings.TrimSuffix(root, "/") + "/" + strings.TrimPrefix(name, "/")
}

// target reads the secrets and certificates that the settings name.
func (s Settings) target(ctx context.Context, profile string, address Address, env Environ) (Target, error) {
	t := Target{Profile: profile, Address: address, ReadOnly: s.ReadOnly, Protected: s.Protected}
	t.Address.User = s.User
	t.Config = kv.Config{
		ConnectionTimeout: s.Timeout, EphemeralTTL: s.EphemeralTTL,
		Username: s.User, Datacenter: s.Datacenter, WatchBudget: s.WatchBudget, Memory: int64(s.Memory),
	}
	var err error
	if t.Config.TLS, err = s.tlsConfig(); err != nil {
		return Target{}, err
	}
	for _, secret := range []struct {
		what string
		from Secret
		to   *string
	}{{"password", s.Password, &t.Config.Password}, {"token", s.Token, &t.Config.Token}} {
		value, warning, err := secret.from.read(ctx, secret.what, env)
		if err != nil {
			return Target{}, err
		}
		*secret.to = value
		if secret.from.Env != "" {
			t.SecretEnv = append(t.SecretEnv, secret.from.Env)
		}
		if warning != "" {
			t.Warnings = append(t.Warnings, warning)
		}
	}
	k := address.Scheme.store()
	switch {
	case t.Config.Password != "" && t.Config.Username == "":
		return Target{}, usagef("there is a password but no user; name one with --user, user in the profile, or KVIST_USER")
	case k != nil && k.password && t.Config.Password == "" && t.Config.Username != "":
		return Target{}, usagef("there is a user, %s, but no password; give one by --password-file, the profile or KVIST_PASSWORD", quote(t.Config.Username))
	}
	t.Unverified = t.Config.TLS != nil && t.Config.TLS.InsecureSkipVerify
	return t, nil
}

// Open opens the store. It reaches a server, or fails, within the timeout. The
// embedded store has no server here: AtEndpoint sets it.
func Open(t Target) (kv.Store, error) {
	k := t.Address.Scheme.store()
	if k == nil || k.open == nil {
		return nil, &kv.Error{Op: kv.OpOpen, Server: t.Address.String(), Kind: kv.ErrNotSupported}
	}
	return k.open(t.Address.Endpoints, &t.Config)
}

// AtEndpoint returns t with the endpoint of the embedded etcd.
func (t Target) AtEndpoint(endpoint string) Target {
	t.Address.Scheme = EtcdV3
	t.Address.Endpoints = []string{endpoint}
	return t
}
