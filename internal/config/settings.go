package config

import (
	"cmp"
	"time"
)

// Settings are everything about reaching a store besides its address. They come
// in layers: flags, then the profile, then the environment. In each layer the
// zero value means unset.
type Settings struct {
	User     string
	Password Secret
	Token    Secret // Consul's ACL token

	CA         string // file of PEM certificates to trust instead of the system's
	Cert       string // file of our own certificate, PEM
	Key        string // file of its private key, PEM
	ServerName string // name to expect in the server's certificate
	TLS        *bool  // whether to speak TLS; implied by the four above
	Insecure   *bool  // accept any server certificate

	Datacenter   string // Consul's
	Timeout      time.Duration
	EphemeralTTL time.Duration
	WatchBudget  int
	Memory       Size // that the keys of an explorer may take

	Journal     JournalMode
	JournalHide Prefixes // prefixes below which the journal keeps no values
	Mask        Prefixes // prefixes below which the screen shows no values either

	ReadOnly  bool
	Protected bool
}

// over returns s with unset fields taken from below. Protection adds up: no
// layer can remove it. A password goes with the user of its own layer and is
// never sent as another's.
func (s Settings) over(below Settings) Settings {
	if s.User == "" || below.User == "" || s.User == below.User {
		s.Password = s.Password.or(below.Password)
	}
	s.User = cmp.Or(s.User, below.User)
	s.Token = s.Token.or(below.Token)
	s.CA = cmp.Or(s.CA, below.CA)
	if s.Cert == "" && s.Key == "" { // a pair is not made of two layers
		s.Cert, s.Key = below.Cert, below.Key
	}
	s.ServerName = cmp.Or(s.ServerName, below.ServerName)
	s.TLS = cmp.Or(s.TLS, below.TLS)
	s.Insecure = cmp.Or(s.Insecure, below.Insecure)
	s.Datacenter = cmp.Or(s.Datacenter, below.Datacenter)
	s.Timeout = cmp.Or(s.Timeout, below.Timeout)
	s.EphemeralTTL = cmp.Or(s.EphemeralTTL, below.EphemeralTTL)
	s.WatchBudget = cmp.Or(s.WatchBudget, below.WatchBudget)
	s.Memory = cmp.Or(s.Memory, below.Memory)
	s.Journal = cmp.Or(s.Journal, below.Journal)
	s.JournalHide = append(s.JournalHide, below.JournalHide...) // what one layer hides, no other shows
	s.Mask = append(s.Mask, below.Mask...)
	s.ReadOnly = s.ReadOnly || below.ReadOnly
	s.Protected = s.Protected || below.Protected
	return s
}

// asksTLS reports whether the settings only make sense with TLS.
func (s Settings) asksTLS() bool {
	return s.CA != "" || s.Cert != "" || s.Key != "" || s.ServerName != ""
}

// overEnvironment returns s, the settings of flags and profile, with the
// environment below them. If s sets a certificate, TLS is on, whatever the
// environment says about its own servers.
//
// Everything that belongs to a login stays with that login. If flags or profile
// say how the server proves itself, or with which certificate to log in, the
// environment cannot contradict: it can neither switch verification off nor
// give another server name or another login's certificate. A native client's
// token is not sent where flags or profile name a user, nor its user where they
// name a token.
func (s Settings) overEnvironment(n native, itsServers bool) Settings {
	if itsServers && n.secure != nil {
		n.TLS = n.secure
	}
	if s.asksTLS() {
		n.Insecure, n.ServerName, n.Cert, n.Key = nil, "", "", ""
		if s.TLS == nil {
			s.TLS = new(true)
		}
	}
	if s.Token.set() {
		n.User, n.Password = "", Secret{}
	}
	if s.User != "" || s.Password.set() {
		n.Token = Secret{}
	}
	return s.over(n.own).over(n.Settings)
}
