package config

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kvist/internal/printable"
)

// Address says where a store is and which part of it is meant, as a person
// writes it on the command line: scheme://host:port,host:port/prefix.
//
// The prefix is everything after the first slash behind the servers, with %XX
// decoded and nothing else changed. A key of etcd v3 that starts with a slash
// is therefore written with two: etcdv3://host//registry is the key
// "/registry". There are no queries and no fragments: "?" and "#" are part of
// the key.
type Address struct {
	Scheme Scheme
	// Endpoints are host:port each, IPv6 hosts in brackets. Without any, those
	// of the environment or the default apply.
	Endpoints []string
	Prefix    string
	// User is the part before an @; it never holds a password.
	User string
}

// IsAddress reports whether s is an address rather than the name of a profile.
func IsAddress(s string) bool { return strings.Contains(s, "://") }

// ParseAddress reads an address. It refuses one with a password: command lines
// are visible to every user of a machine and are kept in histories.
func ParseAddress(s string) (Address, error) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return Address{}, usagef("%s is not an address; write it as %s", quote(s), usages())
	}
	a := Address{Scheme: Scheme(strings.ToLower(scheme))}
	if a.Scheme.store() == nil {
		return Address{}, usagef("unknown kind of store %s; known are %s%s", quote(scheme), SchemeList("and"), meant(s))
	}
	servers, prefix, _ := strings.Cut(rest, "/")
	if err := a.setServers(servers); err != nil {
		return Address{}, err
	}
	prefix, err := DecodeKey(prefix)
	if err != nil {
		return Address{}, err
	}
	a.Prefix = prefix
	return a, nil
}

// setServers reads the part between "://" and the next slash.
func (a *Address) setServers(s string) error {
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		user := s[:at]
		s = s[at+1:]
		name, err := DecodeKey(user)
		if err != nil {
			return usagef("the user of the address cannot be read: a %% must be followed by two hexadecimal digits")
		}
		if err := CheckUser("the address", name); err != nil {
			return err
		}
		a.User = name
	}
	if a.Scheme == Embedded {
		if s != "" || a.User != "" {
			return usagef("the embedded store has no server or user; write embedded:// or embedded:///prefix")
		}
		return nil
	}
	if s == "" {
		return nil
	}
	for server := range strings.SplitSeq(s, ",") {
		endpoint, err := parseEndpoint(server, a.Scheme.port())
		if err != nil {
			return err
		}
		a.Endpoints = append(a.Endpoints, endpoint)
	}
	return nil
}

// CheckUser refuses a user that is followed by a password, as other clients
// take it. An address is shown and kept in many places, so the error does not
// quote it. No store takes a user with a colon in its name.
func CheckUser(where, user string) error {
	if !strings.Contains(user, ":") {
		return nil
	}
	return usagef("%s has a password in it, which others can read; give the user alone and the password by --password-file, a profile or KVIST_PASSWORD", where)
}

// parseEndpoint returns host:port of one server, whose port may be missing.
func parseEndpoint(s, port string) (string, error) {
	host := s
	switch {
	case strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]"):
		host = s[1 : len(s)-1]
	case strings.HasPrefix(s, "["), strings.Count(s, ":") == 1:
		var err error
		if host, port, err = net.SplitHostPort(s); err != nil {
			return "", usagef("%s is not a server address: %s", quote(s), quote(err.Error()))
		}
	case strings.Contains(s, ":"):
		return "", usagef("%s looks like an IPv6 address; put it in brackets: [%s]:%s", quote(s), s, port)
	}
	if !validHost(host, strings.HasPrefix(s, "[")) {
		return "", usagef("%s names no host", quote(s))
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", usagef("%s has no valid port; ports are 1 to 65535", quote(s))
	}
	return net.JoinHostPort(host, port), nil
}

// validHost reports whether host can be a name or an IP address. It does not
// look names up.
func validHost(host string, bracketed bool) bool {
	if bracketed {
		return net.ParseIP(host) != nil && strings.Contains(host, ":")
	}
	for _, c := range host {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '.', c == '-', c == '_':
		case c >= 0x80 && unicode.In(c, unicode.L, unicode.M, unicode.N) && printable.Rune(c): // an internationalised name
		default:
			return false
		}
	}
	return host != "" && utf8.ValidString(host)
}

// String returns the address without any secret, safe to show. ParseAddress
// reads it back as the same address.
func (a Address) String() string {
	var b strings.Builder
	b.WriteString(string(a.Scheme) + "://")
	if a.User != "" {
		b.WriteString(EncodeKey(a.User, "/:@,") + "@")
	}
	b.WriteString(strings.Join(a.Endpoints, ","))
	if a.Prefix != "" {
		b.WriteString("/" + EncodeKey(a.Prefix, ""))
	}
	return b.String()
}

// At returns a with a directory, as kv.Dir returns it, as its prefix. The
// prefix is written as people write it: without the slash at its end, unless
// that would name another directory.
func (a Address) At(dir string) Address {
	a.Prefix = dir
	if bare := strings.TrimSuffix(dir, "/"); bare != "" && !strings.HasSuffix(bare, "/") {
		a.Prefix = bare
	}
	return a
}

// UsageError is a mistake in what the person asked for: an address, a flag, a
// name, a settings file. Nothing was tried.
type UsageError struct {
	Text string
	Err  error // the cause; nil where Text says it all
}

func (e *UsageError) Error() string { return e.Text }
func (e *UsageError) Unwrap() error { return e.Err }

// usagef makes a UsageError as fmt.Errorf makes an error.
func usagef(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &UsageError{Text: err.Error(), Err: errors.Unwrap(err)}
}
